/** PLAIN and CURVE on sockets of ours: options, roles, who is let in, and what both ends report. */

import t, { type Test } from 'tap';
import {
  type Authenticate,
  type AuthenticationRequest,
  Context,
  curveKeyPair,
  Dealer,
  Publisher,
  Pull,
  Push,
  Reply,
  Router,
  Stream,
  Subscriber,
} from '../../../src/index.ts';
import { decodeZ85, encodeMetadata } from '../../../src/zmtp/index.ts';
import { importKeyPair } from '../../../src/zmtp/mechanism/curve-key-pair.ts';
import { curveServer } from '../../../src/zmtp/mechanism/curve-server.ts';
import { connectRaw, frame, greeting, listenRaw, message, ready } from '../../support/raw-peer.ts';
import { eventually, type Log, texts, use, watch } from '../../support/sockets.ts';

const server = curveKeyPair();
const client = curveKeyPair();

const asServer = { curveServer: true, curveSecretKey: server.secretKey };
const asClient = {
  curveServerKey: server.publicKey,
  curvePublicKey: client.publicKey,
  curveSecretKey: client.secretKey,
};
const asUser = { plainUsername: 'admin', plainPassword: 'secret' };

const passwords: Authenticate = ({ credentials }) => ({
  status: credentials.map(String).join() === 'admin,secret' ? 200 : 400,
});

function inContext(t: Test): { context: Context } {
  const context = new Context();
  t.teardown(() => context.close());
  return { context };
}

/** Failed handshakes, as type and code or status. */
function failures(log: Log): string[] {
  const found: string[] = [];
  for (const event of log.all) {
    if (!event.type.startsWith('handshake:error')) continue;
    const { error } = event as { error: { code: string; status?: number } };
    found.push(`${event.type.split(':')[2]} ${error.status ?? error.code}`);
  }
  return found;
}

// — options —

t.test('half a mechanism is refused at once, with the name of the option', async (t) => {
  const refuses = (options: object, ...names: string[]): void => {
    const socket = use(t, new Dealer(options));
    for (const open of [
      () => socket.connect('tcp://127.0.0.1:1'),
      () => socket.bindSync('tcp://127.0.0.1:*'),
    ]) {
      t.throws(open, { code: 'EINVAL', message: new RegExp(names.join('.*')) }, names.join());
    }
  };
  refuses({ curveServerKey: server.publicKey }, 'curvePublicKey', 'curveSecretKey');
  refuses({ ...asClient, curveSecretKey: null }, 'curveSecretKey');
  refuses({ ...asClient, curvePublicKey: null }, 'curvePublicKey');
  refuses({ curvePublicKey: client.publicKey, curveSecretKey: client.secretKey }, 'curveServerKey');
  refuses({ ...asServer, curvePublicKey: client.publicKey }, 'curvePublicKey', 'curveSecretKey');
  refuses({ plainPassword: 'x' }, 'plainUsername');
  refuses({ ...asClient, curveServerKey: '0'.repeat(40) }, 'curveServerKey');
  const socket = use(t, new Dealer({ curveServer: true }));
  await t.rejects(socket.bind('tcp://127.0.0.1:*'), { code: 'EINVAL', message: /curveSecretKey/ });
  t.throws(() => socket.bindSync('tcp://127.0.0.1:*'), {
    code: 'EINVAL',
    message: /curveSecretKey/,
  });
  const stream = use(t, new Stream(asServer as object));
  await t.rejects(stream.bind('tcp://127.0.0.1:*'), { code: 'EINVAL', message: /STREAM/ });
});

t.test(
  'a CURVE server without a key that connects lets nobody in, and events say why',
  async (t) => {
    for (const endpoint of ['tcp://127.0.0.1:*', 'ipc://*']) {
      for (const [options, code, message] of [
        [{ plainServer: true }, 'ERR_ZMTP_MECHANISM_MISMATCH', /PLAIN/],
        [asClient, 'ERR_ZMTP_CRYPTOGRAPHIC', /a CURVE server needs curveSecretKey, not set/],
        [{}, 'ERR_ZMTP_MECHANISM_MISMATCH', /NULL/],
      ] as const) {
        const [bound, boundLog] = watch(t, new Dealer(options));
        const [keyless, log] = watch(t, new Dealer({ curveServer: true }));
        await bound.bind(endpoint);
        keyless.connect(bound.lastEndpoint!);
        const { error } = await log.next('handshake:error:protocol');
        t.match(error, { code });
        t.match(String((error.cause as Error | undefined)?.message ?? error.message), message);
        if (code === 'ERR_ZMTP_MECHANISM_MISMATCH') {
          t.match((await boundLog.next('handshake:error:protocol')).error, { code });
        }
        t.equal(log.count('handshake') + boundLog.count('handshake'), 0);
      }
    }
  },
);

t.test("the text of a protocol error is zeromq.js's, and its cause says more", async (t) => {
  for (const endpoint of ['tcp://127.0.0.1:*', 'ipc://*']) {
    const [bound, boundLog] = watch(t, new Dealer({ plainServer: true }));
    const [connected, log] = watch(t, new Dealer());
    await bound.bind(endpoint);
    connected.connect(bound.lastEndpoint!);
    for (const [each, theirs] of [
      [boundLog, 'NULL'],
      [log, 'PLAIN'],
    ] as const) {
      const { error } = await each.next('handshake:error:protocol');
      t.match(error, { code: 'ERR_ZMTP_MECHANISM_MISMATCH', message: 'ZMTP protocol error' });
      t.match(error.cause, { code: error.code, message: `"${theirs}"` });
      t.equal((await each.next('disconnect')).error, error.cause, 'there it is said at once');
    }
  }
  // Where libzmq has no event, there is no text to be compatible with.
  const [pull, log] = watch(t, new Pull());
  await pull.bind('tcp://127.0.0.1:*');
  const peer = await connectRaw(t, pull.lastEndpoint!);
  peer.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  const { error } = await log.next('handshake:error:protocol');
  t.match(error, { code: 'ERR_ZMTP_NOT_ZMTP', message: /second octet .* is 0x45, expected 0x00/ });
});

t.test('a CURVE client with the wrong server key gets a hint', async (t) => {
  const hint = /: in the CURVE handshake; is curveServerKey the key of this server/;
  for (const endpoint of ['tcp://127.0.0.1:*', 'ipc://*']) {
    const bound = use(t, new Dealer(asServer));
    const [stranger, log] = watch(t, new Dealer({ ...asClient, curveServerKey: client.publicKey }));
    await bound.bind(endpoint);
    stranger.connect(bound.lastEndpoint!);
    const { error } = await log.next('handshake:error:other');
    t.match(error, { code: 'ECONNRESET', message: hint });
    t.match(error.cause, Error);
  }
  const silent = await listenRaw(t);
  const [early, log] = watch(t, new Dealer(asClient));
  early.connect(silent.endpoint);
  (await silent.peer(0)).stream.destroy();
  const { error } = await log.next('handshake:error:other');
  t.notMatch(error.message, hint, 'not where no greeting has come');
});

t.test('keys and names of the wrong form are refused, and not repeated', async (t) => {
  const socket = use(t, new Dealer());
  for (const name of ['curveServerKey', 'curvePublicKey', 'curveSecretKey'] as const) {
    for (const value of ['', 'x', 'x'.repeat(39), '~'.repeat(40), Buffer.alloc(31)]) {
      t.throws(() => Object.assign(socket, { [name]: value }), {
        code: 'EINVAL',
        message: new RegExp(`^Invalid argument: ${name} is [^~]*$`),
      });
    }
    t.throws(() => Object.assign(socket, { [name]: 5 }), TypeError);
  }
  t.throws(() => Object.assign(socket, { plainUsername: 'x'.repeat(256) }), { code: 'EINVAL' });
  t.equal(socket.securityMechanism, null);
  const key = Buffer.alloc(32, 7);
  Object.assign(socket, { curveSecretKey: key });
  t.equal(socket.curveSecretKey?.length, 40);
});

t.test('the last option decides, and what was not on cannot be turned off', async (t) => {
  const socket = use(t, new Dealer());
  const is = (mechanism: string | null, plain: boolean, curve: boolean): void => {
    t.equal(socket.securityMechanism, mechanism);
    t.same([socket.plainServer, socket.curveServer], [plain, curve]);
  };
  socket.plainServer = true;
  is('plain', true, false);
  socket.curveServer = true;
  is('curve', false, true);
  socket.plainServer = false;
  socket.plainUsername = null;
  is('curve', false, true);
  socket.curveServerKey = server.publicKey;
  is('curve', false, false);
  socket.curveServer = false;
  is('curve', false, false);
  socket.plainUsername = 'x';
  is('plain', false, false);
  socket.curveServerKey = null;
  is('plain', false, false);
  socket.plainUsername = null;
  is(null, false, false);
  socket.curveServer = true;
  socket.curveServer = false;
  is(null, false, false);
  const spelled = use(t, new Dealer({ ...asClient, curveServer: false, plainServer: false }));
  t.equal(spelled.securityMechanism, 'curve', 'a list of all options does not take it away');
});

t.test('too late is an error that says so, and changes nothing', async (t) => {
  const late = (socket: Dealer): void => {
    for (const [name, value] of [
      ['curveServer', true],
      ['curveSecretKey', server.secretKey],
      ['curveServerKey', server.publicKey],
      ['plainServer', true],
      ['plainUsername', 'x'],
      ['zapDomain', 'global'],
      ['zapEnforceDomain', true],
    ] as const) {
      const before = socket[name];
      t.throws(() => Object.assign(socket, { [name]: value }), {
        code: 'EINVAL',
        message: new RegExp(`${name} is set too late`),
      });
      t.equal(socket[name], before);
    }
    t.equal(socket.securityMechanism, null);
  };
  const bound = use(t, new Dealer());
  const binding = bound.bind('tcp://127.0.0.1:*');
  late(bound);
  await binding;
  late(bound);
  const connected = use(t, new Dealer());
  connected.connect(bound.lastEndpoint!);
  late(connected);
  connected.disconnect(bound.lastEndpoint!);
  connected.curveServer = true;

  const mixed = use(t, new Dealer());
  await mixed.bind('inproc://no-security-needed-here');
  Object.assign(mixed, asClient);
  mixed.connect('tcp://127.0.0.1:1');
  mixed.curveServerKey = client.publicKey;
  mixed.connect('tcp://127.0.0.1:2');
  t.pass('another key for another server is lawful');
});

// — traffic —

for (const [mechanism, serverOptions, clientOptions] of [
  ['PLAIN', { plainServer: true }, asUser],
  ['CURVE', asServer, asClient],
] as const) {
  for (const transport of ['tcp://127.0.0.1:*', 'tcp://[::1]:*', 'ipc://*'] as const) {
    for (const binder of ['server', 'client'] as const) {
      t.test(`${mechanism}, ${transport}, the ${binder} binds`, async (t) => {
        const seen: AuthenticationRequest[] = [];
        const authenticate: Authenticate = (request) => {
          seen.push(request);
          return { status: 200, userId: 'someone', metadata: { 'X-Role': 'boss' } };
        };
        const common = { ipv6: transport.includes('[') };
        const [one, oneLog] = watch(
          t,
          new Router({
            ...common,
            ...serverOptions,
            authenticate,
            keepPeers: true,
            zapDomain: 'd',
          }),
        );
        const [two, twoLog] = watch(
          t,
          new Dealer({ ...common, ...clientOptions, routingId: 'me' }),
        );
        const [bound, connected] = binder === 'server' ? [one, two] : [two, one];
        await bound.bind(transport);
        connected.connect(bound.lastEndpoint!);
        await two.send(['', 'question', '']);
        const message = await one.receive();
        t.same(texts(message), ['me', '', 'question', '']);
        await one.send([message[0]!, 'x'.repeat(100_000)]);
        t.equal((await two.receive())[0]!.length, 100_000);

        const address = { t: '127.0.0.1', '[': '::1', i: '' }[
          transport.includes('[') ? '[' : transport[0]!
        ];
        t.equal(seen.length, 1);
        const { credentials, ...rest } = seen[0]!;
        t.same(rest, { mechanism, domain: 'd', address, identity: Buffer.alloc(0) });
        t.equal(credentials.length, mechanism === 'PLAIN' ? 2 : 1);
        const peer = one.peerOf(message);
        t.equal(peer?.userId, 'someone');
        t.equal(peer?.address, address);
        t.equal(peer?.socketType, 'DEALER');
        t.equal(String(peer?.routingId), 'me');
        t.equal(peer?.metadata.get('X-Role')?.toString(), 'boss');
        t.same([...failures(oneLog), ...failures(twoLog)], []);
      });
    }
  }
}

t.test('bindSync with CURVE', async (t) => {
  const reply = use(t, new Reply({ ...asServer, curvePublicKey: server.publicKey }));
  const dealer = use(t, new Dealer(asClient));
  reply.bindSync('tcp://127.0.0.1:*');
  dealer.connect(reply.lastEndpoint!);
  await dealer.send(['', 'x']);
  t.same(texts(await reply.receive()), ['x']);
});

t.test('a publisher, its subscriptions and heartbeats under CURVE', async (t) => {
  const heartbeat = { heartbeatInterval: 20, heartbeatTimeout: 500 };
  const [publisher, log] = watch(t, new Publisher({ ...asServer, ...heartbeat }));
  const [subscriber, seen] = watch(t, new Subscriber({ ...asClient, ...heartbeat }));
  await publisher.bind('tcp://127.0.0.1:*');
  subscriber.subscribe('a', 'b');
  subscriber.connect(publisher.lastEndpoint!);
  await log.until('both', () => log.of('subscription').some((event) => event.count === 2));
  subscriber.unsubscribe('b');
  await log.until('one', () => log.of('subscription').at(-1)?.count === 1);
  await publisher.send(['b', 'no']);
  await publisher.send(['a', 'yes']);
  t.same(texts(await subscriber.receive()), ['a', 'yes']);
  const bytes = (): number => publisher.stats().received.bytes;
  const before = bytes();
  await eventually('several PINGs', () => bytes() > before + 300);
  t.equal(log.count('disconnect') + seen.count('disconnect'), 0);
});

t.test('an anonymous flood of parts and sizes comes through whole', async (t) => {
  const pull = use(t, new Pull({ ...asServer, receiveHighWaterMark: 5 }));
  const push = use(t, new Push({ ...asClient, sendHighWaterMark: 5 }));
  await pull.bind('tcp://127.0.0.1:*');
  push.connect(pull.lastEndpoint!);
  const message = (n: number): string[] => ['', `${n}`, 'x'.repeat((n * 7919) % 70_000), ''];
  const sending = (async () => {
    for (let n = 0; n < 100; n++) await push.send(message(n));
  })();
  for (let n = 0; n < 100; n++) t.same(texts(await pull.receive()), message(n));
  await sending;
});

// — who is let in —

const STRANGER = curveKeyPair();

/** Clients that do not belong there. */
const WRONG: readonly (readonly [string, object, object, string, string])[] = [
  ['NULL at CURVE', asServer, {}, 'protocol ERR_ZMTP_MECHANISM_MISMATCH', 'same'],
  ['PLAIN at CURVE', asServer, asUser, 'protocol ERR_ZMTP_MECHANISM_MISMATCH', 'same'],
  ['CURVE at NULL', {}, asClient, 'protocol ERR_ZMTP_MECHANISM_MISMATCH', 'same'],
  ['NULL at PLAIN', { plainServer: true }, {}, 'protocol ERR_ZMTP_MECHANISM_MISMATCH', 'same'],
  [
    'another server key',
    asServer,
    { ...asClient, curveServerKey: STRANGER.publicKey },
    'protocol ERR_ZMTP_CRYPTOGRAPHIC',
    'other ECONNRESET',
  ],
  ['nobody to judge passwords', { plainServer: true }, asUser, 'other EFAULT', 'other ECONNRESET'],
  [
    'nobody in an enforced domain',
    { ...asServer, zapDomain: 'd', zapEnforceDomain: true },
    asClient,
    'other EFAULT',
    'other ECONNRESET',
  ],
  [
    'a wrong password',
    { plainServer: true, authenticate: passwords },
    { ...asUser, plainPassword: 'Secret' },
    'auth 400',
    'auth 400',
  ],
  [
    'a key that is not wanted',
    { ...asServer, authenticate: () => ({ status: 400 }) },
    asClient,
    'auth 400',
    'auth 400',
  ],
  [
    'not now',
    { ...asServer, authenticate: async () => ({ status: 300 }) },
    asClient,
    'auth 300',
    'other ECONNRESET',
  ],
  [
    'a judge that throws',
    {
      plainServer: true,
      authenticate: () => {
        throw new Error('no idea');
      },
    },
    asUser,
    'auth 500',
    'auth 500',
  ],
  [
    'a judge that answers nonsense',
    { ...asServer, authenticate: () => ({ status: '200' }) },
    asClient,
    'auth 500',
    'auth 500',
  ],
  [
    'a judge that answers nothing',
    { ...asServer, authenticate: async () => undefined },
    asClient,
    'auth 500',
    'auth 500',
  ],
  ['NULL, judged', { authenticate: () => ({ status: 400 }) }, {}, 'auth 400', 'auth 400'],
];

t.test('who does not belong there is kept out, and both ends say why, once', async (t) => {
  for (const [what, serverOptions, clientOptions, here, there] of WRONG) {
    const [pull, log] = watch(t, new Pull(serverOptions as object));
    const [push, seen] = watch(
      t,
      new Push({ reconnectInterval: 60_000, immediate: true, sendTimeout: 0, ...clientOptions }),
    );
    await pull.bind('tcp://127.0.0.1:*');
    push.connect(pull.lastEndpoint!);
    await Promise.all([log.next('disconnect'), seen.next('connect:retry')]);
    t.same(failures(log), [here], what);
    const expected = there === 'same' ? here : there;
    // A connection closed without a word may be seen as a reset or as an end.
    t.same(failures(seen), [expected], `${what}: the client`);
    await t.rejects(push.send('x'), { code: 'EAGAIN' });
    t.equal(pull.readable, false);
    t.equal(pull.stats().peers.length, 0);
    push.close();
    pull.close();
  }
});

t.test('a judge that never answers: out when the handshake has taken too long', async (t) => {
  const authenticate: Authenticate = () => new Promise(() => {});
  const [pull, log] = watch(t, new Pull({ ...asServer, authenticate, handshakeInterval: 100 }));
  const push = use(t, new Push({ ...asClient, reconnectInterval: 60_000 }));
  await pull.bind('tcp://127.0.0.1:*');
  push.connect(pull.lastEndpoint!);
  await log.next('disconnect');
  t.same(failures(log), ['other ERR_ZMTP_HANDSHAKE_TIMEOUT']);
});

t.test('a peer that leaves while it is being judged', async (t) => {
  let answer: ((result: { status: 200 }) => void) | undefined;
  const authenticate: Authenticate = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const [pull, log] = watch(t, new Pull({ ...asServer, authenticate }));
  const push = use(t, new Push(asClient));
  await pull.bind('tcp://127.0.0.1:*');
  push.connect(pull.lastEndpoint!);
  await eventually('it is asked', () => answer !== undefined);
  push.linger = 0;
  push.close();
  await log.next('disconnect');
  answer!({ status: 200 });
  const other = use(t, new Push(asClient));
  answer = undefined;
  other.connect(pull.lastEndpoint!);
  await eventually('it is asked', () => answer !== undefined);
  answer!({ status: 200 });
  await other.send('x');
  t.same(texts(await pull.receive()), ['x']);
  t.equal(log.count('handshake'), 1);
});

t.test('a denied client comes back ever more seldom, and at once when it is wanted', async (t) => {
  let status: 200 | 400 = 400;
  const authenticate: Authenticate = () => ({ status });
  const pull = use(t, new Pull({ ...asServer, authenticate }));
  const [push, log] = watch(t, new Push({ ...asClient, reconnectInterval: 5 }));
  await pull.bind('tcp://127.0.0.1:*');
  push.connect(pull.lastEndpoint!);
  await log.next('connect:retry', 6);
  const intervals = log.of('connect:retry').map((event) => event.interval);
  for (const [n, interval] of intervals.entries()) {
    const most = 5 * 2 ** (n + 2);
    t.ok(interval >= most / 2 - 1 && interval <= most, `${interval} ms after ${n + 1} refusals`);
  }
  status = 200;
  await push.send('at last');
  t.same(texts(await pull.receive()), ['at last']);
});

t.test('an endpoint keeps the mechanism it was opened with', async (t) => {
  const seen: string[] = [];
  const authenticate: Authenticate = (request) => {
    seen.push(request.mechanism);
    return passwords(request);
  };
  const [pull, log] = watch(t, new Pull({ plainServer: true }));
  await pull.bind('tcp://127.0.0.1:*');
  const first = pull.lastEndpoint!;
  Object.assign(pull, asServer);
  await pull.bind('tcp://127.0.0.1:*');
  const push = use(t, new Push({ ...asUser, reconnectInterval: 60_000 }));
  push.connect(first);
  await log.next('handshake:error:other');
  t.same(failures(log), ['other EFAULT'], 'nobody judges passwords: they are not taken for keys');
  pull.authenticate = authenticate;
  const user = use(t, new Push(asUser));
  user.connect(first);
  await user.send('by password');
  t.same(texts(await pull.receive()), ['by password']);
  t.same(seen, ['PLAIN']);
});

t.test('a context judges the NULL peers that come in, not those we go to', async (t) => {
  const { context } = inContext(t);
  const seen: string[] = [];
  context.authenticate = ({ mechanism, address }) => {
    seen.push(`${mechanism} ${address}`);
    return { status: 200 };
  };
  const pull = use(t, new Pull({ context }));
  const push = use(t, new Push({ context }));
  await pull.bind('tcp://127.0.0.1:*');
  push.connect(pull.lastEndpoint!);
  await push.send('x');
  await pull.receive();
  t.same(seen, ['NULL 127.0.0.1']);
  const judging = use(t, new Push({ context, zapDomain: 'd' }));
  judging.connect(pull.lastEndpoint!.replace('127.0.0.1', 'localhost'));
  await judging.send('x');
  await pull.receive();
  t.same(seen, ['NULL 127.0.0.1', 'NULL 127.0.0.1', 'NULL 127.0.0.1'], 'both ends, by IP address');
});

t.test('an IPv4 peer at an IPv6 socket is judged by its IPv4 address', async (t) => {
  let address: string | undefined;
  const authenticate: Authenticate = (request) => {
    address = request.address;
    return { status: 200 };
  };
  const pull = use(t, new Pull({ ipv6: true, authenticate }));
  await pull.bind('tcp://*:*');
  const port = pull.lastEndpoint!.slice(pull.lastEndpoint!.lastIndexOf(':'));
  const push = use(t, new Push());
  push.connect(`tcp://127.0.0.1${port}`);
  await push.send('x');
  await pull.receive();
  t.equal(address, '127.0.0.1');
});

// — on the wire —

t.test('what is left when we close goes out under our key or not at all', async (t) => {
  const raw = await listenRaw(t);
  const [push, log] = watch(t, new Push({ ...asClient, linger: 1_000, reconnectInterval: 0 }));
  push.connect(raw.endpoint);
  const peer = await raw.peer(0);
  const mechanism = curveServer(importKeyPair(decodeZ85(server.secretKey)));
  const handshake = mechanism.begin(encodeMetadata([['Socket-Type', Buffer.from('PULL')]]));
  peer.write(greeting('CURVE'));
  await peer.until('HELLO', (octets) => octets.length === 64 + 202);
  peer.write(frame(handshake.step(peer.received.subarray(66))!, 0x04));
  await peer.until('INITIATE', (octets) => octets.length > 64 + 202 + 256);
  handshake.step(peer.received.subarray(64 + 202 + 9));
  peer.write(frame(handshake.accept!()!, 0x04));
  await log.next('handshake');
  peer.forget();
  // Nobody reads, so that more waits than the kernel takes; then we break the rules while it is leaving.
  peer.stream.pause();
  for (let n = 0; n < 200; n++) await push.send('attack at dawn '.repeat(10_000));
  t.ok(push.stats().queued.out > 0);
  const before = push.stats().received.bytes;
  push.close();
  peer.write(message('in the clear'));
  await eventually('it is read', () => push.stats().received.bytes > before);
  peer.stream.resume();
  await peer.closed;
  await log.next('end');
  let [opened, rest] = [0, peer.received];
  while (rest.length > 9) {
    const size = rest[0] === 2 ? Number(rest.readBigUInt64BE(1)) : rest[1]!;
    const body = rest.subarray(rest[0] === 2 ? 9 : 2).subarray(0, size);
    if (body.length < size) break;
    handshake.box!.open(body);
    opened++;
    rest = rest.subarray((rest[0] === 2 ? 9 : 2) + size);
  }
  t.ok(opened > 0 && opened < 200, `${opened} boxes, each sealed with the key of the session`);
});

t.test('nobody says of himself who he is', async (t) => {
  const names = ['User-Id', 'user-id', 'Peer-Address', 'X-Hello'];
  const properties = Object.fromEntries(names.map((name) => [name, 'root']));
  for (const authenticate of [undefined, () => ({ status: 200 as const, userId: 'guest' })]) {
    const pull = use(t, new Pull({ keepPeers: true, ...(authenticate && { authenticate }) }));
    await pull.bind('tcp://127.0.0.1:*');
    const raw = await connectRaw(t, pull.lastEndpoint!);
    raw.write(greeting(), ready('PUSH', properties), '0000', '01000000');
    const message = await pull.receive();
    t.same(texts(message), ['']);
    const peer = pull.peerOf(message);
    t.equal(peer?.userId, authenticate && 'guest');
    t.equal(peer?.address, '127.0.0.1');
    const others = [...peer!.metadata.keys()].filter((name) => name !== 'User-Id');
    t.same(others, ['Socket-Type', 'X-Hello']);
    const second = await pull.receive();
    t.equal(pull.peerOf(second)?.socketType, 'PUSH', 'parts of no octets have a sender, too');
    t.equal(pull.peerOf([...second.slice(1), Buffer.alloc(0)]), undefined, 'no copy has');
  }
  const plain = use(t, new Pull());
  t.equal(plain.peerOf([Buffer.alloc(0)]), undefined);
  t.throws(() => Object.assign(plain, { keepPeers: 1 }), TypeError);
});

t.test('who sent it is known of every type that receives', async (t) => {
  const judge: Authenticate = ({ address }) => ({ status: 200, userId: `user of ${address}` });
  const options = { authenticate: judge, keepPeers: true };
  const { Pair, Request, XPublisher } = await import('../../../src/index.ts');
  const pairs = [
    [new Reply(options), new Request()],
    [new Router(options), new Dealer()],
    [new Dealer(options), new Dealer()],
    [new Pull(options), new Push()],
    [new Pair(options), new Pair()],
  ] as const;
  for (const [receiver, sender] of pairs) {
    use(t, receiver);
    use(t, sender);
    await receiver.bind('tcp://127.0.0.1:*');
    sender.connect(receiver.lastEndpoint!);
    for (const text of ['x', '']) {
      await sender.send(text);
      const message = await receiver.receive();
      const name = `${receiver.constructor.name} ${JSON.stringify(text)}`;
      t.equal(receiver.peerOf(message)?.userId, 'user of 127.0.0.1', name);
      if (receiver instanceof Reply) {
        await receiver.send('');
        await (sender as InstanceType<typeof Request>).receive();
      }
    }
  }
  const publisher = use(t, new XPublisher(options));
  const subscriber = use(t, new Subscriber());
  await publisher.bind('tcp://127.0.0.1:*');
  subscriber.subscribe('topic');
  subscriber.connect(publisher.lastEndpoint!);
  const message = await publisher.receive();
  t.equal(publisher.peerOf(message)?.userId, 'user of 127.0.0.1', 'XPUB: who subscribes');
});

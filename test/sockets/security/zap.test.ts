/** ZAP: a handler at inproc://zeromq.zap.01, as RFC 27 and libzmq have it, with all that can go wrong. */

import t, { type Test } from 'tap';
import {
  Context,
  curveKeyPair,
  Dealer,
  Pull,
  Push,
  Reply,
  Router,
  type Socket,
} from '../../../src/index.ts';
import { decodeZ85, encodeMetadata } from '../../../src/zmtp/index.ts';
import { eventually, type Log, texts, use, watch } from '../../support/sockets.ts';

const ENDPOINT = 'inproc://zeromq.zap.01';
const server = curveKeyPair();
const client = curveKeyPair();

/** Options of a server and of its lawful client, and how libzmq's test calls them. */
const MECHANISMS = {
  NULL: [{ zapDomain: 'global' }, {}],
  PLAIN: [
    { plainServer: true, zapDomain: 'global' },
    { plainUsername: 'admin', plainPassword: 'secret' },
  ],
  CURVE: [
    { curveServer: true, curveSecretKey: server.secretKey, zapDomain: 'global' },
    {
      curveServerKey: server.publicKey,
      curvePublicKey: client.publicKey,
      curveSecretKey: client.secretKey,
    },
  ],
} as const;

const CREDENTIALS = {
  NULL: [],
  PLAIN: [Buffer.from('admin'), Buffer.from('secret')],
  CURVE: [decodeZ85(client.publicKey)],
};

type Answer = (request: Buffer[]) => (string | Buffer)[] | undefined;

/** What RFC 27 asks of a handler: the frames after the delimiter. */
const answer =
  (status: string, userId = '', metadata: Buffer = Buffer.alloc(0)): Answer =>
  ([version, id]) => [version!, id!, status, 'text', userId, metadata];

function inContext(t: Test): Context {
  const context = new Context();
  t.teardown(() => context.close());
  return context;
}

/** A handler of either form; gives all requests it has seen, from the version on. */
async function handler(
  t: Test,
  context: Context,
  reply: Answer,
  form: 'REP' | 'ROUTER' = 'REP',
): Promise<{ requests: Buffer[][]; socket: Socket }> {
  const requests: Buffer[][] = [];
  const socket = use(t, form === 'REP' ? new Reply({ context }) : new Router({ context }));
  socket.receiveTimeout = -1;
  await socket.bind(ENDPOINT);
  void (async () => {
    if (socket instanceof Reply) {
      for await (const request of socket) {
        requests.push(request);
        const parts = reply(request);
        if (parts !== undefined) await socket.send(parts);
        else return;
      }
      return;
    }
    for await (const [peer, empty, ...request] of socket as Router) {
      requests.push(request);
      const parts = reply(request);
      if (parts !== undefined) await (socket as Router).send([peer!, empty!, ...parts]);
    }
  })();
  return { requests, socket };
}

/** A server and a client that tries once. */
async function attempt(
  t: Test,
  context: Context,
  mechanism: keyof typeof MECHANISMS,
  options: object = {},
): Promise<{ pull: Dealer; log: Log; push: Dealer; seen: Log }> {
  const [here, there] = MECHANISMS[mechanism];
  const [pull, log] = watch(
    t,
    new Dealer({ context, ...here, routingId: 'srv', keepPeers: true, ...options }),
  );
  const [push, seen] = watch(t, new Dealer({ ...there, reconnectInterval: 60_000 }));
  await pull.bind('tcp://127.0.0.1:*');
  push.connect(pull.lastEndpoint!);
  return { pull, log, push, seen };
}

/** The failed handshake at the server, as type and code or status. */
async function failure(log: Log): Promise<string> {
  await log.next('disconnect');
  const events = log.all.filter((event) => event.type.startsWith('handshake:error'));
  if (events.length !== 1) return `${events.length} events`;
  const { type, error } = events[0] as { type: string; error: { code: string; status?: number } };
  return `${type.split(':')[2]} ${error.status ?? error.code}`;
}

for (const form of ['REP', 'ROUTER'] as const) {
  for (const mechanism of ['NULL', 'PLAIN', 'CURVE'] as const) {
    t.test(`${mechanism}, judged by a ${form}`, async (t) => {
      const context = inContext(t);
      const metadata = encodeMetadata([['X-Role', Buffer.from('boss')]]);
      const { requests } = await handler(t, context, answer('200', 'alice', metadata), form);
      const { pull, push, log } = await attempt(t, context, mechanism);
      await push.send('hello');
      const message = await pull.receive();
      t.same(texts(message), ['hello']);
      t.equal(requests.length, 1);
      const [version, id, ...rest] = requests[0]!;
      t.equal(String(version), '1.0');
      t.ok(id!.length > 0);
      t.same(rest, [
        Buffer.from('global'),
        Buffer.from('127.0.0.1'),
        Buffer.from('srv'),
        Buffer.from(mechanism),
        ...CREDENTIALS[mechanism],
      ]);
      const peer = pull.peerOf(message);
      t.equal(peer?.userId, 'alice');
      t.equal(peer?.metadata.get('X-Role')?.toString(), 'boss');
      t.equal(log.count('handshake'), 1);
    });
  }
}

/** What a handler may answer, and what the monitor says of it. */
const ANSWERS: readonly (readonly [string, Answer, string, string])[] = [
  ['300', answer('300'), 'auth 300', 'other ECONNRESET'],
  ['400', answer('400'), 'auth 400', 'auth 400'],
  ['500', answer('500'), 'auth 500', 'auth 500'],
  [
    'another version',
    ([, id]) => ['2.0', id!, '200', '', '', ''],
    'protocol ERR_ZAP_BAD_VERSION',
    'other ECONNRESET',
  ],
  [
    'another request id',
    ([version]) => [version!, 'wrong', '200', '', '', ''],
    'protocol ERR_ZAP_BAD_REQUEST_ID',
    'other ECONNRESET',
  ],
  ['no such status', answer('201'), 'protocol ERR_ZAP_INVALID_STATUS_CODE', 'other ECONNRESET'],
  [
    'a status of letters',
    answer('abc'),
    'protocol ERR_ZAP_INVALID_STATUS_CODE',
    'other ECONNRESET',
  ],
  [
    'too many parts',
    (request) => [...answer('200')(request)!, 'more'],
    'protocol ERR_ZAP_MALFORMED_REPLY',
    'other ECONNRESET',
  ],
  [
    'too few parts',
    (request) => answer('200')(request)!.slice(0, 5),
    'protocol ERR_ZAP_MALFORMED_REPLY',
    'other ECONNRESET',
  ],
  ['one part', () => ['200'], 'protocol ERR_ZAP_MALFORMED_REPLY', 'other ECONNRESET'],
  [
    'metadata that is none',
    answer('200', 'alice', Buffer.from('\x05x')),
    'protocol ERR_ZAP_INVALID_METADATA',
    'other ECONNRESET',
  ],
];

t.test('what a handler can answer beside 200', async (t) => {
  for (const [what, reply, here, there] of ANSWERS) {
    const context = inContext(t);
    await handler(t, context, reply);
    for (const mechanism of ['NULL', 'PLAIN', 'CURVE'] as const) {
      const { log, pull, push, seen } = await attempt(t, context, mechanism);
      t.equal(await failure(log), here, `${what}, ${mechanism}`);
      for (const { error } of log.of('handshake:error:protocol')) {
        t.equal(error.message, 'ZAP protocol error');
        t.match(error.cause, { code: error.code, message: /^ZAP protocol error: \w+ \w+/ });
      }
      t.equal(await failure(seen), there, `${what}, ${mechanism}: the client`);
      t.equal(pull.readable, false);
      push.close();
      pull.close();
    }
  }
});

t.test('nobody at the name', async (t) => {
  const context = inContext(t);
  const served = async (mechanism: 'NULL' | 'CURVE', options: object): Promise<void> => {
    const { pull, push } = await attempt(t, context, mechanism, options);
    await push.send('x');
    t.same(texts(await pull.receive()), ['x'], `${mechanism} ${JSON.stringify(options)}`);
  };
  await served('NULL', {});
  await served('CURVE', {});
  await served('CURVE', { zapDomain: null, zapEnforceDomain: true });
  for (const mechanism of ['NULL', 'PLAIN', 'CURVE'] as const) {
    const { log } = await attempt(t, context, mechanism, { zapEnforceDomain: true });
    t.equal(await failure(log), 'other EFAULT', mechanism);
  }
  const { log } = await attempt(t, context, 'PLAIN', { zapDomain: null });
  t.equal(await failure(log), 'other EFAULT');
});

t.test('when the handler is asked at all', async (t) => {
  const context = inContext(t);
  const { requests } = await handler(t, context, answer('200'));
  const asked = async (mechanism: 'NULL' | 'PLAIN' | 'CURVE', options: object): Promise<number> => {
    const before = requests.length;
    const { pull, push } = await attempt(t, context, mechanism, options);
    await push.send('x');
    await pull.receive();
    return requests.length - before;
  };
  t.equal(await asked('NULL', { zapDomain: null }), 0);
  t.equal(await asked('PLAIN', { zapDomain: null }), 1);
  t.equal(await asked('CURVE', { zapDomain: null }), 1);
  t.equal(await asked('CURVE', { zapDomain: null, zapEnforceDomain: true }), 0);
  t.equal(await asked('CURVE', { zapEnforceDomain: true }), 1);

  // libzmq asks on the connecting side of NULL, too.
  const pull = use(t, new Pull());
  await pull.bind('tcp://127.0.0.1:*');
  const push = use(t, new Push({ context, zapDomain: 'mine' }));
  push.connect(pull.lastEndpoint!);
  await push.send('x');
  await pull.receive();
  t.equal(String(requests.at(-1)![2]), 'mine');
  t.equal(String(requests.at(-1)![3]), '127.0.0.1');
});

t.test('a handler that does not answer, or does not even receive', async (t) => {
  for (const form of ['REP', 'ROUTER', 'deaf'] as const) {
    const context = inContext(t);
    if (form === 'deaf') await use(t, new Reply({ context })).bind(ENDPOINT);
    else await handler(t, context, () => undefined, form);
    const { log, pull } = await attempt(t, context, 'CURVE', { handshakeInterval: 100 });
    t.equal(await failure(log), 'other ERR_ZMTP_HANDSHAKE_TIMEOUT', form);
    t.equal(pull.stats().peers.length, 0);
  }
});

t.test('a handler that leaves while it is asked, and one that comes after it', async (t) => {
  const context = inContext(t);
  const { requests, socket } = await handler(t, context, () => undefined);
  const { log, pull } = await attempt(t, context, 'CURVE');
  await eventually('it is asked', () => requests.length === 1);
  socket.close();
  t.equal(await failure(log), 'other EPIPE');

  const second = await handler(t, context, answer('200'));
  const [, there] = MECHANISMS.CURVE;
  const push = use(t, new Dealer(there));
  push.connect(pull.lastEndpoint!);
  await push.send('x');
  t.same(texts(await pull.receive()), ['x']);
  t.equal(second.requests.length, 1);

  // Unbound and bound anew between two peers.
  await second.socket.unbind(ENDPOINT);
  const third = await handler(t, context, answer('200'), 'ROUTER');
  const other = use(t, new Dealer(there));
  other.connect(pull.lastEndpoint!);
  await other.send('y');
  t.same(texts(await pull.receive()), ['y']);
  t.equal(third.requests.length, 1);
  t.equal([...context.members].length, 4, 'no way to a handler is left behind');
});

t.test('late, double and reordered answers reach nobody else', async (t) => {
  const context = inContext(t);
  const router = use(t, new Router({ context }));
  await router.bind(ENDPOINT);
  const [here, there] = MECHANISMS.CURVE;
  const [pull, log] = watch(t, new Pull({ context, ...here, handshakeInterval: 300 }));
  await pull.bind('tcp://127.0.0.1:*');
  const once = { ...there, reconnectInterval: 60_000 };
  const first = use(t, new Push(once));
  first.connect(pull.lastEndpoint!);
  const late = await router.receive();
  await log.next('handshake:error:other');

  const [second, third] = [use(t, new Push(once)), use(t, new Push(once))];
  for (const push of [second, third]) push.connect(pull.lastEndpoint!);
  const requests = [await router.receive(), await router.receive()];
  const reply = ([peer, empty, version, id]: Buffer[], status: string): Promise<void> =>
    router.send([peer!, empty!, version!, id!, status, '', '', '']);
  await reply(late, '400');
  await reply(requests[1]!, '400');
  await reply(requests[1]!, '200');
  await reply(requests[0]!, '200');
  await log.next('handshake');
  await log.next('handshake:error:auth');
  t.equal(log.count('handshake'), 1);
  t.equal(log.count('handshake:error:other'), 1);
  t.equal(log.count('handshake:error:protocol'), 0);
});

t.test('a context closes while the handler is asked', async (t) => {
  const context = new Context();
  const { requests } = await handler(t, context, () => undefined, 'ROUTER');
  await attempt(t, context, 'CURVE');
  await eventually('it is asked', () => requests.length === 1);
  await t.resolves(context.close());
});

t.test('a callback comes before the handler', async (t) => {
  const context = inContext(t);
  const { requests } = await handler(t, context, answer('400'));
  const authenticate = (): { status: 200; userId: string } => ({ status: 200, userId: 'callback' });
  const { pull, push } = await attempt(t, context, 'CURVE', { authenticate });
  await push.send('x');
  t.equal(pull.peerOf(await pull.receive())?.userId, 'callback');
  t.equal(requests.length, 0);
});

t.test('a peer that talks on while it is judged does not fill the memory', async (t) => {
  const { connectRaw, greeting, ready } = await import('../../support/raw-peer.ts');
  const context = inContext(t);
  const { requests } = await handler(t, context, () => undefined, 'ROUTER');
  const [pull, log] = watch(t, new Pull({ context, zapDomain: 'global' }));
  await pull.bind('tcp://127.0.0.1:*');
  const raw = await connectRaw(t, pull.lastEndpoint!);
  raw.write(greeting(), ready('PUSH'));
  await eventually('it is asked', () => requests.length === 1);
  for (let n = 0; n < 8; n++) raw.write(Buffer.alloc(65_536, 1));
  t.equal(await failure(log), 'protocol ERR_ZMTP_UNEXPECTED_COMMAND');
});

t.test('an address that fits no handler', async (t) => {
  const context = inContext(t);
  const wrong = use(t, new Pull({ context }));
  await wrong.bind(ENDPOINT);
  const { log } = await attempt(t, context, 'CURVE');
  t.equal(await failure(log), 'other EPIPE');
  const dealer = use(t, new Dealer({ context }));
  t.notOk(dealer.closed);
});

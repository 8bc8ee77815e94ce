/** Peers that attack PLAIN, CURVE and ZAP: they lose their own connection, and lawful peers are served meanwhile. */

import { once } from 'node:events';
import t, { type Test } from 'tap';
import { type Authenticate, Dealer, Pull, Push, Router } from '../../src/index.ts';
import { curveClient } from '../../src/zmtp/mechanism/curve-client.ts';
import { generateKeyPair, importKeyPair } from '../../src/zmtp/mechanism/curve-key-pair.ts';
import type { Handshake } from '../../src/zmtp/mechanism/mechanism.ts';
import { decodeZ85 } from '../../src/zmtp/mechanism/z85.ts';
import { encodeMetadata } from '../../src/zmtp/metadata.ts';
import {
  asClient,
  asServer,
  changed,
  client,
  dealer,
  HELLOS,
  hello,
  mechanism,
  server,
  wire,
} from '../support/hostile/curve-hello.ts';
import { PATIENCE } from '../support/patience.ts';
import {
  command,
  connectRaw,
  frame,
  greeting,
  listenRaw,
  message,
  type RawPeer,
  ready,
} from '../support/raw-peer.ts';
import { eventually, type Log, texts, use, watch } from '../support/sockets.ts';

interface Victim {
  readonly router: Router;
  readonly log: Log;
  readonly endpoint: string;
  serves(): Promise<void>;
}

/** A ROUTER to attack, and what a lawful client does with it. */
async function victim(
  t: Test,
  options: object = asServer,
  lawful: object = asClient,
): Promise<Victim> {
  const [router, log] = watch(t, new Router(options as object));
  await router.bind('tcp://127.0.0.1:*');
  const endpoint = router.lastEndpoint!;
  const serves = async (): Promise<void> => {
    const peer = use(t, new Dealer(lawful));
    peer.connect(endpoint);
    await peer.send('lawful');
    const [id, text] = await router.receive();
    if (String(text) !== 'lawful') throw new Error(`received ${text}`);
    await router.send([id!, 'answer']);
    await peer.receive();
    peer.close();
    await eventually('it has left', () => router.stats().peers.length === 0);
  };
  return { router, log, endpoint, serves };
}

/** The body of the last command that came. */
function bodyOf(received: Buffer, name: string): Buffer {
  const at = received.lastIndexOf(Buffer.from(`${String.fromCharCode(name.length)}${name}`));
  return Buffer.from(received.subarray(at));
}

/** A client of CURVE in a test's hands, up to WELCOME. */
async function welcomed(t: Test, endpoint: string): Promise<[RawPeer, Handshake, Buffer]> {
  const peer = await connectRaw(t, endpoint);
  const handshake = mechanism.begin(dealer);
  peer.write(greeting('CURVE'), wire(handshake.first()!));
  await peer.until('WELCOME', (octets) => octets.length === 64 + 170);
  return [peer, handshake, handshake.step(bodyOf(peer.received, 'WELCOME'))!];
}

/** Likewise, in traffic. */
async function joined(t: Test, endpoint: string): Promise<[RawPeer, Handshake]> {
  const [peer, handshake, initiate] = await welcomed(t, endpoint);
  peer.forget();
  peer.write(wire(initiate));
  await peer.until('READY', (octets) => octets.length > 2 && octets.length === 2 + octets[1]!);
  handshake.step(bodyOf(peer.received, 'READY'));
  return [peer, handshake];
}

/** Who went wrong, in the order it happened. */
function codes(log: Log): string[] {
  return log.all.flatMap((event) =>
    event.type.startsWith('handshake:error')
      ? [(event as { error: { code: string } }).error.code]
      : [],
  );
}

t.test('HELLO in all ways but the right one: closed at once, without a word of it', async (t) => {
  const { router, log, endpoint, serves } = await victim(t);
  for (const [n, [what, say, code]] of HELLOS.entries()) {
    const peer = await connectRaw(t, endpoint);
    peer.write(greeting('CURVE'), say());
    await peer.closed;
    await log.next('handshake:error:protocol', n + 1);
    t.equal(codes(log).at(-1), `ERR_ZMTP_${code}`, what);
    if (code !== 'UNEXPECTED_COMMAND') t.equal(peer.received.length, 64, what);
  }
  await serves();
  t.equal(router.stats().received.messages, 1);
  t.equal(codes(log).length, HELLOS.length, 'one event each');
});

t.test('INITIATE in all ways but the right one (CVE-2019-13132)', async (t) => {
  const { log, endpoint, serves } = await victim(t);
  const other = await welcomed(t, endpoint);
  const cases: readonly (readonly [string, (initiate: Buffer) => Buffer, string])[] = [
    ['short', (initiate) => initiate.subarray(0, 256), 'MALFORMED_COMMAND_INITIATE'],
    ['cut', (initiate) => initiate.subarray(0, -1), 'CRYPTOGRAPHIC'],
    ['longer', (initiate) => Buffer.concat([initiate, Buffer.alloc(1)]), 'CRYPTOGRAPHIC'],
    ['60 kB longer', (i) => Buffer.concat([i, Buffer.alloc(60_000)]), 'CRYPTOGRAPHIC'],
    ['1 MB longer', (i) => Buffer.concat([i, Buffer.alloc(1_000_000)]), 'FRAME_TOO_LARGE'],
    ['without metadata', (i) => i.subarray(0, 257), 'CRYPTOGRAPHIC'],
    ['a bit in the nonce of the cookie', (initiate) => changed(initiate, 9), 'CRYPTOGRAPHIC'],
    ['a bit in the cookie', (initiate) => changed(initiate, 60), 'CRYPTOGRAPHIC'],
    ['a bit in the nonce', (initiate) => changed(initiate, 112), 'CRYPTOGRAPHIC'],
    ['a bit in the box', (initiate) => changed(initiate, 200), 'CRYPTOGRAPHIC'],
    ['the nonce of HELLO', (initiate) => changed(initiate, 112, 1), 'INVALID_SEQUENCE'],
    [
      'the cookie of another',
      (i) => Buffer.concat([i.subarray(0, 9), other[2].subarray(9, 105), i.subarray(105)]),
      'CRYPTOGRAPHIC',
    ],
    ['the INITIATE of another', () => other[2], 'CRYPTOGRAPHIC'],
    ['HELLO again', () => hello(), 'UNEXPECTED_COMMAND'],
  ];
  for (const [n, [what, change, code]] of cases.entries()) {
    const [peer, , initiate] = await welcomed(t, endpoint);
    peer.write(wire(change(initiate)));
    await peer.closed;
    await log.next('handshake:error:protocol', n + 1);
    t.equal(codes(log).at(-1), `ERR_ZMTP_${code}`, what);
  }
  // The one whose cookie was stolen goes on unharmed, and only once.
  const [peer, , initiate] = other;
  peer.write(wire(initiate));
  await log.next('handshake');
  peer.destroy();
  await log.next('disconnect', cases.length + 1);
  await serves();
});

t.test('a vouch that says something else', async (t) => {
  const { log, endpoint } = await victim(t);
  const { seal, sharedKey } = await import('../../src/zmtp/mechanism/curve-box.ts');
  const { importPublicKey } = await import('../../src/zmtp/mechanism/curve-key-pair.ts');
  const own = importKeyPair(decodeZ85(client.secretKey));
  const S = decodeZ85(server.publicKey);
  const forge = async (
    vouched: (transient: Buffer) => Buffer,
    shown: Buffer = own.publicKey,
  ): Promise<void> => {
    const transient = generateKeyPair();
    const handshake = curveClient(own, S, {
      keyPair: () => transient,
      nonce: () => Buffer.alloc(16),
    });
    const peer = await connectRaw(t, endpoint);
    const began = handshake.begin(dealer);
    peer.write(greeting('CURVE'), wire(began.first()!));
    await peer.until('WELCOME', (octets) => octets.length === 64 + 170);
    const welcome = bodyOf(peer.received, 'WELCOME');
    const initiate = began.step(welcome)!;
    const { open } = await import('../../src/zmtp/mechanism/curve-box.ts');
    const helloKey = sharedKey(transient.secret, importPublicKey(S));
    const nonce = Buffer.concat([Buffer.from('WELCOME-'), welcome.subarray(8, 24)]);
    const theirs = importPublicKey(open(helloKey, nonce, welcome.subarray(24)).subarray(0, 32));
    const vouch = seal(
      sharedKey(own.secret, theirs),
      Buffer.concat([Buffer.from('VOUCH---'), Buffer.alloc(16)]),
      vouched(transient.publicKey),
    );
    const inside = Buffer.concat([shown, Buffer.alloc(16), vouch, dealer]);
    const short = Buffer.alloc(8);
    short[7] = 2;
    const box = seal(
      sharedKey(transient.secret, theirs),
      Buffer.concat([Buffer.from('CurveZMQINITIATE'), short]),
      inside,
    );
    peer.write(wire(Buffer.concat([initiate.subarray(0, 105), short, box])));
    if (vouched(transient.publicKey).equals(Buffer.concat([transient.publicKey, S]))) {
      if (shown === own.publicKey) return;
    }
    await peer.closed;
  };
  const stranger = generateKeyPair().publicKey;
  await forge((transient) => Buffer.concat([stranger, transient]));
  await forge(() => Buffer.concat([stranger, S]));
  // libzmq does not look at the second half.
  await forge((transient) => Buffer.concat([transient, stranger]));
  await forge((transient) => Buffer.concat([transient, S]), stranger);
  await forge((transient) => Buffer.concat([transient, S]), Buffer.alloc(32));
  await log.next('handshake:error:protocol', 5);
  const exchange = 'ERR_ZMTP_KEY_EXCHANGE';
  t.same(codes(log), [exchange, exchange, exchange, 'ERR_ZMTP_CRYPTOGRAPHIC', exchange]);
  await forge((transient) => Buffer.concat([transient, S]));
  await log.next('handshake');
});

t.test(
  'in traffic: replay, a nonce again or lower, swapped direction, cut boxes (CVE-2014-7203)',
  async (t) => {
    const { router, log, endpoint, serves } = await victim(t);
    const say = (handshake: Handshake, text: string, flags = 0): Buffer =>
      frame(Buffer.from(handshake.box!.seal(flags, Buffer.from(text))));
    const cases: readonly (readonly [
      string,
      (handshake: Handshake, peer: RawPeer) => Buffer[],
      number,
    ])[] = [
      ['a replay', (h) => [Buffer.concat(Array(2).fill(say(h, 'x')))], 1],
      [
        'an older one after a newer one',
        (h) => {
          const [one, two] = [say(h, '1'), say(h, '2')];
          return [two, one];
        },
        1,
      ],
      ['a nonce of zero', (h) => [changedNonce(say(h, 'x'), 0)], 0],
      ['another nonce', (h) => [changedNonce(say(h, 'x'), 200)], 0],
      ['what we have sent, sent back', (_, peer) => [peer.received], 0],
      ['a cut box', (h) => [frame(say(h, 'x').subarray(2, -1))], 0],
      ['a box with nothing in it', (h) => [frame(say(h, '').subarray(2, -1))], 0],
      ['a name only', () => [frame(Buffer.from('\x07MESSAGE'))], 0],
      ['another name', (h) => [frame(changed(say(h, 'x').subarray(2), 3))], 0],
      ['a bit', (h) => [frame(changed(say(h, 'x').subarray(2), 20))], 0],
      ['a message in the clear', () => [message('in clear')], 0],
      ['a PING in the clear', () => [command('PING', Buffer.alloc(2))], 0],
      ['an ERROR in the clear', () => [command('ERROR', Buffer.from('\x03400'))], 0],
      ['a sealed PING without TTL', (h) => [say(h, '\x04PING', 2)], 0],
    ];
    let delivered = 0;
    for (const [n, [what, say_, lawful]] of cases.entries()) {
      const [peer, handshake] = await joined(t, endpoint);
      peer.forget();
      if (what.startsWith('what we')) {
        peer.write(say(handshake, 'hello'));
        const [id] = await router.receive();
        await router.send([id!, 'echo']);
        await peer.until('an echo', (octets) => octets.length > 30);
        delivered++;
      }
      peer.write(...say_(handshake, peer));
      await peer.closed;
      await log.next('disconnect', n + 1);
      for (let i = 0; i < lawful; i++) await router.receive();
      delivered += lawful;
      t.equal(router.tryReceive(), undefined, what);
      const { error } = log.of('disconnect').at(-1)!;
      t.match(error?.code, /^ERR_ZMTP_(INVALID_SEQUENCE|CRYPTOGRAPHIC|MALFORMED_\w+)$/, what);
    }
    t.equal(router.stats().received.messages, delivered);
    await serves();
  },
);

function changedNonce(sealed: Buffer, last: number): Buffer {
  return changed(sealed, 2 + 15, last);
}

t.test('limits hold under CURVE: parts and sizes are those of what is inside', async (t) => {
  const { log, endpoint, router } = await victim(t, {
    ...asServer,
    maxMessageSize: 100,
    maxMessageParts: 3,
  });
  const [peer, handshake] = await joined(t, endpoint);
  const say = (size: number, flags = 0): Buffer =>
    frame(Buffer.from(handshake.box!.seal(flags, Buffer.alloc(size))));
  peer.write(say(100, 1), say(100, 1), say(100));
  t.equal((await router.receive()).length, 4);
  peer.write(say(1, 1), say(1, 1), say(1, 1), say(1));
  await peer.closed;
  const [second, next] = await joined(t, endpoint);
  second.write(frame(Buffer.from(next.box!.seal(0, Buffer.alloc(101)))));
  await second.closed;
  await log.next('disconnect', 2);
  const found = log.of('disconnect').map(({ error }) => error?.code);
  t.same(found, ['ERR_ZMTP_TOO_MANY_PARTS', 'ERR_ZMTP_FRAME_TOO_LARGE']);
});

t.test(
  'no way down: ZMTP 1 and 2, and other mechanisms (CVE-2014-7202, CVE-2014-9721)',
  async (t) => {
    const judge: Authenticate = () => ({ status: 400 });
    for (const options of [
      asServer,
      { plainServer: true, authenticate: () => ({ status: 200 as const }) },
      { authenticate: judge },
    ]) {
      const { router, log, endpoint } = await victim(t, options);
      const own = options === asServer ? 'CURVE' : 'plainServer' in options ? 'PLAIN' : 'NULL';
      const greetings = [
        Buffer.from('0100', 'hex'),
        Buffer.from('ff00000000000000010000', 'hex'),
        Buffer.from('ff00000000000000017f00', 'hex'),
        Buffer.from('ff00000000000000017f0105', 'hex'),
        Buffer.from('ff00000000000000017f0205', 'hex'),
        ...['NULL', 'PLAIN', 'CURVE', 'GSSAPI', '']
          .filter((each) => each !== own)
          .map((each) => greeting(each)),
      ];
      for (const said of greetings) {
        const peer = await connectRaw(t, endpoint);
        peer.write(said, ready('DEALER'), message('x'));
        await peer.closed;
        t.equal(peer.received.length <= 64, true);
      }
      await log.next('handshake:error:protocol', greetings.length);
      t.equal(router.stats().received.messages, 0);
      t.equal(router.readable, false);
      t.equal(log.count('handshake'), 0);
    }
  },
);

t.test('PLAIN: HELLO in wrong ways, and what comes too early', async (t) => {
  const authenticate: Authenticate = ({ credentials }) => ({
    status: String(credentials[1]) === 'secret' ? 200 : 400,
  });
  const lawful = { plainUsername: 'admin', plainPassword: 'secret' };
  const { router, log, endpoint, serves } = await victim(
    t,
    { plainServer: true, authenticate },
    lawful,
  );
  const said = (text: string): Buffer => Buffer.from(text, 'latin1');
  const login = command('HELLO', said('\x05admin\x06secret'));
  const wrong = command('HELLO', said('\x05admin\x05wrong'));
  for (const octets of [
    command('HELLO'),
    command('HELLO', said('\x05admin')),
    command('HELLO', said('\x05admin\x06secre')),
    command('HELLO', said('\x05admin\x06secretx')),
    command('HELLO', said('\xff')),
    command('INITIATE', dealer),
    command('WELCOME'),
    ready('DEALER'),
    message('x'),
    wrong,
    Buffer.concat([wrong, command('INITIATE', dealer), message('x')]),
    Buffer.concat([login, login]),
    Buffer.concat([login, message('x')]),
    Buffer.concat([login, command('INITIATE', Buffer.from('\x05x')), message('x')]),
    Buffer.concat([login, command('INITIATE', encodeMetadata([['Socket-Type', said('PUB')]]))]),
  ]) {
    const peer = await connectRaw(t, endpoint);
    peer.write(greeting('PLAIN'), octets);
    await peer.closed;
  }
  await log.until('15 failures', () => codes(log).length === 15);
  t.equal(router.stats().received.messages, 0);
  await serves();
});

t.test('300 silent peers do not keep the lawful one out (CVE-2020-15166)', async (t) => {
  const [push, log] = watch(t, new Push({ ...asServer, sendTimeout: 0 }));
  await push.bind('tcp://127.0.0.1:*');
  // As many at a time as the kernel keeps for us: the rest would wait for its retransmissions.
  for (let n = 0; n < 300; n += 50) {
    const peers = await Promise.all(
      Array.from({ length: 50 }, () => connectRaw(t, push.lastEndpoint!)),
    );
    for (const peer of peers.slice(0, 25)) peer.write(greeting('CURVE'), wire(hello()));
    await log.next('accept', n + 50);
  }
  await t.rejects(push.send('x'), { code: 'EAGAIN' });
  const pull = use(t, new Pull(asClient));
  pull.connect(push.lastEndpoint!);
  await push.waitFor('handshake');
  for (let n = 0; n < 50; n++) await push.send(`${n}`, { timeout: PATIENCE });
  for (let n = 0; n < 50; n++) t.same(texts(await pull.receive()), [`${n}`]);
});

t.test('a flood of bad HELLOs while a lawful peer is served', async (t) => {
  const { log, endpoint, router } = await victim(t);
  const peer = use(t, new Dealer(asClient));
  peer.connect(endpoint);
  const bad = Buffer.concat([greeting('CURVE'), wire(changed(hello(), 150))]);
  let served = 0;
  let flooding = true;
  const serving = (async () => {
    while (flooding) {
      await peer.send('x');
      const [id] = await router.receive();
      await router.send([id!, 'y']);
      await peer.receive();
      served++;
    }
  })();
  const began = performance.now();
  for (let round = 0; round < 15; round++) {
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const attacker = await connectRaw(t, endpoint, { keep: false });
        attacker.write(bad);
        await attacker.closed;
      }),
    );
  }
  const took = performance.now() - began;
  flooding = false;
  await serving;
  await log.next('handshake:error:protocol', 300);
  t.equal(router.stats().peers.length, 1);
  t.ok(served > 15, `${served} answers meanwhile`);
  t.comment(`${Math.round(300_000 / took)} refused/s, both ends in this process`);
});

t.test('of a flood above maxHandshakesPerSecond only that many cost an agreement', async (t) => {
  const { log, endpoint, serves } = await victim(t, { ...asServer, maxHandshakesPerSecond: 5 });
  const bad = Buffer.concat([greeting('CURVE'), wire(changed(hello(), 150))]);
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      const attacker = await connectRaw(t, endpoint, { keep: false, from: '127.0.0.2' });
      attacker.write(bad);
      await attacker.closed;
    }),
  );
  await log.until('40 refusals', () => codes(log).length + log.count('accept:error') === 40);
  // The second may have ended once meanwhile.
  t.ok(codes(log).length <= 10, `${codes(log).length} of 40`);
  t.ok(codes(log).every((code) => code === 'ERR_ZMTP_CRYPTOGRAPHIC'));
  await serves();
});

t.test('a server that attacks its client', async (t) => {
  const raw = await listenRaw(t);
  const [socket, log] = watch(t, new Dealer({ ...asClient, reconnectInterval: 5 }));
  socket.connect(raw.endpoint);
  const says: readonly (readonly [Buffer[], string])[] = [
    [[command('WELCOME')], 'ERR_ZMTP_MALFORMED_COMMAND_WELCOME'],
    [[command('WELCOME', Buffer.alloc(160))], 'ERR_ZMTP_CRYPTOGRAPHIC'],
    [[command('WELCOME', Buffer.alloc(161))], 'ERR_ZMTP_MALFORMED_COMMAND_WELCOME'],
    [[ready('ROUTER')], 'ERR_ZMTP_UNEXPECTED_COMMAND'],
    [[command('READY', Buffer.alloc(60))], 'ERR_ZMTP_UNEXPECTED_COMMAND'],
    [[message('x')], 'ERR_ZMTP_UNEXPECTED_COMMAND'],
    [[command('ERROR', Buffer.from('\x03400'))], 'ERR_ZMTP_REFUSED_BY_PEER'],
    [[command('ERROR', Buffer.from('\xff400', 'latin1'))], 'ERR_ZMTP_MALFORMED_COMMAND_ERROR'],
  ];
  for (const [n, [said, code]] of says.entries()) {
    const peer = await raw.peer(n);
    peer.write(greeting('CURVE'), ...said);
    await log.next('disconnect', n + 1);
    t.equal(codes(log)[n], code);
    const hello = peer.received.subarray(64);
    t.equal(hello.length === 0 || hello.length >= 202, true);
  }
  t.equal(log.count('handshake'), 0);
});

t.test('no way down for a client either (CVE-2014-7202, CVE-2014-9721)', async (t) => {
  const clients: [string, object][] = [
    ['CURVE', asClient],
    ['PLAIN', { plainUsername: 'admin', plainPassword: 'secret' }],
  ];
  for (const [own, options] of clients) {
    const raw = await listenRaw(t);
    const [socket, log] = watch(t, new Dealer({ ...options, reconnectInterval: 5 }));
    socket.connect(raw.endpoint);
    await socket.send('the secret');
    const greetings = [
      Buffer.from('0100', 'hex'),
      Buffer.from('ff00000000000000010000', 'hex'),
      Buffer.from('ff00000000000000017f00', 'hex'),
      Buffer.from('ff00000000000000017f0105', 'hex'),
      ...['NULL', 'PLAIN', 'CURVE', '']
        .filter((each) => each !== own)
        .map((each) => greeting(each)),
    ];
    for (const [n, said] of greetings.entries()) {
      const peer = await raw.peer(n);
      peer.write(said, ready('ROUTER'), message('x'));
      await peer.closed;
      t.ok(peer.received.length <= 64, `${own}: a greeting, and nothing after it`);
    }
    await log.next('handshake:error:protocol', greetings.length);
    t.equal(log.count('handshake'), 0);
    t.equal(socket.readable, false);
    socket.linger = 0;
    socket.close();
  }
});

t.test('nothing of a secret shows on the wire', async (t) => {
  const { router, endpoint } = await victim(t);
  const net = await import('node:net');
  const seen: Buffer[] = [];
  const port = Number(endpoint.split(':').at(-1));
  const between = net.createServer((near) => {
    const far = net.connect(port, '127.0.0.1');
    for (const stream of [near, far]) {
      stream.on('data', (chunk: Buffer) => seen.push(chunk)).on('error', () => {});
      t.teardown(() => stream.destroy());
    }
    near.pipe(far).pipe(near);
  });
  between.listen(0, '127.0.0.1');
  t.teardown(() => between.close());
  await once(between, 'listening');
  const peer = use(t, new Dealer({ ...asClient, routingId: 'who-is-it' }));
  peer.connect(`tcp://127.0.0.1:${(between.address() as { port: number }).port}`);
  await peer.send('the secret');
  const [id] = await router.receive();
  t.equal(String(id), 'who-is-it');
  await router.send([id!, 'the answer']);
  await peer.receive();
  const all = Buffer.concat(seen);
  const keys = [server.secretKey, client.secretKey, client.publicKey, server.publicKey];
  const secrets = [
    ...keys,
    ...keys.map(decodeZ85),
    'the secret',
    'the answer',
    'who-is-it',
    'DEALER',
  ];
  for (const secret of secrets) t.notOk(all.includes(secret));
});

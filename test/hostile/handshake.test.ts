/** Peers that break the rules before the handshake is over: they lose their own connection, and nothing else happens. */

import t from 'tap';
import { Pull } from '../../src/index.ts';
import { KINDS, victim } from '../support/hostile/hostile.ts';
import { HANDSHAKE_VIOLATIONS } from '../support/hostile/violations.ts';
import { PATIENCE } from '../support/patience.ts';
import {
  command,
  connectRaw,
  greeting,
  message,
  property,
  type RawPeer,
  ready,
} from '../support/raw-peer.ts';
import { eventually, texts, use, watch } from '../support/sockets.ts';

for (const kind of KINDS) {
  t.test(`against ${kind}`, async (t) => {
    const { log, endpoint, partner, socket, serves } = await victim(t, kind);
    let failures = 0;
    for (const [what, say, code, told] of HANDSHAKE_VIOLATIONS) {
      // A publisher has to wait for what follows: it may be a subscription in the form of libzmq 4.3.4.
      if (kind === 'PUB' && what === 'an empty command') continue;
      const peer = await connectRaw(t, endpoint);
      const before = performance.now();
      peer.write(...say(partner));
      await peer.closed;
      const took = performance.now() - before;
      failures++;
      const event = await log.next('handshake:error:protocol', failures);
      const end = await log
        .next('disconnect', log.count('handshake') + failures)
        .catch(() => undefined);
      t.equal(event.error.code, code, what);
      t.equal(event.address, endpoint);
      t.ok(end !== undefined && log.of('disconnect').some((each) => each.error?.code === code));
      if (told) t.ok(peer.received.includes('\x05ERROR'), `${what}: told why`);
      t.ok(took < 2_000, `${what}: at once (${Math.round(took)} ms)`);
      await serves();
      await eventually('the lawful peer has left', () => socket.stats().peers.length === 0);
    }
    t.strictSame(socket.stats().peers, []);
  });
}

t.test('older versions are refused where they are not wanted, or cannot be judged', async (t) => {
  const said: readonly [what: string, octets: string, code: string][] = [
    ['1.0', '0100', 'ERR_ZMTP_NOT_ZMTP'],
    ['1.0 in the long form', 'ff00000000000000010000', 'ERR_ZMTP_VERSION_UNSUPPORTED'],
    ['2.0', 'ff00000000000000017f0108', 'ERR_ZMTP_VERSION_UNSUPPORTED'],
  ];
  for (const [why, options] of [
    ['minimumProtocolVersion', { minimumProtocolVersion: 3 }],
    ['zapDomain', { zapDomain: 'global' }],
    ['authenticate', { authenticate: () => ({ status: 200 as const }) }],
    ['plainServer', { plainServer: true }],
  ] as const) {
    const [pull, log] = watch(t, new Pull(options));
    await pull.bind('tcp://127.0.0.1:*');
    let failures = 0;
    for (const [what, octets, code] of said) {
      const peer = await connectRaw(t, pull.lastEndpoint!);
      peer.write(octets);
      await peer.closed;
      const event = await log.next('handshake:error:protocol', ++failures);
      t.equal(event.error.code, code, `${what}: ${why}`);
    }
    t.equal(log.count('handshake'), 0);
  }
});

t.test('silent, half greeted, dripping: gone when the handshake has taken too long', async (t) => {
  const handshakeInterval = 150;
  const { log, endpoint, partner, serves } = await victim(t, 'ROUTER', { handshakeInterval });
  const say: ((peer: RawPeer) => void)[] = [
    () => {},
    (peer) => peer.write(greeting().subarray(0, 11)),
    (peer) => peer.write(greeting()),
    (peer) => peer.write(greeting(), ready(partner).subarray(0, 20)),
    (peer) => {
      const all = Buffer.concat([greeting(), ready(partner)]);
      let at = 0;
      const drip = setInterval(() => {
        if (peer.isClosed) clearInterval(drip);
        else peer.write(all.subarray(at, ++at));
      }, 10);
    },
  ];
  const began = performance.now();
  const peers = await Promise.all(say.map(() => connectRaw(t, endpoint)));
  for (const [n, peer] of peers.entries()) say[n]!(peer);
  await serves();
  await Promise.all(peers.map((peer) => peer.closed));
  t.ok(performance.now() - began >= handshakeInterval - 5, 'not before its time');
  await log.next('handshake:error:other', peers.length);
  const events = log.of('handshake:error:other');
  t.ok(events.every((event) => event.error.code === 'ERR_ZMTP_HANDSHAKE_TIMEOUT'));
  await serves();
});

t.test('names that mean something to JavaScript', async (t) => {
  const { endpoint, log, partner, serves } = await victim(t, 'ROUTER');
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const peer = await connectRaw(t, endpoint);
  await peer.shakeHands(partner, Object.fromEntries(names.map((name) => [name, 'x'])));
  // A literal __proto__ has no entry of its own.
  const other = await connectRaw(t, endpoint);
  const polluting = property('__proto__', '{"polluted":true}');
  other.write(greeting(), command('READY', property('Socket-Type', partner), polluting));
  await log.next('handshake', 2);
  t.equal(({} as { polluted?: boolean }).polluted, undefined);
  t.equal(Object.prototype.toString.call({}), '[object Object]');
  await serves();
});

t.test('what interoperation needs is accepted', async (t) => {
  const { endpoint, log, partner, socket, serves } = await victim(t, 'ROUTER');
  for (const properties of [
    [property('socket-type', partner)],
    [property('Socket-Type', partner), property('Socket-Type', 'PAIR')],
    [property('', 'x'), property('Socket-Type', partner)],
    [property('Socket-Type', partner), property('Identity', '\0abc')],
    [property('Socket-Type', partner), property('Identity', 'x'.repeat(255))],
    [property('Socket-Type', partner), property('X-Large', 'x'.repeat(60_000))],
  ]) {
    const peer = await connectRaw(t, endpoint);
    const before = log.count('handshake');
    peer.write(greeting(), command('READY', ...properties));
    await log.next('handshake', before + 1);
    peer.destroy();
    await eventually('it is gone', () => socket.stats().peers.length === 0);
  }
  await serves();
});

t.test('50 silent peers take no part in routing (CVE-2020-15166)', async (t) => {
  const { endpoint, socket, serves, log } = await victim(t, 'PULL');
  const peers = await Promise.all(Array.from({ length: 50 }, () => connectRaw(t, endpoint)));
  await log.next('accept', 50);
  t.equal(socket.stats().peers.length, 0);
  await serves();
  for (const peer of peers) peer.destroy();
  await log.next('handshake:error:other', 50);

  const { Push } = await import('../../src/index.ts');
  const [push, seen] = watch(t, new Push({ sendTimeout: 0 }));
  await push.bind('tcp://127.0.0.1:*');
  await Promise.all(Array.from({ length: 50 }, () => connectRaw(t, push.lastEndpoint!)));
  await seen.next('accept', 50);
  await t.rejects(push.send('x'), { code: 'EAGAIN' }, 'there is nobody to send to');
  const pull = use(t, new Pull());
  pull.connect(push.lastEndpoint!);
  await push.waitFor('handshake');
  for (let n = 0; n < 100; n++) await push.send(`${n}`, { timeout: PATIENCE });
  for (let n = 0; n < 100; n++) t.strictSame(texts(await pull.receive()), [`${n}`]);
});

t.test('500 handshakes ended by a reset: descriptors and peers are given back', async (t) => {
  const { readdirSync } = await import('node:fs');
  const { endpoint, socket, log, partner, serves } = await victim(t, 'ROUTER');
  const descriptors = (): number =>
    process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
  await serves();
  await eventually('nobody left', () => socket.stats().peers.length === 0);
  const before = descriptors();
  for (let round = 0; round < 10; round++) {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const peer = await connectRaw(t, endpoint);
        await peer.shakeHands(partner);
        peer.write(message('x'));
        peer.reset();
        await peer.closed;
      }),
    );
  }
  await log.next('disconnect', 501);
  t.equal(socket.stats().peers.length, 0);
  await eventually('descriptors are back', () => descriptors() <= before);
  await serves();
});

t.test('bad endpoint texts', async (t) => {
  const pull = use(t, new Pull());
  for (const text of [
    '',
    'x',
    '://',
    'tcp://',
    'tcp://*',
    'tcp://:',
    'tcp://*:',
    'tcp://*:abc',
    'tcp://*:-1',
    'tcp://*:5x',
    'tcp://*:99999',
    'tcp://*:65536',
    'tcp://127.0.0.1:0x50',
    'tcp://127.0.0.1',
    'tcp://[::1:5',
    'tcp://a b:5',
    'tcp://-a:5',
    'tcp:/127.0.0.1:5',
    'tcp://127.0.0.1:5/x',
    'tcp://127.0.0.1:5\0',
    'ipc://',
    'ipc://a\0b',
    'inproc://',
    'http://a:5',
    'ws://a',
    'wss://a',
    'ws://:5x',
    'udp://127.0.0.1:5',
    'pgm://a:5',
    `tcp://${'x'.repeat(1e6)}`,
    `ipc://${'x'.repeat(1e6)}`,
    'constructor://a',
    '__proto__://a',
  ]) {
    const codes = /^E(INVAL|PROTONOSUPPORT|NOCOMPATPROTO|NAMETOOLONG|NODEV)$/;
    await t.rejects(pull.bind(text), { code: codes, address: text }, text.slice(0, 40));
    t.throws(() => pull.bindSync(text), { code: codes });
    if (!text.startsWith('tcp://x')) t.throws(() => pull.connect(text), { code: codes });
  }
  t.equal(pull.lastEndpoint, null);
});

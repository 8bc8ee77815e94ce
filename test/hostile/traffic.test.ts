/** Peers that break the rules after the handshake: what they said before counts, and nobody else is touched. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { Publisher, Pull, Push, Reply, Router, Subscriber, XPublisher } from '../../src/index.ts';
import { KINDS, victim } from '../support/hostile/hostile.ts';
import { TRAFFIC_VIOLATIONS } from '../support/hostile/violations.ts';
import { command, connectPeer, frame, listenRaw, message, ready } from '../support/raw-peer.ts';
import { eventually, Log, texts, use, watch } from '../support/sockets.ts';

/** What is skipped: the connection goes on. */
const IGNORED: readonly (readonly [what: string, say: Buffer])[] = [
  ['an unknown command', command('NOSUCH', Buffer.from('data'))],
  [
    'an empty command, and something after it',
    Buffer.concat([frame(Buffer.alloc(0), 4), command('X', Buffer.alloc(30))]),
  ],
  ['a command whose name overruns', frame(Buffer.from('\xf0X', 'latin1'), 4)],
  ['ERROR', command('ERROR', Buffer.from('\x05sorry'))],
  ['a second READY', ready('PAIR')],
  ['PONG', command('PONG', Buffer.from('who asked'))],
  ['a PING with a long context', command('PING', Buffer.from([0, 0]), Buffer.alloc(200_000))],
];

for (const kind of KINDS) {
  t.test(`against ${kind}`, async (t) => {
    const { endpoint, log, partner, socket, serves } = await victim(t, kind);
    for (const [what, say, code] of TRAFFIC_VIOLATIONS) {
      const peer = await connectPeer(t, endpoint, partner);
      const before = log.count('disconnect');
      peer.write(say);
      await peer.closed;
      await log.next('disconnect', before + 1);
      await serves();
      await eventually('the lawful peer has left', () => socket.stats().peers.length === 0);
      const codes = log
        .of('disconnect')
        .slice(before)
        .map((event) => event.error?.code);
      t.ok(codes.includes(code), `${what}: ${codes}`);
    }
    const peer = await connectPeer(t, endpoint, partner);
    for (const [what, say] of IGNORED) {
      peer.write(say);
      await serves();
      t.notOk(peer.isClosed, what);
    }
    const pong = Buffer.from('\x04PONG');
    await peer.sees(pong);
    const at = peer.received.indexOf(pong);
    t.ok(peer.received[at - 1]! <= 5 + 16, 'no more than 16 octets of context come back');
  });
}

t.test('V1: what was accepted before the violation is untouched', async (t) => {
  const [pull, log] = watch(t, new Pull());
  await pull.bind('tcp://127.0.0.1:*');
  const peer = await connectPeer(t, pull.lastEndpoint!, 'PUSH');
  peer.write(message('1'), message('2', 'two'), '01 01 33', '02 ffffffffffffffff');
  await log.next('disconnect');
  t.strictSame(texts(await pull.receive()), ['1']);
  t.strictSame(texts(await pull.receive()), ['2', 'two']);
  t.equal(pull.tryReceive(), undefined, 'half a message is none');
  t.strictSame(pull.stats().peers, []);
});

t.test('maxMessageSize and maxMessageParts', async (t) => {
  for (const [options, say, code] of [
    [{ maxMessageSize: 100 }, message('x'.repeat(101)), 'ERR_ZMTP_FRAME_TOO_LARGE'],
    [{ maxMessageSize: 100 }, message('a', 'x'.repeat(101)), 'ERR_ZMTP_FRAME_TOO_LARGE'],
    [{ maxMessageSize: 0 }, message('x'), 'ERR_ZMTP_FRAME_TOO_LARGE'],
    [{ maxMessageParts: 3 }, message('1', '2', '3', '4'), 'ERR_ZMTP_TOO_MANY_PARTS'],
  ] as const) {
    const { endpoint, log, partner, socket } = await victim(t, 'PULL', options);
    const peer = await connectPeer(t, endpoint, partner);
    peer.write('maxMessageParts' in options ? message('1', '2', '3') : message(''));
    t.ok((await (socket as Pull).receive()).length > 0, 'at the limit');
    peer.write(say);
    t.match(await log.next('disconnect'), { error: { code } });
    await peer.closed;
  }
});

t.test('V2: a REP that is asked without a delimiter goes on serving', async (t) => {
  const { endpoint, log, socket, serves } = await victim(t, 'REP');
  const peer = await connectPeer(t, endpoint, 'DEALER');
  for (const body of [message('no delimiter'), message('a', 'b', 'c'), message('x')]) {
    peer.write(body);
    await serves();
  }
  t.equal(socket.stats().dropped, 3, 'dropped, and counted');
  await log.until('somebody is told', () => log.all.some((event) => 'error' in event));
  peer.write(message('', 'now with'));
  await peer.sees(message('', 'now with'));
});

t.test('PINGs without end from a peer that does not read', async (t) => {
  const { endpoint, partner, serves, socket } = await victim(t, 'PULL');
  const peer = await connectPeer(t, endpoint, partner);
  peer.stream.pause();
  const pings = Buffer.concat(
    Array.from({ length: 2_000 }, () => command('PING', Buffer.from([0, 0]), Buffer.alloc(16))),
  );
  for (let round = 0; round < 100; round++) {
    if (!peer.write(pings)) await once(peer.stream, 'drain');
  }
  await serves();
  const answered = socket.stats().peers[0]?.sent.bytes ?? 0;
  t.ok(answered < 200_000 * 23, `${answered} octets of PONG`);
});

t.test('a message that never ends', async (t) => {
  const { endpoint, log, partner, serves } = await victim(t, 'PULL');
  const peer = await connectPeer(t, endpoint, partner);
  const parts = Buffer.alloc(2 * 10_000, Buffer.from([1, 0]));
  while (!peer.isClosed) {
    peer.write(parts);
    await new Promise(setImmediate);
  }
  t.match(await log.next('disconnect'), { error: { code: 'ERR_ZMTP_TOO_MANY_PARTS' } });
  await serves();
});

t.test('garbage upstream of a PUB, and of an XPUB that nobody reads', async (t) => {
  const { endpoint, partner, serves, socket } = await victim(t, 'PUB');
  const peer = await connectPeer(t, endpoint, partner);
  const garbage = Buffer.concat(
    Array.from({ length: 1_000 }, () => message('junk', 'x'.repeat(60))),
  );
  for (let round = 0; round < 100; round++) {
    if (!peer.write(garbage)) await once(peer.stream, 'drain');
  }
  await serves();
  t.equal(socket.stats().queued.in, 0);

  const xpub = use(t, new XPublisher());
  await xpub.bind('tcp://127.0.0.1:*');
  const other = await connectPeer(t, xpub.lastEndpoint!, 'XSUB');
  let stopped = false;
  for (let round = 0; round < 2_000 && !stopped; round++) {
    if (!other.write(garbage)) {
      stopped = await Promise.race([
        once(other.stream, 'drain').then(() => false),
        new Promise<boolean>((resolve) => setTimeout(resolve, 300, true)),
      ]);
    }
  }
  t.ok(stopped, 'held back');
});

t.test('M4: a PULL whose application does not read', async (t) => {
  const { endpoint, socket } = await victim(t, 'PULL', { receiveHighWaterMark: 100 });
  const peer = await connectPeer(t, endpoint, 'PUSH');
  const all = Buffer.concat(Array.from({ length: 100 }, () => message(Buffer.alloc(10_000))));
  let stopped = false;
  while (!stopped) {
    if (peer.write(all)) continue;
    stopped = await Promise.race([
      once(peer.stream, 'drain').then(() => false),
      new Promise<boolean>((resolve) => setTimeout(resolve, 300, true)),
    ]);
  }
  const { queued, received } = socket.stats();
  t.equal(queued.in, 100, 'the mark');
  t.ok(received.bytes < 100 * 10_009 + 400_000, `${received.bytes} octets taken`);
});

t.test('receiveHighWaterMarkBytes holds for all peers together', async (t) => {
  const cap = 4 * 1_048_576;
  const { endpoint, socket } = await victim(t, 'PULL', { receiveHighWaterMarkBytes: cap });
  const size = 100_000;
  const peers = await Promise.all(
    Array.from({ length: 20 }, () => connectPeer(t, endpoint, 'PUSH')),
  );
  for (const peer of peers)
    peer.write(...Array.from({ length: 30 }, () => message(Buffer.alloc(size))));
  let last = -1;
  for (let still = 0; still < 30; ) {
    const { bytes } = socket.stats().received;
    still = bytes === last ? still + 1 : 0;
    last = bytes;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { queued } = socket.stats();
  t.ok(queued.in >= 40 && queued.in <= 42 + 20, `${queued.in} messages of ${size} octets held`);
  for (let n = 0; n < 600; n++) {
    const [body] = await (socket as Pull).receive();
    if (body!.length !== size) t.fail('wrong message');
  }
  t.equal((socket as Pull).tryReceive(), undefined, 'all came');
});

t.test('100 000 subscriptions of one peer, and its leaving', async (t) => {
  const publisher = use(t, new Publisher());
  await publisher.bind('tcp://127.0.0.1:*');
  const peer = await connectPeer(t, publisher.lastEndpoint!, 'SUB');
  const all: Buffer[] = [];
  for (let n = 0; n < 100_000; n++) all.push(command('SUBSCRIBE', Buffer.from(`topic ${n}`)));
  peer.write(...all, command('PING', Buffer.from([0, 0])));
  await peer.sees(command('PONG'));
  const subscriber = use(t, new Subscriber());
  subscriber.subscribe('topic 7');
  subscriber.connect(publisher.lastEndpoint!);
  await publisher.waitFor('subscription', { peers: 2 });
  await publisher.send(['topic 77777', 'for both']);
  await peer.sees(message('topic 77777', 'for both'));
  t.strictSame(texts(await subscriber.receive()), ['topic 77777', 'for both']);
  const before = performance.now();
  peer.destroy();
  await eventually('it is gone', () => publisher.stats().peers.length === 1);
  t.comment(`gone after ${Math.round(performance.now() - before)} ms`);
  await publisher.send(['topic 7', 'for one']);
  t.strictSame(texts(await subscriber.receive()), ['topic 7', 'for one']);
});

t.test('topics of 1 MB, and 100 000 times the same (CVE-2021-20236)', async (t) => {
  const { endpoint, socket, log, serves } = await victim(t, 'PUB');
  const peer = await connectPeer(t, endpoint, 'SUB');
  const topic = Buffer.alloc(1_000_000, 'abc');
  peer.write(command('SUBSCRIBE', topic));
  await log.next('subscription');
  await (socket as Publisher).send([topic, 'found']);
  await peer.sees(message('found'));
  peer.write(command('CANCEL', topic), command('SUBSCRIBE', topic));
  const same = command('SUBSCRIBE', Buffer.from('same'));
  peer.write(...Array.from({ length: 100_000 }, () => same), command('PING', Buffer.from([0, 0])));
  await peer.sees(command('PONG'));
  t.equal(log.of('subscription').at(-1)?.count, 2);
  peer.destroy();
  await serves();
});

t.test('kill −9 of peers in the middle of it', async (t) => {
  const router = use(t, new Router());
  const seen = new Log(router);
  await router.bind('tcp://127.0.0.1:*');
  const path = new URL('../support/peers/flood.ts', import.meta.url).pathname;
  const children = Array.from({ length: 3 }, () =>
    spawn(process.execPath, [...process.execArgv, path, router.lastEndpoint!], { stdio: 'ignore' }),
  );
  t.teardown(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  const senders = new Set<string>();
  while (senders.size < 3) {
    const [id, number] = await router.receive({ timeout: 40_000 });
    senders.add(id!.toString('hex'));
    await router.send([id!, number!]);
  }
  for (const child of children) child.kill('SIGKILL');
  // What has come in before is read before the end is seen.
  let gone = false;
  const over = seen.next('disconnect', 3).finally(() => {
    gone = true;
  });
  while (!gone) await router.receive({ timeout: 20 }).catch(() => {});
  await over;
  while (router.tryReceive() !== undefined);
  t.strictSame(router.stats().peers, []);
  const peer = await connectPeer(t, router.lastEndpoint!, 'DEALER');
  peer.write(message('lawful'));
  while (String((await router.receive())[1]) !== 'lawful');
});

t.test('a flood of replies, to who does not read them', async (t) => {
  const reply = use(t, new Reply({ sendHighWaterMark: 10 }));
  await reply.bind('tcp://127.0.0.1:*');
  const peer = await connectPeer(t, reply.lastEndpoint!, 'DEALER');
  peer.stream.pause();
  for (let n = 0; n < 200; n++) {
    peer.write(message('', 'more'));
    await reply.receive();
    await reply.send(Buffer.alloc(100_000));
  }
  const { queued, dropped } = reply.stats();
  t.equal(queued.out, 10);
  t.ok(dropped > 0, `${dropped} dropped`);
});

t.test('servers that break the rules, for those who connect to them', async (t) => {
  const server = await listenRaw(t);
  const lawful = use(t, new Pull());
  await lawful.bind('tcp://127.0.0.1:*');
  const [push, log] = watch(t, new Push({ reconnectInterval: 10, immediate: true }));
  push.connect(lawful.lastEndpoint!);
  push.connect(server.endpoint);
  for (let n = 0; n < 5; n++) {
    const peer = await server.peer(n);
    peer.write(n % 2 === 0 ? Buffer.from('HTTP/1.1 200 OK\r\n\r\n') : Buffer.from([0xff, 0, 0]));
    if (n % 2 === 1) peer.reset();
    await peer.closed;
    await push.send(`${n}`);
    t.strictSame(texts(await lawful.receive()), [`${n}`]);
  }
  t.ok(log.of('handshake:error:protocol').every((each) => each.address === server.endpoint));
  const publisher = use(t, new Publisher());
  publisher.connect(server.endpoint);
  (await server.peer(5)).destroy();
});

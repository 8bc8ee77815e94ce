/** Connecting again: when, how often, and what is kept meanwhile. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { Pair, Publisher, Pull, Push, Reply, Request, Subscriber } from '../../../src/index.ts';
import {
  command,
  connectPeer,
  greeting,
  listenRaw,
  message,
  type RawServer,
  ready,
} from '../../support/raw-peer.ts';
import { texts, use, watch } from '../../support/sockets.ts';

/** An endpoint where nobody listens. */
async function nobody(): Promise<string> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return `tcp://127.0.0.1:${port}`;
}

/** A server at the same address again. */
function listenAgain(t: Test, server: RawServer): Promise<RawServer> {
  return listenRaw(t, { host: '127.0.0.1', port: Number(server.endpoint.split(':')[2]) });
}

t.test('refused: the same interval plus up to as much, again and again', async (t) => {
  const [push, log] = watch(t, new Push({ reconnectInterval: 8 }));
  const address = await nobody();
  push.connect(address);
  await log.next('connect:retry', 12);
  t.strictSame(log.types.slice(0, 6), [
    'connect:delay',
    'close',
    'connect:retry',
    'connect:delay',
    'close',
    'connect:retry',
  ]);
  t.ok(log.all.every((event) => 'address' in event && event.address === address));
  const intervals = log.of('connect:retry').map((event) => event.interval);
  t.ok(
    intervals.every((interval) => interval >= 8 && interval < 16),
    `${intervals}`,
  );
  t.ok(new Set(intervals).size > 1, 'not all the same');
});

t.test('the event says why', async (t) => {
  for (const [endpoint, code] of [
    [await nobody(), 'ECONNREFUSED'],
    ['tcp://no-such-host.invalid:5555', /^(ENOTFOUND|EAI_AGAIN)$/],
    [`ipc://${tmpdir()}/zp-${process.pid}-nobody`, 'ENOENT'],
    ['tcp://no-such-interface:0;127.0.0.1:5555', 'ENODEV'],
  ] as const) {
    const [push, log] = watch(t, new Push({ reconnectInterval: 1 }));
    push.connect(endpoint);
    const { error } = await log.next('connect:retry', 2);
    t.match(error, { code, message: /./ }, endpoint);
  }
});

t.test('refused, with a maximum: intervals double up to it', async (t) => {
  const [push, log] = watch(t, new Push({ reconnectInterval: 4, reconnectMaxInterval: 40 }));
  push.connect(await nobody());
  await log.next('connect:retry', 7);
  const intervals = log.of('connect:retry').map((event) => event.interval);
  for (const [n, [least, most]] of [
    [4, 8],
    [8, 16],
    [16, 32],
    [20, 40],
    [20, 40],
    [20, 40],
  ].entries()) {
    t.ok(intervals[n]! >= least! && intervals[n]! <= most!, `${n}: ${intervals[n]}`);
  }
});

t.test('the back-off starts anew after a handshake, not after a TCP connection', async (t) => {
  const server = await listenRaw(t);
  const [push, log] = watch(t, new Push({ reconnectInterval: 4, reconnectMaxInterval: 64 }));
  push.connect(server.endpoint);
  for (let n = 0; n < 5; n++) (await server.peer(n)).destroy();
  await log.next('connect:retry', 5);
  t.ok(log.of('connect:retry')[4]!.interval >= 32, 'accepted and closed: it grows');
  await (await server.peer(5)).shakeHands('PULL');
  await log.next('handshake');
  server.peers[5]!.destroy();
  await log.next('connect:retry', 6);
  t.ok(log.of('connect:retry')[5]!.interval <= 8, 'after a handshake it begins small');
});

t.test('an interval of −1 and of 0: once, and never again', async (t) => {
  for (const reconnectInterval of [-1, 0]) {
    const server = await listenRaw(t);
    const [push, log] = watch(t, new Push({ reconnectInterval, linger: -1, sendTimeout: 0 }));
    push.connect(server.endpoint);
    await (await server.peer(0)).shakeHands('PULL');
    await log.next('handshake');
    server.peers[0]!.destroy();
    await log.next('disconnect');
    t.equal(log.count('connect:retry'), 0);
    await t.rejects(push.send('x'), { code: 'EAGAIN' }, 'nobody to send to');
    push.close();
    await log.next('end');

    const [other, seen] = watch(t, new Push({ reconnectInterval, linger: -1 }));
    other.connect(await nobody());
    await other.send('never');
    await seen.next('close');
    other.close();
    await seen.next('end');
    t.strictSame(seen.types, ['connect:delay', 'close', 'end']);
  }
});

t.test('a peer that breaks the protocol is tried again, at the maximum interval', async (t) => {
  const server = await listenRaw(t);
  for (const [say, code] of [
    [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'ERR_ZMTP_NOT_ZMTP'],
    [greeting('CURVE'), 'ERR_ZMTP_MECHANISM_MISMATCH'],
    [Buffer.concat([greeting(), ready('PUB')]), 'ERR_ZMTP_SOCKET_TYPE'],
    [
      Buffer.concat([greeting(), command('ERROR', Buffer.from('\x04nope'))]),
      'ERR_ZMTP_REFUSED_BY_PEER',
    ],
  ] as const) {
    const [push, log] = watch(t, new Push({ reconnectInterval: 2, reconnectMaxInterval: 60 }));
    const first = server.peers.length;
    push.connect(server.endpoint);
    (await server.peer(first)).write(say);
    t.match(await log.next('handshake:error:protocol'), { error: { code } });
    t.match(await log.next('disconnect'), { error: { code } });
    const { interval } = await log.next('connect:retry');
    t.ok(interval >= 30 && interval <= 60, `${code}: ${interval}`);
    const second = await server.peer(first + 1);
    await second.shakeHands('PULL');
    await push.send('after all');
    await second.sees(message('after all'));
    push.close();
    await second.closed;
  }
});

t.test('a protocol error after the handshake', async (t) => {
  const server = await listenRaw(t);
  const [pull, log] = watch(t, new Pull({ reconnectInterval: 2, reconnectMaxInterval: 60 }));
  pull.connect(server.endpoint);
  const first = await server.peer(0);
  await first.shakeHands('PUSH');
  first.write(message('good'), '02 ffffffffffffffff');
  t.match(await log.next('disconnect'), { error: { code: 'ERR_ZMTP_FRAME_TOO_LARGE' } });
  t.ok(log.of('connect:retry')[0] === undefined || log.of('connect:retry')[0]!.interval >= 30);
  t.strictSame(texts(await pull.receive()), ['good']);
  const second = await server.peer(1);
  await second.shakeHands('PUSH');
  second.write(message('better'));
  t.strictSame(texts(await pull.receive()), ['better']);
  t.equal(pull.stats().reconnects, 1);
});

t.test('handshake too slow: tried again with the ordinary back-off', async (t) => {
  const server = await listenRaw(t);
  const options = { reconnectInterval: 2, reconnectMaxInterval: 1_000, handshakeInterval: 40 };
  const [push, log] = watch(t, new Push(options));
  push.connect(server.endpoint);
  t.match(await log.next('handshake:error:other'), {
    error: { code: 'ERR_ZMTP_HANDSHAKE_TIMEOUT' },
  });
  const { interval } = await log.next('connect:retry');
  t.ok(interval < 100, `${interval}`);
  await server.peer(1);
});

t.test('connectTimeout ends an attempt that nobody answers', async (t) => {
  // A full backlog on Linux lets further connections wait for an answer that does not come.
  const child = spawn(
    process.execPath,
    [
      '-e',
      `const server = require('net').createServer();
      server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
        console.log(server.address().port);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      })`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(String(line));
  for (let n = 0; n < 8; n++) {
    const filler = net.connect(port, '127.0.0.1').on('error', () => {});
    t.teardown(() => filler.destroy());
  }
  const [push, log] = watch(t, new Push({ connectTimeout: 60, reconnectInterval: 5 }));
  const before = performance.now();
  push.connect(`tcp://127.0.0.1:${port}`);
  await log.until('an attempt given up, or made', () => {
    return log.count('connect:retry') >= 2 || log.count('connect') > 0;
  });
  if (log.count('connect') > 0) {
    t.comment('this system answers for a full backlog');
    return;
  }
  t.strictSame(log.types.slice(0, 4), ['connect:delay', 'close', 'connect:retry', 'connect:delay']);
  t.ok(performance.now() - before >= 100, 'two whole time-outs');
});

t.test('what waits survives on the connecting side, in order', async (t) => {
  const server = await listenRaw(t);
  const [push, log] = watch(t, new Push({ reconnectInterval: 5, sendHighWaterMark: 100 }));
  push.connect(server.endpoint);
  await (await server.peer(0)).shakeHands('PULL');
  await log.next('handshake');
  await server.close();
  await log.next('disconnect');
  for (let n = 0; n < 100; n++) t.ok(push.trySend(['n', String(n)]));
  t.notOk(push.trySend('beyond the mark'));
  t.equal(push.stats().queued.out, 100);
  const again = await listenAgain(t, server);
  const peer = await again.peer(0);
  await peer.shakeHands('PULL');
  const all = Array.from({ length: 100 }, (_, n) => message('n', String(n)));
  await peer.sees(Buffer.concat(all));
  t.equal(push.stats().dropped, 0);
});

t.test('immediate: what waits is given up with the connection', async (t) => {
  const server = await listenRaw(t);
  const [push, log] = watch(t, new Push({ reconnectInterval: 5, immediate: true }));
  t.notOk(push.trySend('nobody there'));
  push.connect(server.endpoint);
  t.notOk(push.trySend('nobody there yet'));
  await (await server.peer(0)).shakeHands('PULL');
  await log.next('handshake');
  t.ok(push.trySend('x'));
  server.peers[0]!.destroy();
  await log.next('disconnect');
  t.notOk(push.trySend('nobody there any more'));
  const second = await server.peer(1);
  await second.shakeHands('PULL');
  await push.send('y');
  await second.sees(message('y'));
});

t.test('5 000 subscriptions are told again, whatever the mark', async (t) => {
  const [subscriber, log] = watch(t, new Subscriber({ reconnectInterval: 5 }));
  for (let n = 0; n < 5_000; n++) subscriber.subscribe(`topic ${n}.`);
  let publisher = use(t, new Publisher({ sendHighWaterMark: 0 }));
  await publisher.bind('tcp://127.0.0.1:*');
  const address = publisher.lastEndpoint!;
  subscriber.connect(address);
  for (let round = 0; round < 2; round++) {
    const told = (): number => counts.at(-1) ?? 0;
    const counts: number[] = [];
    publisher.events.on('subscription', ({ count }) => counts.push(count));
    const done = new Promise<void>((resolve) => {
      publisher.events.on('subscription', () => {
        if (told() === 5_000 - round) resolve();
      });
    });
    await done;
    for (const n of [0, 1_000, 4_999 - round]) await publisher.send([`topic ${n}.`, '']);
    for (const n of [0, 1_000, 4_999 - round]) {
      t.strictSame(texts(await subscriber.receive()), [`topic ${n}.`, '']);
    }
    if (round === 1) break;
    publisher.close();
    await log.next('disconnect');
    subscriber.unsubscribe('topic 4999.');
    publisher = use(t, new Publisher({ sendHighWaterMark: 0 }));
    await publisher.bind(address);
  }
});

t.test('REQ goes on waiting: the reply may come over the next connection', async (t) => {
  const server = await listenRaw(t);
  const [request, log] = watch(t, new Request({ reconnectInterval: 5 }));
  request.connect(server.endpoint);
  const first = await server.peer(0);
  await first.shakeHands('REP');
  await request.send('question');
  await first.sees(message('', 'question'));
  first.destroy();
  await log.next('disconnect');
  t.throws(() => request.trySend('another'), { code: 'EFSM' });
  const second = await server.peer(1);
  await second.shakeHands('REP');
  second.write(message('', 'answer'));
  t.strictSame(texts(await request.receive()), ['answer']);
  await request.send('next');
  await second.sees(message('', 'next'));
  t.notOk(second.received.includes('question'), 'not asked again');
});

t.test('a REQ that has not sent yet asks the next connection', async (t) => {
  const server = await listenRaw(t);
  const request = use(t, new Request({ reconnectInterval: 5 }));
  request.connect(server.endpoint);
  await request.send('early');
  (await server.peer(0)).destroy();
  const second = await server.peer(1);
  await second.shakeHands('REP');
  await second.sees(message('', 'early'));
  second.write(message('', 'late'));
  t.strictSame(texts(await request.receive()), ['late']);
});

t.test('a peer turned away by a PAIR comes again, and is taken when there is room', async (t) => {
  const [bound, log] = watch(t, new Pair());
  await bound.bind('tcp://127.0.0.1:*');
  const first = await connectPeer(t, bound.lastEndpoint!, 'PAIR');
  await log.next('handshake');
  const [second, seen] = watch(t, new Pair({ reconnectInterval: 5 }));
  second.connect(bound.lastEndpoint!);
  await seen.next('disconnect', 2);
  t.equal(bound.stats().peers.length, 1, 'the ones turned away leave nothing behind');
  first.write(message('from the first'));
  t.strictSame(texts(await bound.receive()), ['from the first']);
  first.destroy();
  await log.until(
    'a second peer is in',
    () =>
      bound.stats().peers.length === 1 &&
      bound.stats().peers[0]!.address !== '' &&
      log.of('disconnect').length > 2,
  );
  await bound.waitFor('handshake');
  await second.send('from the second');
  t.strictSame(texts(await bound.receive()), ['from the second']);
});

t.test('disconnect while connecting, and while nobody is there', async (t) => {
  const address = await nobody();
  const [push, log] = watch(t, new Push({ reconnectInterval: 5 }));
  push.connect(address);
  push.disconnect(address);
  push.connect(address);
  await log.next('connect:retry');
  push.disconnect(address);
  const tries = log.count('connect:delay');
  const [other, seen] = watch(t, new Push({ reconnectInterval: 5 }));
  other.connect(address);
  await seen.next('connect:retry', 5);
  t.equal(log.count('connect:delay'), tries, 'no more attempts');
});

t.test('a peer killed and started again', async (t) => {
  const address = await nobody();
  const [request, log] = watch(t, new Request({ reconnectInterval: 10, relaxed: true }));
  request.connect(address);
  for (let round = 0; round < 2; round++) {
    const child = await echo(t, address);
    await log.next('handshake', round + 1);
    await request.send(`round ${round}`);
    t.strictSame(texts(await request.receive()), [`round ${round}`]);
    child.kill('SIGKILL');
    await log.next('disconnect', round + 1);
  }
  t.equal(request.stats().reconnects, 1);
});

t.test('a bound socket forgets a killed peer', async (t) => {
  const [reply, log] = watch(t, new Reply());
  await reply.bind('tcp://127.0.0.1:*');
  for (let round = 1; round <= 2; round++) {
    const child = await echo(t, reply.lastEndpoint!, 'ask');
    t.strictSame(texts(await reply.receive()), ['question']);
    child.kill('SIGKILL');
    await log.next('disconnect', round);
    await reply.send('to nobody');
    t.equal(reply.stats().peers.length, 0);
  }
});

/** A process with a REP that echoes at `address`, or a REQ that asks there. */
async function echo(t: Test, address: string, role = 'echo') {
  const path = new URL('../../support/peers/echo.ts', import.meta.url).pathname;
  const child: ChildProcessByStdio<null, Readable, null> = spawn(
    process.execPath,
    [...process.execArgv, path, role, address],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

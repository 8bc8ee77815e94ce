/** Back-pressure between queues, connection and kernel; heartbeats; the end of a connection. */

import { availableParallelism } from 'node:os';
import t, { type Test } from 'tap';
import {
  Context,
  Dealer,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Subscriber,
} from '../../../src/index.ts';
import {
  command,
  connectPeer,
  connectRaw,
  frameHeader,
  greeting,
  listenRaw,
  message,
  ready,
} from '../../support/raw-peer.ts';
import { blockFor, eventually, texts, use, watch } from '../../support/sockets.ts';

/** A PUSH and a PULL that are connected. */
async function joined(t: Test, sending: object = {}, receiving: object = {}) {
  const pull = use(t, new Pull(receiving));
  await pull.bind('tcp://127.0.0.1:*');
  const push = use(t, new Push(sending));
  push.connect(pull.lastEndpoint!);
  await push.waitFor('handshake');
  return { push, pull };
}

/** Sends numbered messages until nothing moves any more: the number of those accepted. */
async function fill(push: Push, size: number, first = 0): Promise<number> {
  const body = Buffer.alloc(size);
  let n = first;
  for (;;) {
    try {
      await push.send([String(n), body], { timeout: 200 });
      n++;
    } catch {
      return n - first;
    }
  }
}

t.test(
  'a reader that does not read stops the sender; nothing is lost, and order is kept',
  async (t) => {
    const { push, pull } = await joined(t, { sendHighWaterMark: 10 }, { receiveHighWaterMark: 10 });
    const size = 100_000;
    const accepted = await fill(push, size);
    t.comment(`${accepted} messages of ${size} octets accepted`);
    t.ok(accepted >= 20, 'both marks');
    t.ok(accepted < 400, 'and what the kernel holds, no more');
    t.equal(push.stats().queued.out, 10);
    const held = pull.stats().queued.in;
    t.ok(held >= 10 && held <= 12, `${held} held by the reader`);
    for (let n = 0; n < accepted; n++) {
      const [number, body] = await pull.receive();
      if (String(number) !== String(n) || body!.length !== size) t.fail(`wrong message ${number}`);
    }
    const again = await fill(push, size, accepted);
    t.ok(again >= 20, 'and so on');
    for (let n = accepted; n < accepted + again; n++) {
      if (String((await pull.receive())[0]) !== String(n)) t.fail(`wrong message at ${n}`);
    }
    t.equal(pull.tryReceive(), undefined);
    t.equal(push.stats().dropped, 0);
  },
);

t.test('small messages: the mark holds although one chunk brings thousands', async (t) => {
  const { push, pull } = await joined(t, { sendHighWaterMark: 5 }, { receiveHighWaterMark: 5 });
  const accepted = await fill(push, 0);
  t.comment(`${accepted} messages accepted`);
  t.equal(pull.stats().queued.in, 5, 'the rest is not decoded yet');
  for (let n = 0; n < accepted; n++) {
    if (String((await pull.receive())[0]) !== String(n)) t.fail(`wrong message at ${n}`);
  }
});

t.test('a sender that is faster than the reader', async (t) => {
  const { push, pull } = await joined(t, { sendHighWaterMark: 3 }, { receiveHighWaterMark: 3 });
  const sizes = [0, 1, 255, 256, 2_048, 2_049, 65_536, 300_000];
  const sending = (async () => {
    for (let n = 0; n < 1_000; n++) {
      await push.send([String(n), Buffer.alloc(sizes[n % sizes.length]!, n)]);
    }
  })();
  for (let n = 0; n < 1_000; n++) {
    const [number, body] = await pull.receive();
    const whole = body!.equals(Buffer.alloc(sizes[n % sizes.length]!, n));
    if (String(number) !== String(n) || !whole) t.fail(`wrong message ${number} at ${n}`);
  }
  await sending;
});

t.test('5 000 sends in one go are not dropped by a PUB while the kernel takes them', async (t) => {
  const publisher = use(t, new Publisher());
  await publisher.bind('tcp://127.0.0.1:*');
  const subscriber = use(t, new Subscriber({ receiveHighWaterMark: 0 }));
  subscriber.subscribe();
  subscriber.connect(publisher.lastEndpoint!);
  await publisher.waitFor('subscription');
  let taken = 0;
  for (let n = 0; n < 5_000; n++) if (publisher.trySend(String(n))) taken++;
  t.equal(taken, 5_000);
  for (let n = 0; n < 5_000; n++) {
    if (String((await subscriber.receive())[0]) !== String(n)) t.fail(`wrong message at ${n}`);
  }
  t.equal(publisher.stats().dropped, 0);
});

t.test('a slow subscriber costs what is above its mark, and nobody else anything', async (t) => {
  const publisher = use(t, new Publisher({ sendHighWaterMark: 10 }));
  await publisher.bind('tcp://127.0.0.1:*');
  const slow = await connectPeer(t, publisher.lastEndpoint!, 'SUB');
  slow.write(command('SUBSCRIBE'));
  slow.stream.pause();
  const quick = use(t, new Subscriber({ receiveHighWaterMark: 0 }));
  quick.subscribe();
  quick.connect(publisher.lastEndpoint!);
  await publisher.waitFor('subscription', { peers: 2 });
  const body = Buffer.alloc(100_000);
  for (let n = 0; n < 300; n++) {
    await publisher.send([String(n), body]);
    const [number] = await quick.receive();
    if (String(number) !== String(n)) t.fail(`wrong message at ${n}`);
  }
  const { dropped, queued } = publisher.stats();
  t.ok(dropped > 0, `${dropped} dropped`);
  t.equal(queued.out, 10);
});

t.test(
  'messages queued while the connection is going down are kept for the next one',
  async (t) => {
    const server = await listenRaw(t);
    const [push, log] = watch(t, new Push({ reconnectInterval: 5 }));
    push.connect(server.endpoint);
    const first = await server.peer(0);
    await first.shakeHands('PULL');
    await log.next('handshake');
    // The violation is noticed, and the connection ended, within one turn; whatever is sent then must wait.
    let sent = 0;
    push.events.on('disconnect', () => {
      for (; sent < 50; sent++) push.trySend(`n${sent}`);
    });
    first.write('02 ffffffffffffffff');
    const second = await server.peer(1);
    await second.shakeHands('PULL');
    await second.sees(Buffer.concat(Array.from({ length: 50 }, (_, n) => message(`n${n}`))));
  },
);

t.test('close delivers what waits, whoever is slow', async (t) => {
  for (const side of ['bind', 'connect'] as const) {
    const pull = use(t, new Pull({ receiveHighWaterMark: 1 }));
    const push = use(t, new Push());
    const [bound, other] = side === 'bind' ? [push, pull] : [pull, push];
    await bound.bind('tcp://127.0.0.1:*');
    other.connect(bound.lastEndpoint!);
    await push.waitFor('handshake');
    for (let n = 0; n < 60; n++) await push.send([String(n), Buffer.alloc(200_000)]);
    push.close();
    for (let n = 0; n < 60; n++) {
      const [number, body] = await pull.receive();
      if (String(number) !== String(n) || body!.length !== 200_000) t.fail(`wrong at ${n}`);
    }
  }
});

t.test('heartbeats', async (t) => {
  t.test('a silent peer is disconnected, and the connecting side comes again', async (t) => {
    const server = await listenRaw(t);
    const options = { heartbeatInterval: 30, heartbeatTimeout: 60, reconnectInterval: 5 };
    const [push, log] = watch(t, new Push(options));
    push.connect(server.endpoint);
    const first = await server.peer(0);
    const before = performance.now();
    await first.shakeHands('PULL');
    t.match(await log.next('disconnect'), { error: { code: 'ERR_ZMTP_HEARTBEAT_TIMEOUT' } });
    const took = performance.now() - before;
    t.ok(took >= 85, `not before its time: ${took}`);
    t.ok(first.received.includes(command('PING', Buffer.from([0, 0]))), 'asked for a sign of life');
    await first.closed;
    const second = await server.peer(1);
    await second.shakeHands('PULL');
    await log.next('handshake', 2);
    await push.send('again');
    await second.sees(message('again'));
  });

  t.test('a silent peer of a bound socket', async (t) => {
    const [pull, log] = watch(t, new Pull({ heartbeatInterval: 20, heartbeatTimeout: 40 }));
    await pull.bind('tcp://127.0.0.1:*');
    const peer = await connectPeer(t, pull.lastEndpoint!, 'PUSH');
    t.match(await log.next('disconnect'), { error: { code: 'ERR_ZMTP_HEARTBEAT_TIMEOUT' } });
    await peer.closed;
    t.equal(pull.stats().peers.length, 0);
  });

  t.test('a peer that promised to speak is held to it', async (t) => {
    const [pull, log] = watch(t, new Pull());
    await pull.bind('tcp://127.0.0.1:*');
    const peer = await connectPeer(t, pull.lastEndpoint!, 'PUSH');
    peer.write(command('PING', Buffer.from([0, 1])));
    await peer.sees(command('PONG'));
    t.match(await log.next('disconnect'), { error: { code: 'ERR_ZMTP_HEARTBEAT_TIMEOUT' } });
  });

  t.test('both sides of ours stay together', async (t) => {
    const options = { heartbeatInterval: 10, heartbeatTimeout: 5_000, heartbeatTimeToLive: 5_000 };
    const { push, pull } = await joined(t, options, options);
    const before = pull.stats().received.bytes;
    await eventually('ten PINGs', () => pull.stats().received.bytes >= before + 10 * 9);
    await push.send('x');
    t.strictSame(texts(await pull.receive()), ['x']);
    t.equal(push.stats().reconnects, 0);
  });

  t.test('a PING between the parts of a message, and within a long part', async (t) => {
    const pull = use(t, new Pull());
    await pull.bind('tcp://127.0.0.1:*');
    const peer = await connectPeer(t, pull.lastEndpoint!, 'PUSH');
    const ping = command('PING', Buffer.from([0, 0]), Buffer.from('context'));
    peer.write('01 01 61', ping);
    await peer.sees(command('PONG', Buffer.from('context')));
    peer.write('01 01 62', ping, ping, '00 01 63');
    t.strictSame(texts(await pull.receive()), ['a', 'b', 'c']);
  });

  t.test('a long frame that trickles in is a sign of life', async (t) => {
    const options = { heartbeatInterval: 50, heartbeatTimeout: 300 };
    const [pull, log] = watch(t, new Pull(options));
    await pull.bind('tcp://127.0.0.1:*');
    const peer = await connectPeer(t, pull.lastEndpoint!, 'PUSH');
    peer.write(frameHeader(60n));
    for (let n = 0; n < 60; n++) {
      peer.write('61');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    t.equal(String(await pull.receive()), 'a'.repeat(60));
    t.equal(log.count('disconnect'), 0);
  });

  t.test('a reader stopped by its own mark does not take the peer for dead', async (t) => {
    const options = { heartbeatInterval: 10, heartbeatTimeout: 20, receiveHighWaterMark: 1 };
    const [pull, log] = watch(t, new Pull(options));
    await pull.bind('tcp://127.0.0.1:*');
    const peer = await connectPeer(t, pull.lastEndpoint!, 'PUSH');
    // It answers no PING, but it has more to say than is wanted.
    peer.write(...Array.from({ length: 50 }, (_, n) => message(`n${n}`, Buffer.alloc(10_000))));
    await eventually('the mark', () => pull.stats().queued.in === 1);
    const before = peer.receivedCount;
    await eventually('several intervals', () => peer.receivedCount >= before + 10 * 9);
    t.equal(log.count('disconnect'), 0);
    for (let n = 0; n < 50; n++) t.equal(String((await pull.receive())[0]), `n${n}`);
    t.match(await log.next('disconnect'), { error: { code: 'ERR_ZMTP_HEARTBEAT_TIMEOUT' } });
  });

  t.test('an event loop that was blocked for longer kills no connection', async (t) => {
    const options = { heartbeatInterval: 40, heartbeatTimeout: 80, heartbeatTimeToLive: 100 };
    const server = new Reply(options);
    const [reply, log] = watch(t, server);
    await reply.bind('tcp://127.0.0.1:*');
    const [request, seen] = watch(t, new Request(options));
    request.connect(reply.lastEndpoint!);
    await request.waitFor('handshake');
    for (let round = 0; round < 3; round++) {
      blockFor(400);
      await request.send(`${round}`);
      t.strictSame(texts(await reply.receive()), [`${round}`]);
      blockFor(400);
      await reply.send('ok');
      t.strictSame(texts(await request.receive()), ['ok']);
    }
    t.equal(log.count('disconnect') + seen.count('disconnect'), 0);
  });

  t.test('REQ and REP answer PINGs in every state', async (t) => {
    const server = await listenRaw(t);
    const request = use(t, new Request());
    request.connect(server.endpoint);
    const peer = await server.peer(0);
    await peer.shakeHands('ROUTER');
    const reply = use(t, new Reply());
    await reply.bind('tcp://127.0.0.1:*');
    const asker = await connectPeer(t, reply.lastEndpoint!, 'DEALER');
    let count = 0;
    const ping = async (): Promise<void> => {
      const context = Buffer.from(`ping ${count++}`);
      for (const raw of [peer, asker]) {
        raw.write(command('PING', Buffer.from([0, 0]), context));
        await raw.sees(command('PONG', context));
      }
    };
    for (let round = 0; round < 2; round++) {
      await ping();
      await request.send('question');
      await peer.sees(message('', 'question'));
      await ping();
      peer.write('01 00', command('PING', Buffer.from([0, 0])), message('answer'));
      await ping();
      t.strictSame(texts(await request.receive()), ['answer']);

      asker.write(message('', 'question'));
      await ping();
      t.strictSame(texts(await reply.receive()), ['question']);
      await ping();
      await reply.send('answer');
      await asker.sees(message('', 'answer'));
      asker.forget();
      peer.forget();
    }
  });
});

t.test('a handshake in one octet at a time, and all in one', async (t) => {
  const router = use(t, new Router());
  await router.bind('tcp://127.0.0.1:*');
  const all = Buffer.concat([greeting(), ready('DEALER', { Identity: 'me' }), message('hi')]);
  const slow = await connectRaw(t, router.lastEndpoint!);
  for (const octet of all) {
    slow.write(Buffer.from([octet]));
    await new Promise(setImmediate);
  }
  t.strictSame(texts(await router.receive()), ['me', 'hi']);
  slow.destroy();
  await eventually('it is gone', () => router.stats().peers.length === 0);
  const quick = await connectRaw(t, router.lastEndpoint!);
  quick.write(all);
  t.strictSame(texts(await router.receive()), ['me', 'hi']);
});

t.test('a listener of an event may close the socket', async (t) => {
  for (const type of ['accept', 'handshake', 'disconnect'] as const) {
    const [pull, log] = watch(t, new Pull({ linger: -1 }));
    await pull.bind('tcp://127.0.0.1:*');
    const push = use(t, new Push({ reconnectInterval: 5 }));
    pull.events.on(type, () => pull.close());
    push.connect(pull.lastEndpoint!);
    if (type === 'disconnect') {
      await push.waitFor('handshake');
      push.close();
    }
    await log.next('end');
    t.equal(pull.stats().peers.length, 0, type);
  }
  for (const type of ['connect:delay', 'connect', 'handshake', 'disconnect'] as const) {
    const server = await listenRaw(t);
    const [dealer, log] = watch(t, new Dealer({ linger: -1, reconnectInterval: 5 }));
    dealer.events.on(type, () => dealer.close());
    dealer.connect(server.endpoint);
    if (type !== 'connect:delay') {
      const peer = await server.peer(0);
      peer.write(greeting(), ready('ROUTER'));
      if (type === 'disconnect') {
        await log.next('handshake');
        peer.destroy();
      }
    }
    await log.next('end');
    t.equal(dealer.stats().peers.length, 0, type);
    await server.close();
  }
});

t.test('a handler that reads during the handshake of a reconnection', async (t) => {
  const server = await listenRaw(t);
  const [pull, log] = watch(t, new Pull({ receiveHighWaterMark: 2, reconnectInterval: 5 }));
  pull.connect(server.endpoint);
  const first = await server.peer(0);
  await first.shakeHands('PUSH');
  first.write(message('1'), message('2'), message('3'));
  await eventually('full', () => pull.stats().queued.in === 2);
  first.reset();
  const second = await server.peer(1);
  await log.until('the first is gone, or forgotten', () => log.count('disconnect') > 0);
  const read: string[] = [];
  pull.events.on('handshake', () => {
    for (let m = pull.tryReceive(); m !== undefined; m = pull.tryReceive()) read.push(String(m));
  });
  await second.shakeHands('PUSH');
  await log.next('handshake', 2);
  second.write(message('4'));
  while (read.at(-1) !== '4') read.push(String(await pull.receive()));
  t.strictSame(read.slice(0, 2), ['1', '2']);
  t.equal(log.count('handshake'), 2, 'told once each');
  t.equal(pull.stats().reconnects, 1);
});

const oneProcessor = availableParallelism() === 1 && 'one processor';
t.test('the loop stays awake for a conversation only', { skip: oneProcessor }, async (t) => {
  const context = new Context();
  let heard = 0;
  context.poll!.heard = () => {
    heard++;
  };
  const pull = use(t, new Pull({ context }));
  await pull.bind('tcp://127.0.0.1:*');
  const push = use(t, new Push());
  push.connect(pull.lastEndpoint!);
  await push.send('first');
  await pull.receive();
  const before = heard;
  for (let n = 0; n < 20; n++) {
    await push.send('more');
    await pull.receive();
  }
  t.equal(heard, before, 'nothing went back');

  const reply = use(t, new Reply({ context }));
  await reply.bind('tcp://127.0.0.1:*');
  const request = use(t, new Request());
  request.connect(reply.lastEndpoint!);
  for (let n = 0; n < 20; n++) {
    await request.send('question');
    await reply.send(await reply.receive());
    await request.receive();
  }
  t.ok(heard >= before + 20, `${heard - before} of 20`);
});

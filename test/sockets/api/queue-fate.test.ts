/** What becomes of messages that are not sent or not read yet, when a connection, an endpoint or a socket ends. */

import t from 'tap';
import * as zmq from '../../../src/index.ts';
import {
  deadEndpoint,
  failure,
  freeEndpoint,
  join,
  own,
  texts,
  turns,
  until,
} from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

const SIZE = 1 << 20;
const COUNT = 60;

/** Enough that most of it stays in our queue: the peer reads one message and the kernel holds a few. */
async function fill(socket: zmq.Push | zmq.Pair): Promise<void> {
  for (let n = 0; n < COUNT; n++) {
    const body = Buffer.alloc(SIZE);
    body.writeUInt32BE(n);
    await socket.send(body);
  }
}

/** Messages that still come, in order; resolves when the sender is over and nothing is left. */
async function rest(pull: zmq.Pull | zmq.Pair, sender: zmq.Socket): Promise<number> {
  let count = 0;
  for (;;) {
    const message = pull.tryReceive();
    if (message !== undefined) {
      if (message[0]!.readUInt32BE() !== count) throw new Error(`${count} is missing`);
      count++;
    } else if (
      count === COUNT ||
      (pull.stats().peers.length === 0 && sender.stats().peers.length === 0)
    ) {
      if (pull.readable) continue;
      return count;
    } else {
      await turns();
    }
  }
}

for (const transport of ['tcp', 'ipc'] as const) {
  /** A Push that has much to say, and a Pull that does not listen. */
  const crowded = async (t: Parameters<typeof own>[0], binder: 'push' | 'pull', options = {}) => {
    const push = own(t, new zmq.Push({ reconnectInterval: 10, ...options }));
    const pull = own(t, new zmq.Pull({ receiveHighWaterMark: 1, reconnectInterval: 10 }));
    const endpoint =
      binder === 'pull' ? await join(pull, push, transport) : await join(push, pull, transport);
    await fill(push);
    return { push, pull, endpoint };
  };

  t.test(`over ${transport}`, async (t) => {
    for (const binder of ['pull', 'push'] as const) {
      t.test(`E3: close, with ${binder} bound`, async (t) => {
        for (const linger of [-1, 30_000]) {
          const { push, pull } = await crowded(t, binder, { linger });
          push.close();
          t.equal(await rest(pull, push), COUNT, `linger ${linger} delivers all`);
          await push[Symbol.asyncDispose]();
        }
        for (const linger of [0, 50]) {
          const { push, pull } = await crowded(t, binder, { linger });
          const start = performance.now();
          push.close();
          await push[Symbol.asyncDispose]();
          t.ok(performance.now() - start >= linger - 2);
          t.ok((await rest(pull, push)) < COUNT, `linger ${linger} does not`);
          t.ok(push.stats().dropped > 0, 'and what was dropped is counted');
        }
      });
    }

    t.test('E1: disconnect', async (t) => {
      for (const [linger, all] of [
        [-1, true],
        [30_000, true],
        [0, false],
        [50, false],
      ] as const) {
        const { push, pull, endpoint } = await crowded(t, 'pull', { linger });
        push.disconnect(endpoint);
        t.equal(push.writable, false);
        if (!all) await until(() => push.stats().peers.length === 0);
        const count = await rest(pull, push);
        if (all) t.equal(count, COUNT, `linger ${linger} delivers all`);
        else t.ok(count < COUNT, `linger ${linger} does not`);
      }
    });

    t.test('E2: unbind discards, whatever the linger', async (t) => {
      const { push, pull, endpoint } = await crowded(t, 'push', { linger: -1 });
      await push.unbind(endpoint);
      t.match(push.stats(), { queued: { out: 0 }, peers: [] });
      pull.disconnect(endpoint);
      await until(() => pull.stats().peers.length === 0);
      t.equal(push.writable, false);
    });

    t.test('L2: the peer closes: bound, its messages go', async (t) => {
      const { push, pull, endpoint } = await crowded(t, 'push');
      const gone = push.waitFor('disconnect');
      pull.close();
      await gone;
      t.match(push.stats(), { queued: { out: 0 } });
      const next = own(t, new zmq.Pull());
      next.connect(endpoint);
      await push.send('new');
      t.strictSame(texts(await next.receive()), ['new']);
    });

    t.test('L3 E2: unread messages stay when the peer closes or we unbind', async (t) => {
      for (const binder of ['pull', 'push'] as const) {
        const push = own(t, new zmq.Push());
        const pull = own(t, new zmq.Pull({ reconnectInterval: 10 }));
        const endpoint =
          binder === 'pull' ? await join(pull, push, transport) : await join(push, pull, transport);
        await push.sendMany(['1', '2', '3', '4', '5']);
        await until(() => pull.stats().queued.in === 5);
        if (binder === 'pull') await pull.unbind(endpoint);
        else push.close();
        await until(() => pull.stats().peers.length === 0);
        t.strictSame((await pull.receiveMany()).map(texts), [['1'], ['2'], ['3'], ['4'], ['5']]);
      }
    });

    t.test('E1: unread messages go when we disconnect', async (t) => {
      const push = own(t, new zmq.Push());
      const pull = own(t, new zmq.Pull());
      const endpoint = await join(push, pull, transport);
      await push.sendMany(['1', '2', '3']);
      await until(() => pull.stats().queued.in === 3);
      pull.disconnect(endpoint);
      t.equal(pull.readable, false);
      t.equal(pull.tryReceive(), undefined);
    });

    t.test('L4 M2: a REP whose peer leaves', async (t) => {
      const reply = own(t, new zmq.Reply());
      const request = own(t, new zmq.Request({ linger: 0 }));
      await join(reply, request, transport);
      await request.send('question');
      await reply.whenReadable();
      request.close();
      await until(() => reply.stats().peers.length === 0);
      t.strictSame(texts(await reply.receive()), ['question'], 'still readable');
      await reply.send('answer');
      t.equal(reply.stats().dropped, 1, 'the reply is counted');
    });

    t.test(
      'L2 L3 M2: a ROUTER drops what waits for a peer that leaves, and refuses more',
      async (t) => {
        const router = own(t, new zmq.Router({ mandatory: true }));
        const dealer = own(
          t,
          new zmq.Dealer({ routingId: 'D', linger: 0, receiveHighWaterMark: 1 }),
        );
        await join(router, dealer, transport);
        await dealer.send('last words');
        await router.whenReadable();
        const body = Buffer.alloc(SIZE);
        for (let n = 0; n < COUNT; n++) await router.send(['D', body]);
        dealer.close();
        await until(() => router.stats().peers.length === 0);
        t.match((await failure(() => router.send(['D', 'x'], { timeout: 0 }))).error, {
          code: 'EHOSTUNREACH',
        });
        t.equal(router.stats().queued.out, 0);
        t.strictSame(texts(await router.receive()), ['D', 'last words']);
      },
    );

    t.test('U1: a SUB that unsubscribes does not read what it has', async (t) => {
      const publisher = own(t, new zmq.Publisher());
      const subscriber = own(t, new zmq.Subscriber());
      subscriber.subscribe('A', 'B');
      await join(publisher, subscriber, transport);
      await publisher.waitFor('subscription');
      await publisher.sendMany(['A1', 'B1', 'A2']);
      await until(() => subscriber.stats().queued.in === 3);
      subscriber.unsubscribe('A');
      t.strictSame(texts(subscriber.tryReceive()), ['B1']);
      t.equal(subscriber.tryReceive(), undefined);
    });
  });
}

t.test('L1: the peer closes: connected, its messages go to the next connection', async (t) => {
  const push = own(t, new zmq.Push({ reconnectInterval: 10 }));
  const pull = own(t, new zmq.Pull({ receiveHighWaterMark: 1 }));
  const endpoint = await join(pull, push);
  await fill(push);
  const waiting = push.stats().queued.out;
  t.ok(waiting > COUNT / 2);
  const gone = push.waitFor('disconnect');
  pull.close();
  await gone;
  t.equal(push.stats().queued.out, waiting, 'they stay');
  const next = own(t, new zmq.Pull());
  await next.bind(endpoint);
  for (let n = COUNT - waiting; n < COUNT; n++) {
    const [body] = await next.receive();
    if (body!.length !== SIZE || body!.readUInt32BE() !== n)
      t.fail(`${n} is not whole or not next`);
  }
  t.equal(next.readable, false);
});

t.test('L2: immediate: nothing waits for a peer that is not there', async (t) => {
  const push = own(t, new zmq.Push({ immediate: true, reconnectInterval: 10 }));
  const pull = own(t, new zmq.Pull({ receiveHighWaterMark: 1 }));
  const endpoint = await deadEndpoint(pull);
  push.connect(endpoint);
  t.equal(push.trySend('x'), false);
  await pull.bind(endpoint);
  await push.whenWritable();
  await fill(push);
  const gone = push.waitFor('disconnect');
  pull.close();
  await gone;
  t.match(push.stats(), { queued: { out: 0 } });
  t.equal(push.trySend('x'), false);
});

t.test('immediate: none of two shares goes to the peer that is not there', async (t) => {
  for (const immediate of [false, true]) {
    const push = own(t, new zmq.Push({ immediate }));
    const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
    const dead = await deadEndpoint(pull);
    await pull.bind('tcp://127.0.0.1:*');
    push.connect(dead);
    push.connect(pull.lastEndpoint!);
    await push.waitFor('handshake');
    for (let n = 0; n < 10; n++) await push.send(String(n));
    const expected = immediate ? 10 : 5;
    const texts: string[] = [];
    while (texts.length < expected) texts.push(String((await pull.receive())[0]));
    t.equal(push.stats().queued.out, 10 - expected, 'the rest waits for the other');
    const step = immediate ? 1 : 2;
    const first = Number(texts[0]);
    t.same(
      texts,
      texts.map((_, n) => String(first + n * step)),
    );
  }
});

t.test('E3: before the peer exists', async (t) => {
  for (const endpoint of [await deadEndpoint(own(t, new zmq.Pull())), freeEndpoint('inproc')]) {
    const lost = own(t, new zmq.Push({ linger: 0 }));
    lost.connect(endpoint);
    await lost.send('lost');
    lost.close();
    await lost[Symbol.asyncDispose]();
    const short = own(t, new zmq.Push({ linger: 5 }));
    short.connect(endpoint);
    await short.send('lost');
    await short[Symbol.asyncDispose]();

    const patient = own(t, new zmq.Push({ linger: -1, reconnectInterval: 10 }));
    patient.connect(endpoint);
    await patient.send('kept');
    patient.close();
    const pull = own(t, new zmq.Pull());
    await pull.bind(endpoint);
    t.strictSame(texts(await pull.receive()), ['kept'], endpoint);
    await patient[Symbol.asyncDispose]();
    t.equal(pull.readable, false);
  }
});

t.test('E1 E3: close with linger 0 also ends what a disconnect lingers over', async (t) => {
  for (const endpoint of [await deadEndpoint(own(t, new zmq.Pull())), freeEndpoint('inproc')]) {
    for (const linger of [0, 5]) {
      const push = own(t, new zmq.Push());
      push.connect(endpoint);
      await push.send('x');
      push.disconnect(endpoint);
      push.linger = linger;
      await push[Symbol.asyncDispose]();
      t.match(push.stats(), { queued: { out: 0 }, dropped: 1 });
    }
  }
});

t.test('over inproc', async (t) => {
  for (const binder of ['pull', 'push'] as const) {
    const push = own(t, new zmq.Push({ sendHighWaterMark: 2 }));
    const pull = own(t, new zmq.Pull({ receiveHighWaterMark: 2 }));
    if (binder === 'pull') await join(pull, push, 'inproc');
    else await join(push, pull, 'inproc');
    await push.sendMany(['1', '2', '3', '4']);
    push.close();
    const got: unknown[] = [];
    for await (const message of pull) {
      got.push(texts(message)![0]);
      if (got.length === 4) break;
    }
    t.strictSame(got, ['1', '2', '3', '4'], 'close delivers');
    await push[Symbol.asyncDispose]();
  }
  const push = own(t, new zmq.Push());
  const pull = own(t, new zmq.Pull());
  const endpoint = await join(push, pull, 'inproc');
  await push.sendMany(['1', '2']);
  pull.disconnect(endpoint);
  t.equal(pull.tryReceive(), undefined);
  t.match(push.stats(), { peers: [] });
  t.equal(push.writable, false);
});

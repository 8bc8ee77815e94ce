/** inproc: sockets of one context, joined without a network (zmq_inproc). */

import t from 'tap';
import {
  Context,
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Subscriber,
} from '../../../src/index.ts';
import { texts, use, watch } from '../../support/sockets.ts';

/** A context of the test's own, and sockets in it. */
function room(t: { teardown(fn: () => unknown): void }) {
  const context = new Context();
  t.teardown(() => context.close());
  return { context, linger: 0 };
}

for (const first of ['bind', 'connect'] as const) {
  t.test(`${first} first`, async (t) => {
    const options = room(t);
    const push = use(t, new Push(options));
    const pull = use(t, new Pull(options));
    if (first === 'bind') await pull.bind('inproc://a');
    push.connect('inproc://a');
    if (first === 'connect') {
      await push.send('early');
      await pull.bind('inproc://a');
      t.strictSame(texts(await pull.receive()), ['early']);
    }
    t.equal(pull.lastEndpoint, 'inproc://a');
    for (let n = 0; n < 100; n++) await push.send(['n', String(n)]);
    for (let n = 0; n < 100; n++) t.strictSame(texts(await pull.receive()), ['n', String(n)]);
  });
}

t.test('the two marks add up, whoever comes first', async (t) => {
  for (const [send, receive, sum] of [
    [5, 3, 8],
    [1, 1, 2],
    [0, 3, 5_000],
    [5, 0, 5_000],
  ] as const) {
    for (const first of ['bind', 'connect'] as const) {
      const options = room(t);
      const pull = use(t, new Pull({ ...options, receiveHighWaterMark: receive }));
      const push = use(t, new Push({ ...options, sendHighWaterMark: send }));
      let taken = 0;
      const fill = (): void => {
        while (taken < 5_000 && push.trySend(String(taken))) taken++;
      };
      if (first === 'bind') await pull.bind('inproc://marks');
      push.connect('inproc://marks');
      if (first === 'connect') {
        fill();
        t.equal(taken, send === 0 ? 5_000 : send, 'before there is somebody');
        await pull.bind('inproc://marks');
      }
      fill();
      t.equal(taken, sum, `${send} + ${receive}, ${first} first`);
      const numbers = Array.from({ length: taken }, () => Number(pull.tryReceive()?.[0]));
      t.ok(
        numbers.every((number, n) => number === n),
        'in order',
      );
      t.ok(push.trySend('again'), 'there is room again');
    }
  }
});

t.test('back-pressure ends when the reader reads', async (t) => {
  const options = room(t);
  const pull = use(t, new Pull({ ...options, receiveHighWaterMark: 2 }));
  await pull.bind('inproc://a');
  const push = use(t, new Push({ ...options, sendHighWaterMark: 2 }));
  push.connect('inproc://a');
  const sending = (async () => {
    for (let n = 0; n < 1_000; n++) await push.send(String(n));
  })();
  let inOrder = true;
  for (let n = 0; n < 1_000; n++) inOrder &&= String(await pull.receive()) === String(n);
  t.ok(inOrder);
  await sending;
});

t.test('one name space per context', async (t) => {
  const [here, there] = [room(t), room(t)];
  const pulls = [use(t, new Pull(here)), use(t, new Pull(there))];
  await Promise.all(pulls.map((pull) => pull.bind('inproc://same')));
  const pushes = [use(t, new Push(here)), use(t, new Push(there))];
  for (const push of pushes) push.connect('inproc://same');
  await pushes[0]!.send('here');
  await pushes[1]!.send('there');
  t.strictSame(texts(await pulls[0]!.receive()), ['here']);
  t.strictSame(texts(await pulls[1]!.receive()), ['there']);
});

t.test('a name is bound once, and free after unbind or close', async (t) => {
  const options = room(t);
  const address = 'inproc://taken';
  const first = use(t, new Pull(options));
  await first.bind(address);
  const second = use(t, new Pull(options));
  await t.rejects(second.bind(address), { code: 'EADDRINUSE', address });
  t.throws(() => second.bindSync(address), { code: 'EADDRINUSE', address });
  await first.unbind(address);
  await second.bind(address);
  second.close();
  await first.bind(address);
  const push = use(t, new Push(options));
  push.connect(address);
  await push.send('to the last');
  t.strictSame(texts(await first.receive()), ['to the last']);
  await t.rejects(first.unbind('inproc://other'), { code: 'ENOENT' });
});

t.test(
  'what was sent before the other side closed can be read; nothing can be sent to it',
  async (t) => {
    const options = room(t);
    const pull = use(t, new Pull(options));
    await pull.bind('inproc://a');
    const push = use(t, new Push({ ...options, linger: -1, sendTimeout: 0 }));
    push.connect('inproc://a');
    for (const text of ['1', '2', '3']) await push.send(text);
    push.close();
    for (const text of ['1', '2', '3']) t.strictSame(texts(await pull.receive()), [text]);

    const other = use(t, new Push({ ...options, sendTimeout: 0 }));
    other.connect('inproc://a');
    await other.send('x');
    pull.close();
    await t.rejects(other.send('y'), { code: 'EAGAIN' });
  },
);

t.test('linger: what the reader has no room for yet is delivered after close', async (t) => {
  const options = room(t);
  const pull = use(t, new Pull({ ...options, receiveHighWaterMark: 1 }));
  await pull.bind('inproc://a');
  const push = use(t, new Push({ ...options, linger: -1 }));
  push.connect('inproc://a');
  for (let n = 0; n < 20; n++) await push.send(String(n));
  push.close();
  for (let n = 0; n < 20; n++) t.equal(String((await pull.receive())[0]), String(n));
});

t.test('linger: what waits for a bind is delivered when it comes', async (t) => {
  const options = room(t);
  const push = use(t, new Push({ ...options, linger: -1 }));
  push.connect('inproc://late');
  await push.send('waiting');
  push.close();
  const pull = use(t, new Pull(options));
  await pull.bind('inproc://late');
  t.strictSame(texts(await pull.receive()), ['waiting']);
});

t.test('a socket that has gone does not meet who binds later', async (t) => {
  const options = room(t);
  const push = use(t, new Push(options));
  push.connect('inproc://late');
  await push.send('lost');
  push.close();
  const pull = use(t, new Pull(options));
  await pull.bind('inproc://late');
  t.equal(pull.stats().peers.length, 0);
  t.equal(pull.tryReceive(), undefined);
});

t.test('types that do not go together', async (t) => {
  const options = room(t);
  const pull = use(t, new Pull(options));
  await pull.bind('inproc://a');
  const [dealer, log] = watch(t, new Dealer({ ...options, sendTimeout: 0 }));
  dealer.connect('inproc://a');
  t.match(await log.next('handshake:error:protocol'), { error: { code: 'ERR_ZMTP_SOCKET_TYPE' } });
  await t.rejects(dealer.send('x'), { code: 'EAGAIN' });
  t.equal(pull.stats().peers.length, 0);
});

t.test('patterns', async (t) => {
  t.test('each request gets its reply', async (t) => {
    const options = room(t);
    const reply = use(t, new Reply(options));
    await reply.bind('inproc://a');
    const request = use(t, new Request(options));
    request.connect('inproc://a');
    for (let n = 0; n < 10; n++) {
      await request.send(`q${n}`);
      t.strictSame(texts(await reply.receive()), [`q${n}`]);
      await reply.send(`a${n}`);
      t.strictSame(texts(await request.receive()), [`a${n}`]);
    }
  });

  t.test('a ROUTER knows a DEALER by its id', async (t) => {
    const options = room(t);
    const router = use(t, new Router({ ...options, mandatory: true }));
    await router.bind('inproc://a');
    const dealer = use(t, new Dealer({ ...options, routingId: 'me' }));
    dealer.connect('inproc://a');
    await router.send(['me', 'first']);
    t.strictSame(texts(await dealer.receive()), ['first']);
    await dealer.send('second');
    t.strictSame(texts(await router.receive()), ['me', 'second']);
    dealer.close();
    t.throws(() => router.trySend(['me', 'gone']), { code: 'EHOSTUNREACH' });
  });

  t.test('subscriptions made before and after', async (t) => {
    const options = room(t);
    const subscriber = use(t, new Subscriber(options));
    subscriber.subscribe('a');
    subscriber.connect('inproc://a');
    const publisher = use(t, new Publisher(options));
    await publisher.bind('inproc://a');
    subscriber.subscribe('b');
    for (const topic of ['a', 'b', 'c']) await publisher.send([topic, '']);
    subscriber.unsubscribe('a');
    for (const topic of ['a', 'b']) await publisher.send([topic, 'again']);
    t.strictSame(texts(await subscriber.receive()), ['b', '']);
    t.strictSame(texts(await subscriber.receive()), ['b', 'again']);
  });

  t.test('a PAIR takes one', async (t) => {
    const options = room(t);
    const [bound, log] = watch(t, new Pair(options));
    await bound.bind('inproc://a');
    const first = use(t, new Pair(options));
    first.connect('inproc://a');
    const second = use(t, new Pair({ ...options, sendTimeout: 0 }));
    second.connect('inproc://a');
    t.match(await log.next('peer:refused'), { error: { code: 'ERR_PEER_REFUSED' } });
    await t.rejects(second.send('x'), { code: 'EAGAIN' });
    await first.send('y');
    t.strictSame(texts(await bound.receive()), ['y']);
    t.equal(bound.stats().peers.length, 1);
  });
});

t.test('disconnect', async (t) => {
  const options = room(t);
  const pull = use(t, new Pull(options));
  await pull.bind('inproc://a');
  const push = use(t, new Push({ ...options, sendTimeout: 0 }));
  push.connect('inproc://a');
  push.disconnect('inproc://a');
  t.throws(() => push.disconnect('inproc://a'), { code: 'ENOENT' });
  await t.rejects(push.send('x'), { code: 'EAGAIN' });
  push.connect('inproc://a');
  await push.send('back');
  t.strictSame(texts(await pull.receive()), ['back']);
});

/** What moves messages between two sockets: `proxy` with its capture, its control socket and its counters. */

import { endianness } from 'node:os';
import t from 'tap';
import { proxy } from '../../../src/sockets/device/proxy.ts';
import {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Socket,
  Subscriber,
} from '../../../src/sockets/index.ts';
import { faultless, fill, sendNumbered, use, verify } from '../../support/interop.ts';
import { implementations, LibzmqPeer } from '../../support/libzmq-peer.ts';
import { handshaken, subscribed } from '../../support/wait.ts';

const BIND = 'tcp://127.0.0.1:*';

for (const transport of ['tcp', 'inproc'] as const) {
  t.test(`over ${transport}`, async (t) => {
    let names = 0;
    const bind = async <S extends Socket>(socket: S): Promise<S> => {
      await socket.bind(transport === 'tcp' ? BIND : `inproc://relay-${names++}`);
      return socket;
    };

    t.test('100 000 messages pass whole and in order', async (t) => {
      const front = await bind(use(t, new Pull()));
      const back = await bind(use(t, new Push()));
      const running = proxy(front, back);
      const push = use(t, new Push());
      const pull = use(t, new Pull());
      push.connect(front.lastEndpoint!);
      pull.connect(back.lastEndpoint!);
      const received = verify(pull, 100_000);
      await sendNumbered(push, 100_000);
      t.strictSame(await received, faultless('ours', 100_000));
      const { front: f, back: b, dropped } = running.statistics();
      t.equal(f.received.messages, 100_000);
      t.same(b.sent, f.received);
      t.equal(dropped, 0);
      running.terminate();
      await running;
      t.notOk(front.closed, 'the sockets stay open');
    });

    t.test('a side that cannot send stops the other from being read', async (t) => {
      const front = await bind(use(t, new Pull({ receiveHighWaterMark: 10 })));
      const back = await bind(use(t, new Push({ sendHighWaterMark: 10 })));
      const running = proxy(front, back);
      const push = use(t, new Push({ sendHighWaterMark: 10 }));
      push.connect(front.lastEndpoint!);
      const blocked = await fill(push, { size: 65_536 });
      t.equal(running.statistics().front.received.messages, 0, 'nobody to send to: nothing taken');
      t.ok(blocked < 1_000, `${blocked} messages were accepted`);
      const pull = use(t, new Pull({ receiveHighWaterMark: 10 }));
      pull.connect(back.lastEndpoint!);
      t.strictSame(await verify(pull, blocked), faultless('ours', blocked));
      running.terminate();
      await running;
    });

    t.test('answers find their way back, whatever their parts', async (t) => {
      const front = await bind(use(t, new Router()));
      const back = await bind(use(t, new Dealer()));
      const running = proxy(front, back);
      const reply = use(t, new Reply());
      reply.connect(back.lastEndpoint!);
      const requests = [use(t, new Request()), use(t, new Request())];
      for (const [i, request] of requests.entries()) {
        request.connect(front.lastEndpoint!);
        await request.send([`question ${i}`, '', 'more']);
      }
      for (let i = 0; i < 2; i++) await reply.send([...(await reply.receive()), 'answered']);
      for (const [i, request] of requests.entries()) {
        t.same((await request.receive()).map(String), [`question ${i}`, '', 'more', 'answered']);
      }
      running.terminate();
      await running;
    });

    t.test('one socket alone echoes', async (t) => {
      const router = await bind(use(t, new Router()));
      const running = proxy(router, router);
      const dealer = use(t, new Dealer());
      dealer.connect(router.lastEndpoint!);
      await dealer.send(['a', 'b']);
      t.same((await dealer.receive()).map(String), ['a', 'b']);
      const { front, back } = running.statistics();
      t.equal(front.received.messages, 1);
      t.equal(back.sent.messages, 1);
      running.terminate();
      await running;
    });
  });
}

t.test('the capture socket is sent a copy of both directions', async (t) => {
  const [front, back] = [use(t, new Router()), use(t, new Dealer())];
  const capture = use(t, new Publisher());
  for (const socket of [front, back, capture]) await socket.bind(BIND);
  const watcher = use(t, new Subscriber());
  watcher.subscribe();
  watcher.connect(capture.lastEndpoint!);
  await subscribed(capture);
  const running = proxy(front, back, { capture });
  const request = use(t, new Request());
  const reply = use(t, new Reply());
  request.connect(front.lastEndpoint!);
  reply.connect(back.lastEndpoint!);
  await request.send('question');
  t.same((await reply.receive()).map(String), ['question']);
  await reply.send('answer');
  await request.receive();
  const [id, ...asked] = await watcher.receive();
  t.same(asked.map(String), ['', 'question']);
  t.same((await watcher.receive()).map(String), [String(id), '', 'answer']);
  running.terminate();
  await running;
});

t.test('a capture socket that can take no more holds the traffic up', async (t) => {
  const [front, back, capture] = [use(t, new Pull()), use(t, new Push()), use(t, new Push())];
  for (const socket of [front, back, capture]) await socket.bind(BIND);
  const running = proxy(front, back, { capture });
  const [push, pull, watcher] = [use(t, new Push()), use(t, new Pull()), use(t, new Pull())];
  push.connect(front.lastEndpoint!);
  pull.connect(back.lastEndpoint!);
  await Promise.all([handshaken(front), handshaken(back)]);
  await push.send('held up');
  await front.whenReadable();
  await t.rejects(pull.receive({ timeout: 100 }), { code: 'EAGAIN' });
  watcher.connect(capture.lastEndpoint!);
  t.same(String(await pull.receive()), 'held up');
  t.same(String(await watcher.receive()), 'held up');
  running.terminate();
  await running;
});

t.test('a control socket pauses, resumes, tells and ends', async (t) => {
  const [front, back] = [use(t, new Pull()), use(t, new Push())];
  const control = use(t, new Reply());
  for (const socket of [front, back, control]) await socket.bind(BIND);
  const running = proxy(front, back, { control });
  const [push, pull] = [use(t, new Push()), use(t, new Pull())];
  const request = use(t, new Request());
  push.connect(front.lastEndpoint!);
  pull.connect(back.lastEndpoint!);
  request.connect(control.lastEndpoint!);
  const command = async (text: string) => {
    await request.send(text);
    return request.receive();
  };

  await push.send(['four', 'octets']);
  await pull.receive();
  t.same(await command('PAUSE'), [Buffer.alloc(0)]);
  await push.send('waits');
  await front.whenReadable();
  await t.rejects(pull.receive({ timeout: 50 }), { code: 'EAGAIN' });
  t.same(await command('RESUME'), [Buffer.alloc(0)]);
  t.same(String(await pull.receive()), 'waits');
  t.same(await command('no such command'), [Buffer.alloc(0)]);

  const frames = await command('STATISTICS');
  t.ok(frames.every((frame) => frame.length === 8));
  const read = (frame: Buffer) =>
    Number(endianness() === 'LE' ? frame.readBigUInt64LE() : frame.readBigUInt64BE());
  t.same(frames.map(read), [2, 15, 0, 0, 0, 0, 2, 15]);

  t.same(await command('TERMINATE'), [Buffer.alloc(0)]);
  await running;
});

t.test('a PAIR in control is answered only what it asks', async (t) => {
  const [front, back, control] = [use(t, new Pull()), use(t, new Push()), use(t, new Pair())];
  for (const socket of [front, back, control]) await socket.bind(BIND);
  const running = proxy(front, back, { control });
  const pair = use(t, new Pair());
  pair.connect(control.lastEndpoint!);
  await pair.send('PAUSE');
  await pair.send('RESUME');
  await pair.send('STATISTICS');
  t.equal((await pair.receive()).length, 8, 'the first answer is to the third command');
  await pair.send('TERMINATE');
  await running;
});

t.test('a ROUTER in control answers each of those who ask', async (t) => {
  const [front, back, control] = [use(t, new Pull()), use(t, new Push()), use(t, new Router())];
  for (const socket of [front, back, control]) await socket.bind(BIND);
  const running = proxy(front, back, { control });
  const [request, dealer] = [use(t, new Request()), use(t, new Dealer())];
  request.connect(control.lastEndpoint!);
  dealer.connect(control.lastEndpoint!);
  await request.send('STATISTICS');
  t.equal((await request.receive()).length, 8);
  await request.send('PAUSE');
  t.same(await request.receive(), [Buffer.alloc(0)]);
  await dealer.send('STATISTICS');
  t.equal((await dealer.receive()).length, 8);
  await dealer.send('TERMINATE');
  await running;
});

t.test('pause and resume by method; messages wait in the queues', async (t) => {
  const [front, back] = [use(t, new Pull()), use(t, new Push())];
  for (const socket of [front, back]) await socket.bind(BIND);
  const running = proxy(front, back);
  const [push, pull] = [use(t, new Push()), use(t, new Pull())];
  push.connect(front.lastEndpoint!);
  pull.connect(back.lastEndpoint!);
  await push.send('before');
  await pull.receive();
  running.pause();
  await sendNumbered(push, 100);
  await front.whenReadable();
  t.equal(running.statistics().front.received.messages, 1);
  running.resume();
  t.strictSame(await verify(pull, 100), faultless('ours', 100));
  running.terminate();
  await running;
});

t.test('it ends with its signal, with a socket, and while it is paused', async (t) => {
  const pair = async () => {
    const [front, back] = [use(t, new Pull()), use(t, new Push())];
    for (const socket of [front, back]) await socket.bind(BIND);
    return [front, back] as const;
  };
  const stop = new AbortController();
  const running = proxy(...(await pair()), { signal: stop.signal });
  stop.abort();
  await running;
  await proxy(...(await pair()), { signal: stop.signal });

  const [front, back] = await pair();
  const closed = proxy(front, back);
  front.close();
  await closed;

  const paused = proxy(...(await pair()));
  paused.pause();
  paused.terminate();
  await paused;
  t.pass('each came to its end');
});

t.test('a bind while it runs does not disturb it', async (t) => {
  const [front, back] = [use(t, new Pull()), use(t, new Push())];
  for (const socket of [front, back]) await socket.bind(BIND);
  const running = proxy(front, back);
  const [push, pull] = [use(t, new Push()), use(t, new Pull())];
  push.connect(front.lastEndpoint!);
  pull.connect(back.lastEndpoint!);
  const received = verify(pull, 2_000);
  for (let n = 0; n < 2_000; n += 200) {
    const bound = Promise.all([front.bind(BIND), back.bind(BIND)]);
    await sendNumbered(push, 200, { first: n });
    await bound;
  }
  t.strictSame(await received, faultless('ours', 2_000));
  running.terminate();
  await running;
});

t.test('an answer for somebody who has left is dropped, and counted', async (t) => {
  const [front, back] = [use(t, new Router({ mandatory: true })), use(t, new Dealer())];
  for (const socket of [front, back]) await socket.bind(BIND);
  const running = proxy(front, back);
  const [dealer, server] = [use(t, new Dealer()), use(t, new Dealer())];
  dealer.connect(front.lastEndpoint!);
  server.connect(back.lastEndpoint!);
  await handshaken(front);
  await server.send(['nobody', 'answer']);
  await dealer.send('question');
  const [id] = await server.receive();
  await server.send([id!, 'answer']);
  t.same(String(await dealer.receive()), 'answer');
  t.equal(running.statistics().dropped, 1);
  running.terminate();
  await running;
});

t.test('sockets between which nothing could move are refused', async (t) => {
  const [pull, push] = [use(t, new Pull()), use(t, new Push())];
  await t.rejects(async () => proxy(pull, use(t, new Pull())), { code: 'EINVAL' });
  await t.rejects(async () => proxy(pull, push, { capture: pull }), { code: 'EINVAL' });
  await t.rejects(async () => proxy(pull, push, { control: push }), { code: 'EINVAL' });
  await t.rejects(async () => proxy(pull, {} as never), { code: 'EINVAL' });
  await t.rejects(async () => proxy(pull, 1 as never), TypeError);
});

for (const implementation of implementations(t)) {
  t.test(`steered by libzmq through ${implementation}`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });
    const [front, back, control] = [use(t, new Pull()), use(t, new Push()), use(t, new Reply())];
    for (const socket of [front, back, control]) await socket.bind(BIND);
    const running = proxy(front, back, { control });
    const [push, pull, request] = [
      await peer.open('PUSH'),
      await peer.open('PULL'),
      await peer.open('REQ'),
    ];
    await push.connect(front.lastEndpoint!);
    await pull.connect(back.lastEndpoint!);
    await request.connect(control.lastEndpoint!);
    await push.send(['a', 'bc']);
    t.strictSame(await pull.receive(), [Buffer.from('a'), Buffer.from('bc')]);
    await request.send('PAUSE');
    t.strictSame(await request.receive(), [Buffer.alloc(0)]);
    await push.send('waits');
    await front.whenReadable();
    t.same(await pull.receiveMany(1, 50), []);
    await request.send('RESUME');
    t.strictSame(await request.receive(), [Buffer.alloc(0)]);
    t.strictSame(await pull.receive(), [Buffer.from('waits')]);
    await request.send('STATISTICS');
    const frames = (await request.receive()) as Buffer[];
    const numbers = frames.map((frame) =>
      Number(new BigUint64Array(Uint8Array.from(frame).buffer)[0]),
    );
    t.same(numbers, [2, 8, 0, 0, 0, 0, 2, 8]);
    await request.send('TERMINATE');
    t.strictSame(await request.receive(), [Buffer.alloc(0)]);
    await running;
  });
}

/** inproc between threads: sockets of the default context, one name space for the process. */

import t, { type Test } from 'tap';
import {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Subscriber,
  XPublisher,
  XSubscriber,
} from '../../../src/index.ts';
import { thread } from '../../support/sockets/threads.ts';
import { blockFor, eventually, texts, use, watch } from '../../support/sockets.ts';

let count = 0;
const fresh = (): string => `inproc://threads-${++count}`;

/** What the thread does with its socket, and what the test does with the other. */
const PAIRS: readonly {
  readonly name: string;
  readonly there: string;
  readonly here: (t: Test, open: Opener) => Promise<void>;
}[] = [
  {
    name: 'PAIR, both ways',
    there: `const s = await open(new zmq.Pair());
      for (let n = 0; n < 3; n++) await s.send(await s.receive());`,
    here: async (t, open) => {
      const pair = await open(new Pair());
      for (const text of ['1', '2', '3']) {
        await pair.send(['x', text]);
        t.strictSame(texts(await pair.receive()), ['x', text]);
      }
    },
  },
  {
    name: 'PUSH here, PULL there',
    there: `const s = await open(new zmq.Pull());
      for (let n = 0; n < 3; n++) say(String((await s.receive())[0]));`,
    here: async (_t, open) => {
      const push = await open(new Push());
      for (const text of ['1', '2', '3']) await push.send(text);
    },
  },
  {
    name: 'PULL here, PUSH there',
    there: `const s = await open(new zmq.Push()); for (const x of ['1', '2', '3']) await s.send(x);`,
    here: async (t, open) => {
      const pull = await open(new Pull());
      for (const text of ['1', '2', '3']) t.strictSame(texts(await pull.receive()), [text]);
    },
  },
  {
    name: 'REQ here, REP there',
    there: `const s = await open(new zmq.Reply());
      for (let n = 0; n < 3; n++) await s.send(['re', ...(await s.receive())]);`,
    here: async (t, open) => {
      const request = await open(new Request());
      for (const text of ['1', '2', '3']) {
        await request.send(text);
        t.strictSame(texts(await request.receive()), ['re', text]);
      }
    },
  },
  {
    name: 'REP here, REQ there',
    there: `const s = await open(new zmq.Request());
      for (const x of ['1', '2', '3']) { await s.send(x); say(String((await s.receive())[0])); }`,
    here: async (_t, open) => {
      const reply = await open(new Reply());
      for (let n = 0; n < 3; n++) await reply.send(await reply.receive());
    },
  },
  {
    name: 'ROUTER here, DEALER there',
    there: `const s = await open(new zmq.Dealer({ routingId: 'me' }));
      await s.send('hello'); say(String((await s.receive())[0]));
      await s.send('a'); await s.send('b');`,
    here: async (t, open) => {
      const router = await open(new Router({ mandatory: true }));
      t.strictSame(texts(await router.receive()), ['me', 'hello']);
      await router.send(['me', '1']);
      t.strictSame(texts(await router.receive()), ['me', 'a']);
      t.strictSame(texts(await router.receive()), ['me', 'b']);
    },
  },
  {
    name: 'DEALER here, ROUTER there',
    there: `const s = await open(new zmq.Router());
      for (let n = 0; n < 3; n++) await s.send(await s.receive());`,
    here: async (t, open) => {
      const dealer = await open(new Dealer());
      for (const text of ['1', '2', '3']) await dealer.send(text);
      for (const text of ['1', '2', '3']) t.strictSame(texts(await dealer.receive()), [text]);
    },
  },
  {
    name: 'SUB here, PUB there',
    there: `const s = await open(new zmq.Publisher()); await s.waitFor('subscription');
      for (const x of ['a1', 'b', 'a2']) await s.send([x, 'body']);`,
    here: async (t, open) => {
      const subscriber = new Subscriber();
      subscriber.subscribe('a');
      await open(subscriber);
      t.strictSame(texts(await subscriber.receive()), ['a1', 'body']);
      t.strictSame(texts(await subscriber.receive()), ['a2', 'body']);
    },
  },
  {
    name: 'PUB here, SUB there',
    there: `const s = new zmq.Subscriber(); await open(s); s.subscribe('a');
      say(String((await s.receive())[0])); say(String((await s.receive())[0]));`,
    here: async (_t, open) => {
      const publisher = await open(new Publisher());
      await publisher.waitFor('subscription');
      for (const text of ['a1', 'b', 'a2']) await publisher.send(text);
    },
  },
  {
    name: 'XPUB here, XSUB there',
    there: `const s = await open(new zmq.XSubscriber()); await s.waitFor('handshake');
      await s.send(Buffer.from('\\x01a')); say(String((await s.receive())[0]));`,
    here: async (t, open) => {
      const publisher = await open(new XPublisher());
      t.strictSame(texts(await publisher.receive()), ['\x01a']);
      for (const text of ['b', 'a1']) await publisher.send(text);
    },
  },
  {
    name: 'XSUB here, XPUB there',
    there: `const s = await open(new zmq.XPublisher()); say(String((await s.receive())[0]));
      await s.send('a1'); say(String((await s.receive())[0]));`,
    here: async (t, open) => {
      const subscriber = await open(new XSubscriber());
      await subscriber.waitFor('handshake');
      await subscriber.send(Buffer.from('\x01a'));
      t.strictSame(texts(await subscriber.receive()), ['a1']);
      await subscriber.send(Buffer.from('\x00a'));
    },
  },
];

type Openable = Parameters<typeof use>[1] & {
  bind(address: string): Promise<void>;
  connect(address: string): void;
};
type Opener = <S extends Openable>(socket: S) => Promise<S>;

/** In the thread: opens a socket there. */
const OPEN = `const open = async (socket) => {
    if (data.late) await told();
    if (data.does === 'bind') await socket.bind(data.address); else socket.connect(data.address);
    return socket;
  };`;

for (const { name, there, here } of PAIRS) {
  t.test(name, async (t) => {
    for (const does of ['bind', 'connect'] as const) {
      for (const late of [false, true]) {
        const address = fresh();
        const other = thread(t, `say('up'); ${OPEN} ${there} say('done');`, {
          does,
          late,
          address,
        });
        t.equal(await other.said(), 'up');
        await here(t, async (socket) => {
          use(t, socket);
          if (does === 'connect') await socket.bind(address);
          else socket.connect(address);
          if (late) other.tell('go');
          return socket;
        });
        const said: unknown[] = [];
        while (said.at(-1) !== 'done') said.push(await other.said());
        t.pass(`the thread ${does}s, ${late ? 'last' : 'whenever'}: ${said.join()}`);
        await other.over;
      }
    }
  });
}

t.test('between two other threads, the sources and the bundle', async (t) => {
  const address = fresh();
  const source = new URL('../../../src/index.ts', import.meta.url).href;
  const bundle = new URL('../../../lib/index.cjs', import.meta.url).href;
  const sender = `const s = new zmq.Push(); s.connect(data); for (let n = 0; n < 5; n++) await s.send(String(n));`;
  const receiver = `const s = new zmq.Pull(); await s.bind(data);
    const all = []; for (let n = 0; n < 5; n++) all.push(String((await s.receive())[0])); say(all.join());`;
  const [first, second] = [
    thread(t, sender, address, source),
    thread(t, receiver, address, bundle),
  ];
  t.equal(await second.said(), '0,1,2,3,4');
  await Promise.all([first.over, second.over]);
});

t.test('the marks hold while the receiver sleeps, and the sender waits', async (t) => {
  for (const [send, receive] of [
    [5, 3],
    [1, 1],
    [1_000, 1_000],
  ] as const) {
    const address = fresh();
    const push = use(t, new Push({ sendHighWaterMark: send }));
    await push.bind(address);
    const sum = send + receive;
    const other = thread(
      t,
      `const s = new zmq.Pull({ receiveHighWaterMark: data.receive }); s.connect(data.address);
      await s.waitFor('handshake'); say('up'); await told();
      for (let n = 0; n < data.sum + 100; n++) if (String((await s.receive())[0]) !== String(n)) throw new Error('order ' + n);
      say('all');`,
      { address, receive, sum },
    );
    t.equal(await other.said(), 'up');
    let taken = 0;
    await eventually('both queues are full', () => {
      while (push.trySend(String(taken))) taken++;
      return taken >= sum;
    });
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      t.notOk(push.trySend('one too many'));
    }
    t.equal(taken, sum, `${send} + ${receive}`);
    let waited = true;
    const sending = push.send(String(taken++)).then(() => {
      waited = false;
    });
    await new Promise((resolve) => setImmediate(resolve));
    t.ok(waited, 'send waits');
    other.tell('read');
    await sending;
    while (taken < sum + 100) await push.send(String(taken++));
    t.equal(await other.said(), 'all');
    push.close();
  }
});

t.test('what the receiver has granted is on its way within the tick that uses it up', async (t) => {
  const address = fresh();
  const pull = use(t, new Pull({ receiveHighWaterMark: 10 }));
  await pull.bind(address);
  const read = new Int32Array(new SharedArrayBuffer(4));
  const other = thread(
    t,
    `const s = new zmq.Push(); s.connect(data.address); await s.send('first'); await told();
    let n = 0; while (n < 50 && s.trySend('x')) n++;
    say(Atomics.wait(data.read, 0, 0, 60_000));`,
    { address, read },
  );
  t.strictSame(texts(await pull.receive()), ['first']);
  other.tell('on');
  for (let n = 0; n < 5; n++) await pull.receive();
  Atomics.store(read, 0, 1);
  Atomics.notify(read, 0);
  t.not(await other.said(), 'timed-out');
});

t.test('PUB drops, counted, for a subscriber at its mark', async (t) => {
  const address = fresh();
  const publisher = use(t, new Publisher({ sendHighWaterMark: 10 }));
  await publisher.bind(address);
  const other = thread(
    t,
    `const s = new zmq.Subscriber({ receiveHighWaterMark: 10 }); s.subscribe(''); s.connect(data);
    await s.waitFor('handshake'); await told(); let n = 0;
    for (;;) { const [m] = await s.receive(); if (String(m) === 'end') break; n++; } say(n);`,
    address,
  );
  await publisher.waitFor('subscription');
  for (let n = 0; n < 1_000; n++) await publisher.send('x');
  await new Promise((resolve) => setImmediate(resolve));
  const { dropped } = publisher.stats();
  t.ok(dropped >= 980, `${dropped} dropped`);
  other.tell('read');
  await eventually('there is room again', () => publisher.stats().queued.out === 0);
  await publisher.send('end');
  t.equal(await other.said(), 1_000 - publisher.stats().dropped);
});

t.test('the octets of unread messages are bounded', async (t) => {
  const address = fresh();
  const pull = use(t, new Pull({ receiveHighWaterMarkBytes: 100_000 }));
  await pull.bind(address);
  const other = thread(
    t,
    `const s = new zmq.Push({ sendHighWaterMark: 10 }); s.connect(data); let n = 0;
    for (; n < 500; n++) { await s.send(Buffer.alloc(10_000, n)); say(n); }`,
    address,
  );
  let sent = 0;
  other.worker.on('message', () => sent++);
  await eventually('it sends', () => sent >= 10);
  await eventually('it stops', () => pull.stats().queued.in >= 10);
  t.ok(pull.stats().queued.in < 30, `${pull.stats().queued.in} unread`);
  for (let n = 0; n < 500; n++) {
    const [part] = await pull.receive();
    if (part?.length !== 10_000 || part[0] !== n % 256) t.fail(`message ${n}`);
  }
  await other.over;
});

t.test('a thread that ends by itself has sent all; what it sent can still be read', async (t) => {
  for (const end of ['', 's.close();', 'process.exit(0);']) {
    const address = fresh();
    const [pull, log] = watch(t, new Pull());
    await pull.bind(address);
    const other = thread(
      t,
      `const s = new zmq.Push(); s.connect(data); await s.send('first'); await s.waitFor('handshake');
      for (let n = 0; n < 100; n++) await s.send(String(n)); ${end}`,
      address,
    );
    await log.next('disconnect');
    await other.over;
    t.equal(pull.stats().peers.length, 0);
    t.strictSame(texts(await pull.receive()), ['first']);
    for (let n = 0; n < 100; n++) t.equal(String(pull.tryReceive()?.[0]), String(n));
    t.equal(pull.tryReceive(), undefined);
    pull.close();
  }
});

t.test('a thread that sends and ends at once, before it is connected, has sent all', async (t) => {
  const program = `const s = new zmq.Push(); s.connect(data);
    for (let n = 0; n < 300; n++) s.trySend([String(n), Buffer.alloc(n === 5 ? 100_000 : 0, 7)]); process.exit(0);`;
  const all = async (pull: Pull): Promise<void> => {
    for (let n = 0; n < 300; n++) {
      const [number, body] = await pull.receive();
      if (String(number) !== String(n)) t.fail(`${number} for ${n}`);
      if (n === 5) t.strictSame(body, Buffer.alloc(100_000, 7));
    }
    t.equal(pull.tryReceive(), undefined);
  };
  const [pull, log] = watch(t, new Pull({ receiveHighWaterMark: 10 }));
  const address = fresh();
  await pull.bind(address);
  await thread(t, program, address).over;
  await all(pull);
  await log.next('disconnect');
  t.equal(pull.stats().peers.length, 0, 'bound in the main thread');

  const later = fresh();
  await thread(t, program, later).over;
  await pull.bind(later);
  await all(pull);
  await log.next('disconnect', 2);

  const theirs = fresh();
  const binder = thread(
    t,
    `const s = new zmq.Pull(); await s.bind(data.theirs); say('bound');
    for (let n = 0; n < 300; n++) { const [m] = await s.receive(); if (String(m) !== String(n)) throw new Error(String(m)); }
    say('all'); await told(); say(s.tryReceive());`,
    { theirs },
  );
  t.equal(await binder.said(), 'bound');
  await thread(t, program, theirs).over;
  t.equal(await binder.said(), 'all', 'bound in another thread');
  binder.tell('look');
  t.equal(await binder.said(), undefined);
  await binder.over;
});

t.test('what such a thread has sent waits for a bind within its linger', async (t) => {
  const [pull, log] = watch(t, new Pull());
  await pull.bind(fresh());
  const address = fresh();
  const program = (linger: number): string =>
    `const s = new zmq.Push({ linger: ${linger} }); s.connect(data); await s.send('${linger}'); process.exit(0);`;
  await thread(t, program(0), address).over;
  await new Promise((resolve) => setImmediate(resolve));
  await thread(t, program(-1), address).over;
  await pull.bind(address);
  t.strictSame(texts(await pull.receive()), ['-1']);
  await log.next('disconnect');
  t.equal(pull.tryReceive(), undefined);
});

t.test('a thread waits for its messages within linger, also for who binds later', async (t) => {
  const address = fresh();
  const other = thread(
    t,
    `const s = new zmq.Push(); s.connect(data); for (let n = 0; n < 50; n++) await s.send(String(n)); say('sent');`,
    address,
  );
  t.equal(await other.said(), 'sent');
  const pull = use(t, new Pull({ receiveHighWaterMark: 2 }));
  await pull.bind(address);
  for (let n = 0; n < 50; n++) t.equal(String((await pull.receive())[0]), String(n));
  await other.over;
});

t.test('an idle socket does not keep its thread alive', async (t) => {
  const address = fresh();
  const pull = use(t, new Pull());
  await pull.bind(address);
  const other = thread(
    t,
    `globalThis.kept = new zmq.Push(); kept.connect(data); await kept.waitFor('handshake');
    globalThis.late = new zmq.Push(); late.connect(data + '-nobody');
    globalThis.bound = new zmq.Pull(); await bound.bind(data + '-mine');`,
    address,
  );
  await other.over;
  await eventually('it is gone', () => pull.stats().peers.length === 0);
});

t.test('a thread that is terminated: an event, no hang, and the name is free again', async (t) => {
  const address = fresh();
  const program = `const s = new zmq.Reply(); await s.bind(data); say('up');
    for (;;) await s.send(await s.receive());`;
  const [dealer, log] = watch(t, new Dealer({ sendTimeout: 0 }));
  for (let round = 1; round <= 2; round++) {
    const other = thread(t, program, address);
    t.equal(await other.said(), 'up');
    dealer.connect(address);
    await dealer.waitFor('handshake');
    await dealer.send(['', 'there?']);
    t.strictSame(texts(await dealer.receive()), ['', 'there?']);
    await other.kill();
    await log.next('disconnect', round);
    t.equal(dealer.stats().peers.length, 0);
    await t.rejects(dealer.send(['', 'gone']), { code: 'EAGAIN' });
  }
});

t.test(
  'messages that wait for a thread are dropped and counted when it is terminated',
  async (t) => {
    const address = fresh();
    const [push, log] = watch(t, new Push({ sendHighWaterMark: 10 }));
    await push.bind(address);
    const other = thread(
      t,
      `const s = new zmq.Pull({ receiveHighWaterMark: 1 }); s.connect(data); await s.waitFor('handshake'); say('up'); await told();`,
      address,
    );
    t.equal(await other.said(), 'up');
    let taken = 0;
    await eventually('both queues are full', () => {
      while (push.trySend('x')) taken++;
      return taken >= 11;
    });
    await other.kill();
    await log.next('disconnect');
    t.equal(push.stats().dropped, 10);
    t.equal(push.stats().queued.out, 0);
  },
);

t.test('large parts arrive whole, and shared memory is shared', async (t) => {
  const address = fresh();
  const push = use(t, new Push());
  await push.bind(address);
  const other = thread(
    t,
    `const s = new zmq.Pull(); s.connect(data);
    for (let n = 0; n < 40; n++) { const [m] = await s.receive(); if (m.length !== 1_000_000 || m[999_999] !== n) throw new Error(String(n)); }
    const [m] = await s.receive(); m[5] = 42; say(m.length);`,
    address,
  );
  for (let n = 0; n < 40; n++) {
    const part = Buffer.alloc(1_000_000, n);
    await push.send(part);
    t.equal(part.length, 1_000_000);
  }
  const shared = new Uint8Array(new SharedArrayBuffer(1_000_000));
  await push.send(shared);
  t.equal(await other.said(), 1_000_000);
  t.equal(shared[5], 42);
});

t.test('types that do not go together', async (t) => {
  const address = fresh();
  const other = thread(
    t,
    `const s = new zmq.Pull(); await s.bind(data); say('up'); await told();`,
    address,
  );
  t.equal(await other.said(), 'up');
  const [dealer, log] = watch(t, new Dealer({ sendTimeout: 0 }));
  dealer.connect(address);
  t.match(await log.next('handshake:error:protocol'), { error: { code: 'ERR_ZMTP_SOCKET_TYPE' } });
  await t.rejects(dealer.send('x'), { code: 'EAGAIN' });
});

t.test('a PAIR takes one', async (t) => {
  const address = fresh();
  const [bound, log] = watch(t, new Pair());
  await bound.bind(address);
  const program = `const s = new zmq.Pair({ sendTimeout: 1000 }); s.connect(data);
    say(await s.send('x').then(() => s.send('y')).then(() => 'sent', (error) => error.code)); await told();`;
  const first = thread(
    t,
    `const s = new zmq.Pair(); s.connect(data); await s.send('mine'); say('up'); await told();`,
    address,
  );
  t.equal(await first.said(), 'up');
  t.strictSame(texts(await bound.receive()), ['mine']);
  const second = thread(t, program, address);
  t.match(await log.next('peer:refused'), { error: { code: 'ERR_PEER_REFUSED' } });
  await second.said();
  t.equal(bound.stats().peers.length, 1);
  t.equal(bound.tryReceive(), undefined);
});

t.test('many that connect, from many threads, while one is busy', async (t) => {
  const address = fresh();
  const pull = use(t, new Pull());
  await pull.bind(address);
  const threads = Array.from({ length: 3 }, (_, id) =>
    thread(
      t,
      `const sockets = Array.from({ length: 10 }, () => { const s = new zmq.Push(); s.connect(data.address); return s; });
      await Promise.all(sockets.map(async (s, k) => { for (let n = 0; n < 200; n++) await s.send(data.id + '.' + k + '.' + n); }));`,
      { address, id },
    ),
  );
  blockFor(300);
  const next = new Map<string, number>();
  for (let count = 0; count < 6_000; count++) {
    const [id, socket, number] = String((await pull.receive())[0]).split('.');
    const from = `${id}.${socket}`;
    if (Number(number) !== (next.get(from) ?? 0)) t.fail(`${from}: ${number}`);
    next.set(from, Number(number) + 1);
  }
  t.equal(next.size, 30);
  await Promise.all(threads.map((each) => each.over));
});

t.test('a name that another thread has bound is in use, until that thread has ended', async (t) => {
  const bind = `const s = new zmq.Pull(); say(await s.bind(data).then(() => 'bound', ({ code }) => code)); await told();`;
  const address = fresh();
  const mine = use(t, new Push());
  await mine.bind(address);
  const refused = thread(t, bind, address);
  t.equal(await refused.said(), 'EADDRINUSE', 'bound here');

  const theirs = fresh();
  const holder = thread(t, bind, theirs);
  t.equal(await holder.said(), 'bound');
  const second = thread(t, bind, theirs);
  t.equal(await second.said(), 'EADDRINUSE', 'bound in another thread');
  await t.rejects(mine.bind(theirs), { code: 'EADDRINUSE', address: theirs });
  await holder.kill();
  await mine.bind(theirs);
  t.pass('a thread that was terminated has none any more');
  await mine.unbind(theirs);
  const next = thread(t, bind, theirs);
  t.equal(await next.said(), 'bound', 'unbound here');
  next.tell('end');
  await next.over;
  const closing = thread(
    t,
    `const s = new zmq.Pull(); await s.bind(data); await s.unbind(data); say('unbound'); await told();`,
    theirs,
  );
  t.equal(await closing.said(), 'unbound');
  await mine.bind(theirs);
  t.pass('unbound there');
});

t.test('bindSync, too, sees what other threads have bound', async (t) => {
  const bind = `const s = new zmq.Pull();
    try { s.bindSync(data.address); say('bound'); } catch (error) { say(error.code); } if (data.stays) await told();`;
  const address = fresh();
  const mine = use(t, new Push());
  mine.bindSync(address);
  const refused = thread(t, bind, { address });
  t.equal(await refused.said(), 'EADDRINUSE', 'bound here');

  const theirs = fresh();
  const holder = thread(t, bind, { address: theirs, stays: true });
  t.equal(await holder.said(), 'bound');
  t.throws(() => mine.bindSync(theirs), { code: 'EADDRINUSE', address: theirs });
  const second = thread(t, bind, { address: theirs });
  t.equal(await second.said(), 'EADDRINUSE', 'bound in another thread');
  await holder.kill();
  const next = thread(t, bind, { address: theirs });
  t.equal(await next.said(), 'bound', 'of a thread that was terminated');
  await Promise.all([refused.over, second.over, next.over]);
});

t.test('a worker binds by bindSync while the main thread is busy', async (t) => {
  use(t, new Push()).bindSync(fresh());
  const said = new Int32Array(new SharedArrayBuffer(4));
  const address = fresh();
  thread(
    t,
    `const s = new zmq.Pull(); s.bindSync(data.address); Atomics.store(data.said, 0, 1); Atomics.notify(data.said, 0);`,
    { address, said },
  );
  t.not(Atomics.wait(said, 0, 0, 60_000), 'timed-out');
  t.end();
});

t.test('the handler of RFC 27 is asked in its own thread only', async (t) => {
  const handler = use(t, new Reply());
  await handler.bind('inproc://zeromq.zap.01');
  const other = thread(
    t,
    `const s = new zmq.Request({ sendTimeout: 200 }); s.connect('inproc://zeromq.zap.01');
    const own = new zmq.Reply(); await own.bind('inproc://zeromq.zap.01');
    await s.send('q'); say(String((await own.receive())[0]));`,
  );
  t.equal(await other.said(), 'q');
  t.equal(handler.stats().peers.length, 0);
});

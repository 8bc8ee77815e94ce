/** ThreadContext: the default contexts of all threads have options in common, and a limit of sockets. */

import t, { type Test } from 'tap';
import { Context, context, Pair } from '../../../src/index.ts';
import { thread } from '../../support/sockets/threads.ts';
import { use } from '../../support/sockets.ts';

t.test('changes are seen in other threads, and theirs here', async (t) => {
  const { ioThreads, blocky, maxSockets } = context;
  t.teardown(() => Object.assign(context, { ioThreads, blocky, maxSockets }));
  t.equal(context.ioThreads, 1);
  const earlier = thread(t, `say('up'); await told(); say(zmq.context.ioThreads);`);
  t.equal(await earlier.said(), 'up');
  context.ioThreads = 3;
  context.blocky = false;
  earlier.tell('look');
  t.equal(await earlier.said(), 3, 'in one that began before');
  const other = thread(
    t,
    `const { context, Context } = zmq;
    say([context.ioThreads, context.blocky, context.ipv6, context.maxSockets, new Context().ioThreads]);
    await told(); say(context.ioThreads);
    context.maxSockets = 5; say('set'); await told();`,
  );
  t.strictSame(await other.said(), [3, false, false, 1_023, 1]);
  context.ioThreads = 4;
  other.tell('on');
  t.equal(await other.said(), 4);
  t.equal(await other.said(), 'set');
  t.equal(context.maxSockets, 5);
  t.equal(new Context().maxSockets, 1_023, 'another context has its own');
  t.throws(
    () => {
      context.maxSockets = 0;
    },
    { code: 'EINVAL' },
  );
});

/** Leaves room for `count` sockets. */
function limitTo(t: Test, count: number): void {
  const { maxSockets } = context;
  t.teardown(() => {
    context.maxSockets = maxSockets;
  });
  context.maxSockets = count;
}

/** How many sockets there is still room for. */
function room(): number {
  const made: Pair[] = [];
  try {
    for (;;) made.push(new Pair());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  }
  for (const pair of made) pair.close();
  return made.length;
}

t.test('maxSockets is the limit for the sockets of all threads together', async (t) => {
  limitTo(t, 4);
  t.equal(room(), 4);
  const other = thread(
    t,
    `globalThis.pairs = [new zmq.Pair(), new zmq.Pair(), new zmq.Pair()]; say('made'); await told();
    try { new zmq.Pair(); say('one too many'); } catch ({ code }) { say(code); }
    const own = new zmq.Context(); say(new zmq.Pair({ context: own }).closed); await told();
    pairs.pop().close(); say('closed'); await told();`,
  );
  t.equal(await other.said(), 'made');
  t.equal(room(), 1);
  const mine = use(t, new Pair());
  t.throws(() => new Pair(), { code: 'EMFILE' });
  other.tell('make');
  t.equal(await other.said(), 'EMFILE');
  t.equal(await other.said(), false, 'another context has its own');
  other.tell('close');
  t.equal(await other.said(), 'closed');
  t.equal(room(), 1);
  mine.close();
  t.equal(room(), 2);
});

t.test('a thread that ends gives its places back, however it ends', async (t) => {
  limitTo(t, 4);
  const program = `globalThis.pairs = [new zmq.Pair(), new zmq.Pair()]; say('made'); await told(); `;
  for (const [end, rest] of [
    ['terminated', 'await told();'],
    ['exit', 'process.exit(0);'],
    ['of its code', ''],
  ] as const) {
    for (let round = 0; round < 3; round++) {
      const other = thread(t, program + rest);
      t.equal(await other.said(), 'made');
      t.equal(room(), 2, end);
      if (end === 'terminated') await other.kill();
      else other.tell('end');
      await other.over;
      t.equal(room(), 4, end);
    }
  }
});

t.test(
  'a thread that is terminated gives back the places of those that it has started',
  async (t) => {
    limitTo(t, 4);
    const dist = new URL('../../../dist/index.js', import.meta.url).href;
    const inner = `import(${JSON.stringify(dist)}).then((zmq) => {
    globalThis.pair = new zmq.Pair(); require('node:worker_threads').parentPort.postMessage('made'); setInterval(() => {}, 1000); });`;
    const other = thread(
      t,
      `const { Worker } = require('node:worker_threads'); const pair = new zmq.Pair();
    const inner = new Worker(${JSON.stringify(inner)}, { eval: true, execArgv: [] });
    say((await once(inner, 'message'))[0]); await told();`,
    );
    t.equal(await other.said(), 'made');
    t.equal(room(), 2);
    await other.kill();
    t.equal(room(), 4);
  },
);

t.test('a second copy of the package in one thread counts its sockets for itself', async (t) => {
  limitTo(t, 2);
  const copy = (await import('../../../lib/index.cjs' as string)) as { Pair: typeof Pair };
  const mine = use(t, new Pair());
  for (let n = 0; n < 2; n++) use(t, new copy.Pair());
  t.throws(() => new copy.Pair(), { code: 'EMFILE' });
  mine.close();
  t.equal(room(), 2);
});

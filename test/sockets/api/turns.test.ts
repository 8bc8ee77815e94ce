/** Loops of calls that never wait: they run in microtasks, and timers and I/O must get their turns. */

import { createHook } from 'node:async_hooks';
import t from 'tap';
import * as zmq from '../../../src/index.ts';
import { join, own, TRANSPORTS, until } from '../../support/local.ts';
import { turnsDuring, work } from '../../support/sockets/turns.ts';

/** Fewer than the calls in a row that were once allowed; together they take 60 ms at least. */
const COUNT = 300;

/** A turn a millisecond would be 60. */
const ENOUGH = 12;

for (const transport of TRANSPORTS) {
  t.test(`a loop that works for long gives turns by time, over ${transport}`, async (t) => {
    const pull = own(t, new zmq.Pull());
    const push = own(t, new zmq.Push());
    await join(pull, push, transport);
    const fill = async (): Promise<void> => {
      await push.sendMany(Array.from({ length: COUNT }, () => 'x'));
      await until(() => pull.stats().queued.in === COUNT);
    };

    await fill();
    const receiving = await turnsDuring(async () => {
      for (let i = 0; i < COUNT; i++) {
        await pull.receive();
        work();
      }
    });
    t.ok(receiving >= ENOUGH, `${receiving} turns in receive`);

    const sending = await turnsDuring(async () => {
      for (let i = 0; i < COUNT; i++) {
        await push.send('x');
        work();
      }
    });
    t.ok(sending >= ENOUGH, `${sending} turns in send`);

    await until(() => pull.stats().queued.in === COUNT);
    const polling = await turnsDuring(async () => {
      let count = 0;
      for await (const _ of new zmq.Poller().add(pull)) {
        work();
        if (++count === COUNT) break;
      }
    });
    t.ok(polling >= ENOUGH, `${polling} turns in a poller`);
  });
}

t.test(
  'a loop goes on for as long as a turn takes, so that what it writes is worth a turn',
  async (t) => {
    const pull = own(t, new zmq.Pull());
    const push = own(t, new zmq.Push());
    await join(pull, push, 'inproc');
    await push.sendMany(Array.from({ length: COUNT }, () => 'x'));
    const others = setInterval(() => work(4), 0);
    const receiving = await turnsDuring(async () => {
      for (let i = 0; i < COUNT; i++) {
        await pull.receive();
        work();
      }
    });
    clearInterval(others);
    // It is 18 where a turn is due after each millisecond.
    t.ok(receiving <= 13, `${receiving} turns`);
  },
);

t.test('two sockets share the time', async (t) => {
  const pulls = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const pull = own(t, new zmq.Pull());
      const push = own(t, new zmq.Push());
      await join(pull, push, 'inproc');
      await push.sendMany(Array.from({ length: 10 }, () => 'x'));
      return pull;
    }),
  );
  const receiving = await turnsDuring(async () => {
    for (let i = 0; i < 10; i++) {
      for (const pull of pulls) {
        await pull.receive();
        work();
      }
    }
  });
  t.ok(receiving >= 3, `${receiving} turns`);
});

/** How often an interval of no time comes while `loop` runs. */
async function ticksDuring(loop: () => Promise<void>): Promise<number> {
  let count = 0;
  const timer = setInterval(() => {
    count++;
  }, 0);
  await loop();
  clearInterval(timer);
  return count;
}

/** As many calls as take less than a millisecond once the compiler has seen to them. */
const QUICK = 2500;

for (const transport of TRANSPORTS) {
  t.test(
    `a quick loop lets timers have their turns when it begins, over ${transport}`,
    async (t) => {
      for (let round = 0; round < 20; round++) {
        const pull = own(t, new zmq.Pull({ receiveHighWaterMark: 0 }));
        const push = own(t, new zmq.Push({ sendHighWaterMark: 0 }));
        await join(pull, push, transport);
        const sending = await ticksDuring(async () => {
          for (let i = 0; i < QUICK; i++) await push.send('x');
        });
        await until(() => pull.stats().queued.in === QUICK);
        const receiving = await ticksDuring(async () => {
          for (let i = 0; i < QUICK; i++) await pull.receive();
        });
        if (round < 19 && sending >= 3 && receiving >= 3) continue;
        t.ok(sending >= 3, `${sending} ticks while sending`);
        t.ok(receiving >= 3, `${receiving} ticks while receiving`);
      }
    },
  );
}

t.test('it does so when it begins only, and when it begins again', async (t) => {
  const pull = own(t, new zmq.Pull({ receiveHighWaterMark: 0 }));
  const push = own(t, new zmq.Push({ sendHighWaterMark: 0 }));
  await join(pull, push, 'inproc');
  const loop = async (): Promise<void> => {
    for (let i = 0; i < QUICK; i++) await push.send('x');
    for (let i = 0; i < QUICK; i++) await pull.receive();
  };
  /** Timers that `loop` has waited for. */
  const waits = async (): Promise<number> => {
    let count = 0;
    const hook = createHook({
      init(_id, type) {
        if (type === 'Timeout') count++;
      },
    }).enable();
    await loop();
    hook.disable();
    return count;
  };
  await loop();
  t.equal(await waits(), 0, 'going on');
  await new Promise((resolve) => setTimeout(resolve, 1100));
  t.equal(await waits(), 8, 'after a second without a call');
});

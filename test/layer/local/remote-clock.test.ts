/** RemoteClock: the age of messages without a clock in common. */

import fc from 'fast-check';
import t from 'tap';
import { RemoteClock } from '../../../src/layer/local/remote-clock.ts';

t.test('a message that waited is as old as it waited', async (t) => {
  const clock = new RemoteClock();
  t.equal(clock.age(1_000_000, 500), 0, 'nothing is known of the first one');
  t.equal(clock.age(1_000_100, 599), 0, 'quicker than the first');
  t.equal(clock.age(1_000_200, 9_699), 9000, 'the process was stopped');
  t.equal(clock.age(1_009_200, 9_700), 1);
});

t.test(
  'the age is never above the real one, and below it by the quickest way at most',
  async (t) => {
    const delays = fc.array(fc.nat(100_000), { minLength: 1, maxLength: 50 });
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(fc.integer({ min: -1e9, max: 1e9 }), delays, (offset, delays) => {
          const clock = new RemoteClock();
          let quickest = Number.POSITIVE_INFINITY;
          let now = 0;
          for (const delay of delays) {
            now += 100;
            quickest = Math.min(quickest, delay);
            const age = clock.age(now - delay + offset, now);
            if (age !== delay - quickest) throw new Error(`${age}, not ${delay - quickest}`);
          }
        }),
      ),
    );
  },
);

t.test('clocks that drift, and a process that was stopped for long', async (t) => {
  const clock = new RemoteClock();
  let age = 0;
  // 100 millionths faster than ours: a second in 10 000.
  for (let now = 0; now < 1e8; now += 10_000) age = clock.age(now * 0.9999, now);
  t.ok(age <= 120, `${age} ms, not all of the 10 000 that have come together`);
  t.equal(Math.round(clock.age(1e8 * 0.9999, 1e8 + 7_200_000) / 1000), 7200, 'two hours');
});

t.test('a time of the sender on the clock of this process', async (t) => {
  const clock = new RemoteClock();
  clock.age(0, 1010);
  clock.age(100, 1105);
  clock.age(200, 9200);
  t.equal(clock.toOurs(300), 1305);
  clock.age(700_000, 701_020);
  t.equal(clock.toOurs(300), 1305, 'what was seen lately counts on');
  clock.age(1_400_000, 1_401_030);
  t.equal(clock.toOurs(300), 1320, 'what was seen long ago does not');
});

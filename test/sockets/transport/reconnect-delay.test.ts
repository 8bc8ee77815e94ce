import fc from 'fast-check';
import t from 'tap';

import { penaltyDelay, reconnectDelay } from '../../../src/sockets/transport/reconnect.ts';

const lowest = () => 0;
const highest = () => 1 - Number.EPSILON;

t.test('an interval of −1 or 0 means never', async (t) => {
  for (const interval of [-1, 0]) {
    for (const maxInterval of [0, 1_000]) {
      t.equal(reconnectDelay({ interval, maxInterval, attempt: 0, random: lowest }), undefined);
      t.equal(penaltyDelay({ interval, maxInterval, random: lowest }), undefined);
    }
  }
});

t.test('without a higher maximum the delay lies between one interval and two', async (t) => {
  for (const maxInterval of [0, 50, 100]) {
    for (const attempt of [0, 1, 9]) {
      const backoff = { interval: 100, maxInterval, attempt };
      t.equal(reconnectDelay({ ...backoff, random: lowest }), 100);
      t.equal(reconnectDelay({ ...backoff, random: highest }), 199);
    }
  }
});

t.test('with one it doubles up to that', async (t) => {
  const delays = (random: () => number) =>
    [0, 1, 2, 3, 4, 5_000].map((attempt) =>
      reconnectDelay({ interval: 100, maxInterval: 1_000, attempt, random }),
    );
  t.strictSame(delays(lowest), [100, 200, 400, 500, 500, 500]);
  t.strictSame(delays(highest), [199, 399, 799, 999, 999, 999]);
});

t.test('a protocol error costs the longest delay at once', async (t) => {
  t.equal(penaltyDelay({ interval: 100, maxInterval: 1_000, random: lowest }), 500);
  t.equal(penaltyDelay({ interval: 100, maxInterval: 1_000, random: highest }), 999);
  t.equal(penaltyDelay({ interval: 100, maxInterval: 0, random: lowest }), 100);
  t.equal(penaltyDelay({ interval: 100, maxInterval: 0, random: highest }), 199);
});

t.test('bounds hold for every setting', async (t) => {
  const int32 = 0x7fff_ffff;
  const backoff = fc.record({
    interval: fc.integer({ min: 1, max: int32 }),
    maxInterval: fc.integer({ min: 0, max: int32 }),
    attempt: fc.oneof(fc.nat(20), fc.nat()),
    fraction: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(backoff, ({ interval, maxInterval, attempt, fraction }) => {
        const random = () => fraction;
        const delay = reconnectDelay({ interval, maxInterval, attempt, random })!;
        const next = reconnectDelay({ interval, maxInterval, attempt: attempt + 1, random })!;
        const penalty = penaltyDelay({ interval, maxInterval, random })!;
        const limit = maxInterval > interval ? maxInterval : Math.min(interval * 2, int32);
        return (
          Number.isInteger(delay) &&
          delay >= interval &&
          delay <= limit &&
          next >= delay &&
          penalty >= next &&
          penalty <= limit
        );
      }),
    ),
  );
});

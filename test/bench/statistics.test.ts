/** What several rounds say together. */

import fc from 'fast-check';
import t from 'tap';
import { ratioOf, spreadOf } from '../../bench/statistics.ts';

t.test('the middle one, and the ends', async (t) => {
  t.strictSame(spreadOf([3]), { median: 3, min: 3, max: 3 });
  t.strictSame(spreadOf([10, 9, 100]), { median: 10, min: 9, max: 100 });
  t.strictSame(spreadOf([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 });
});

t.test('ratios are those of each round, not of the medians', async (t) => {
  // A machine that was slow in the second round disturbs neither.
  t.strictSame(ratioOf([100, 10, 100], [50, 5, 50]), { median: 2, min: 2, max: 2 });
  t.strictSame(ratioOf([10, undefined, 30, 40], [10, 10, undefined, 0]), {
    median: 1,
    min: 1,
    max: 1,
  });
  t.equal(ratioOf([undefined], [1]), undefined);
  t.equal(ratioOf([1, 2], []), undefined);
});

t.test('in whatever order the rounds come', async () => {
  const rounds = fc.array(fc.double({ min: 1, max: 1e9, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(rounds, (values) => {
      const { median, min, max } = spreadOf(values);
      const turned = spreadOf([...values].reverse());
      const below = values.filter((value) => value < median).length;
      const above = values.filter((value) => value > median).length;
      return (
        turned.median === median &&
        min === Math.min(...values) &&
        max === Math.max(...values) &&
        below <= values.length / 2 &&
        above <= values.length / 2
      );
    }),
  );
});

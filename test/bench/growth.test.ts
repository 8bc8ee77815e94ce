/** How cost grows with number. */

import t from 'tap';
import { growthLines } from '../../bench/format.ts';
import { growthOf } from '../../bench/growth.ts';
import type { Results } from '../../bench/results.ts';

t.test('constant, linear and quadratic cost', async (t) => {
  const numbers = [1, 10, 100, 1000, 10_000];
  const exponent = (cost: (n: number) => number): string | undefined =>
    growthOf(numbers.map((n) => [n, cost(n)]))?.toFixed(3);
  t.equal(
    exponent(() => 80),
    '0.000',
  );
  t.equal(
    exponent((n) => 3 * n),
    '1.000',
  );
  t.equal(
    exponent((n) => n * n),
    '2.000',
  );
});

t.test('one number has no slope, and what was not measured does not count', async (t) => {
  t.equal(growthOf([[10, 5]]), undefined);
  t.equal(
    growthOf([
      [10, 5],
      [10, 7],
      [100, 0],
    ]),
    undefined,
  );
});

t.test('a line for each group that grows', async (t) => {
  const scenario = (grows: number, median: number) => ({
    group: 'Growing: clients',
    grows,
    metrics: [{ key: 'k', label: 'processor' }],
    subjects: [{ name: 'libzmq', spreads: { k: { median } } }],
  });
  const scenarios = [scenario(1, 5), scenario(10, 50), { ...scenario(1, 1), grows: undefined }];
  t.same(growthLines({ scenarios } as unknown as Results), [
    'Growing: clients: processor of libzmq ~ number^1.00',
  ]);
});

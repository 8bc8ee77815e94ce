/** What the soak calls a leak. */

import t from 'tap';
import { compare, type Holdings, slopes } from './memory.ts';

const MIB = 1_048_576;
const before: Holdings = {
  heap: 10 * MIB,
  external: 5 * MIB,
  handles: 9,
  descriptors: 20,
  resources: 3,
  listeners: 4,
};

t.test('memory may be a tenth more, and what is counted not one', async (t) => {
  t.ok(compare(before, before).good);
  t.ok(compare(before, { ...before, heap: 10.9 * MIB, external: 5.4 * MIB }).good);
  t.ok(compare(before, { ...before, heap: 1, handles: 1, descriptors: 1 }).good, 'less is no leak');
  t.notOk(compare(before, { ...before, heap: 12 * MIB }).good);
  for (const key of ['handles', 'descriptors', 'resources', 'listeners'] as const) {
    const { lines, good } = compare(before, { ...before, [key]: before[key] + 1 });
    t.notOk(good, key);
    t.equal(lines.filter((line) => line.includes('GREW')).length, 1);
  }
});

t.test(
  'memory that grows from sample to sample is found, and one leap is not taken for it',
  async (t) => {
    const samples = (heap: (n: number) => number): Holdings[] =>
      Array.from({ length: 10 }, (_, n) => ({ ...before, heap: heap(n) }));
    t.notOk(slopes(samples((n) => (10 + 0.3 * n) * MIB)).good, '2 % of all for each sample');
    t.ok(slopes(samples((n) => (10 + 0.1 * n) * MIB)).good, 'less than 1 %');
    t.ok(slopes(samples((n) => (n === 5 ? 20 : 10) * MIB)).good);
    t.ok(slopes(samples((n) => (10 + (n % 2)) * MIB)).good);
    t.ok(slopes(samples((n) => 10 * n * MIB).slice(0, 3)).good, 'three say nothing');
  },
);

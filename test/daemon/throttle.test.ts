/** The Throttle: closed at the mark, open at half of it, and not in between. */

import fc from 'fast-check';
import t from 'tap';
import { Throttle } from '../../src/daemon/throttle.ts';

t.test('it closes at the mark and opens at half of it', async (t) => {
  const throttle = new Throttle(10);
  t.equal(throttle.measure(9), undefined);
  t.equal(throttle.measure(10), 'closed');
  for (const count of [11, 9, 8, 6]) t.equal(throttle.measure(count), undefined);
  t.ok(throttle.closed);
  t.equal(throttle.measure(5), 'opened');
  for (const count of [6, 9]) t.equal(throttle.measure(count), undefined);
  t.notOk(throttle.closed);
});

t.test('it never changes twice without half a mark in between', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.nat({ max: 40 }), fc.array(fc.nat({ max: 100 })), (mark, counts) => {
        const throttle = new Throttle(mark + 1);
        let last: number | undefined;
        for (const count of counts) {
          if (throttle.measure(count) === undefined) continue;
          if (last !== undefined && Math.abs(count - last) * 2 < throttle.highWaterMark)
            return false;
          last = count;
        }
        return true;
      }),
    ),
  );
});

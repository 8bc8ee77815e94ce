/** Whether a figure has moved between two commits. */

import fc from 'fast-check';
import t from 'tap';
import { movementOf } from '../../bench/movement.ts';

const nine = (value: (round: number) => number): number[] =>
  Array.from({ length: 9 }, (_, i) => value(i));

t.test('what is the same in all nine rounds has moved, in eight it has not', async (t) => {
  const base = nine((i) => 100 + i);
  const movement = movementOf(
    base,
    nine((i) => (100 + i) * 1.1),
  );
  t.equal(movement.ratio.toFixed(2), '1.10');
  t.ok(movement.moved);
  const once = base.map((value, i) => (i === 4 ? value * 0.9 : value * 1.1));
  t.notOk(movementOf(base, once).moved);
});

t.test('noise on both sides has not, nor has a difference that is too small', async (t) => {
  const base = nine(() => 100);
  t.notOk(
    movementOf(
      base,
      nine((i) => (i % 2 === 0 ? 120 : 95)),
    ).moved,
  );
  t.notOk(
    movementOf(
      base,
      nine(() => 101),
    ).moved,
  );
});

t.test('few rounds prove nothing', async (t) => {
  t.notOk(movementOf(new Array(7).fill(1), new Array(7).fill(2)).moved);
  t.ok(movementOf(new Array(8).fill(1), new Array(8).fill(2)).moved);
  t.notOk(movementOf([undefined, 0], [1, 2]).moved);
});

t.test('two runs of the same thing seldom differ', async (t) => {
  // Both sides come from one distribution: at most one in a hundred may look moved; a few more for chance.
  let moved = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 50, max: 150 }), fc.integer({ min: 50, max: 150 })), {
        minLength: 9,
        maxLength: 9,
      }),
      (rounds) => {
        if (
          movementOf(
            rounds.map(([a]) => a),
            rounds.map(([, b]) => b),
          ).moved
        )
          moved++;
      },
    ),
    { numRuns: 1000, seed: 7 },
  );
  t.ok(moved < 20, `${moved} of 1000`);
});

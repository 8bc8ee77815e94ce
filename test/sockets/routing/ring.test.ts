import fc from 'fast-check';
import t from 'tap';
import { Ring } from '../../../src/sockets/routing/ring.ts';

t.test('a ring behaves as an array', async (t) => {
  const action = fc.oneof(
    { weight: 5, arbitrary: fc.constant('push' as const) },
    { weight: 3, arbitrary: fc.constant('shift' as const) },
    { weight: 1, arbitrary: fc.constant('unshift' as const) },
    { weight: 1, arbitrary: fc.constant('burst' as const) },
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        const ring = new Ring<number>();
        const twin: number[] = [];
        let n = 0;
        for (const kind of actions) {
          if (kind === 'push') {
            ring.push(++n);
            twin.push(n);
          } else if (kind === 'unshift') {
            ring.unshift(++n);
            twin.unshift(n);
          } else if (kind === 'shift') {
            same(ring.shift(), twin.shift());
          } else {
            for (let i = 0; i < 9; i++) {
              ring.push(++n);
              twin.push(n);
            }
          }
          same(ring.length, twin.length);
          same(ring.peek(), twin[0]);
        }
        while (twin.length > 0) same(ring.shift(), twin.shift());
        same(ring.shift(), undefined);
      }),
    ),
  );
});

t.test('a cleared ring is empty and usable', async (t) => {
  const ring = new Ring<number>();
  for (let i = 0; i < 20; i++) ring.push(i);
  ring.clear();
  t.equal(ring.length, 0);
  t.equal(ring.peek(), undefined);
  t.equal(ring.shift(), undefined);
  ring.push(7);
  t.equal(ring.peek(), 7);
});

function same(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${String(actual)} instead of ${String(expected)}`);
}

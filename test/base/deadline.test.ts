import t from 'tap';
import { Deadline } from '../../src/base/deadline.ts';
import { ProcessHold } from '../../src/base/process-hold.ts';
import { Waiter } from '../../src/base/waiter.ts';

/** Lets timers pass without waiting: what `setTimeout` was asked for, in order. */
function fakeTimers(t: { teardown(f: () => void): void }): { asked: number[]; fire(): void } {
  const real = globalThis.setTimeout;
  const asked: number[] = [];
  let last: (() => void) | undefined;
  globalThis.setTimeout = ((callback: () => void, time: number) => {
    asked.push(time);
    last = callback;
    return { unref() {} };
  }) as unknown as typeof setTimeout;
  t.teardown(() => {
    globalThis.setTimeout = real;
  });
  return { asked, fire: () => last?.() };
}

t.test('a time beyond 2³¹−1 ms is waited for in pieces', async (t) => {
  const { asked, fire } = fakeTimers(t);
  let called = 0;
  new Deadline(0x7fff_ffff + 5, () => called++).unref();
  fire();
  t.equal(called, 0);
  fire();
  t.equal(called, 1);
  t.same(asked, [0x7fff_ffff, 5]);
});

t.test('Infinity is never, NaN is refused', async (t) => {
  const { asked } = fakeTimers(t);
  new Deadline(Number.POSITIVE_INFINITY, () => t.fail('never')).clear();
  t.same(asked, []);
  t.throws(() => new Deadline(Number.NaN, () => {}), { name: 'RangeError' });
});

t.test('a waiter takes Infinity for never, and NaN for a mistake that holds nothing', async (t) => {
  const hold = new ProcessHold();
  const waiter = new Waiter<string>(hold, Number.POSITIVE_INFINITY, undefined, () => {
    waiter.reject(new Error('expired'));
  });
  await new Promise((resolve) => setTimeout(resolve, 2));
  waiter.resolve('settled');
  t.equal(await waiter.promise, 'settled');
  t.throws(() => new Waiter(hold, Number.NaN, undefined, () => {}), { name: 'RangeError' });
});

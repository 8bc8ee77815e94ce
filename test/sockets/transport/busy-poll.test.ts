/** BusyPoll: awake while it pays, and hardly ever where it does not. */

import t from 'tap';
import { Context } from '../../../src/index.ts';
import { BusyPoll } from '../../../src/sockets/transport/busy-poll.ts';

/** A loop whose turns take a hundredth of a budget, with octets at the times that `next` says. */
function run(budget: number, arrivals: number, next: (previous: number) => number) {
  let now = 0;
  let turn: (() => void) | undefined;
  let turns = 0;
  const poll = new BusyPoll(
    budget,
    (callback) => {
      turn = callback;
    },
    () => now,
  );
  for (let count = 0, due = next(0); count < arrivals; count++, due = next(due)) {
    while (turn !== undefined && now < due) {
      const call = turn;
      turn = undefined;
      now += budget / 100;
      turns++;
      call();
    }
    now = Math.max(now, due);
    poll.heard(now);
  }
  return { turns, awake: turn !== undefined };
}

t.test('octets that come again in time keep it awake', async (t) => {
  const { turns, awake } = run(50, 100, (previous) => previous + 10);
  t.ok(awake);
  t.ok(turns >= 99 * 19, `${turns} turns`);
});

t.test('a lone message, or one in a long while, wakes nothing', async (t) => {
  t.same(
    run(50, 1, () => 0),
    { turns: 0, awake: false },
  );
  t.same(
    run(50, 1000, (previous) => previous + 1000),
    { turns: 0, awake: false },
  );
});

t.test('octets that are always a little late are hardly ever waited for', async (t) => {
  const arrivals = 10_000;
  const { turns } = run(50, arrivals, (previous) => previous + 150);
  // A try waits for 32 arrivals of 150 µs, and there is one in a thousand arrivals at the end.
  t.ok(turns / 300 < arrivals / 20, `${turns / 300} arrivals`);
});

/** Question and answer between two processes, either of which takes `wake` to be woken and `work` to answer. */
function converse(budget: number, arrivals: number, wake: number, work: number): boolean {
  let now = 0;
  const ends = [0, 1].map(() => {
    const end = {
      turn: undefined as (() => void) | undefined,
      poll: undefined as unknown as BusyPoll,
    };
    end.poll = new BusyPoll(
      budget,
      (callback) => {
        end.turn = callback;
      },
      () => now,
    );
    return end;
  });
  for (let count = 0; count < arrivals; count++) {
    const end = ends[count % 2]!;
    const call = end.turn;
    end.turn = undefined;
    call?.();
    if (end.turn === undefined) now += wake;
    end.poll.heard(now);
    now += work;
  }
  return ends.every((end) => end.turn !== undefined);
}

t.test('two that sleep find each other, though each alone would still be late', async (t) => {
  t.ok(converse(100, 2_000, 140, 10));
  t.notOk(converse(100, 2_000, 10, 900), 'who thinks for long');
});

t.test('half in time is not enough', async (t) => {
  let n = 0;
  const { turns } = run(50, 10_000, (previous) => previous + (n++ % 2 === 0 ? 10 : 190));
  // They come in 20 000 budgets.
  t.ok(turns / 100 < 2_000, `${turns / 100} budgets`);
});

t.test('traffic that becomes quick is found again', async (t) => {
  let n = 0;
  const { awake } = run(50, 13_000, (previous) => previous + (n++ < 10_000 ? 150 : 10));
  t.ok(awake);
});

t.test('the option is in microseconds, and 0 turns it off', async (t) => {
  t.equal(new Context().busyPoll, 100);
  t.equal(new Context({ busyPoll: 0 }).poll, undefined);
  t.throws(() => new Context({ busyPoll: -1 }), { code: 'EINVAL' });
  t.throws(() => new Context({ busyPoll: 1_000_001 }), { code: 'EINVAL' });
});

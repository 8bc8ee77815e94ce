/** What the ratios are meant to be, and how they are judged. */

import t from 'tap';
import { type Results, summarize } from '../../bench/results.ts';
import { SCENARIOS } from '../../bench/scenario.ts';
import { judge, targeted } from '../../bench/target.ts';

const SYSTEMS = ['libzmq', 'zeromq.js', 'ceiling'];

/** A run of everything that has a target, in which zeromq-pure has `ours` of each figure, and all others 1. */
function run(ours: number): Results {
  const scenarios = SCENARIOS.filter(({ name }) => targeted().has(name)).map((scenario) => {
    const round = (value: number): Record<string, number>[] => [
      Object.fromEntries(scenario.metrics.map(({ key }) => [key, value])),
    ];
    const others = SYSTEMS.filter((name) => !scenario.without?.includes(name));
    return summarize(scenario, [
      ...scenario.styles.map((style) => {
        const name = `zeromq-pure/${style}`;
        return { name, system: 'zeromq-pure', style, count: 1, rounds: round(ours) };
      }),
      ...others.map((name) => {
        return { name, system: name, style: 'await' as const, count: 1, rounds: round(1) };
      }),
    ]);
  });
  return { scenarios } as unknown as Results;
}

t.test('each target is of a scenario, style, system and figure that are measured', async (t) => {
  const names = new Set(SCENARIOS.map(({ name }) => name));
  t.same(
    [...targeted().keys()].filter((name) => !names.has(name)),
    [],
  );
  t.same(
    judge(run(1)).filter(({ state }) => state === 'not measured'),
    [],
  );
});

t.test('what is much better hits, what is much worse misses', async (t) => {
  const share = '100 000 subscriptions of one subscriber, as a share';
  for (const { title, wanted, state } of judge(run(1000))) {
    if (title.includes(share)) continue; // 1000 to 1000
    t.equal(state, wanted.startsWith('≥') ? 'hit' : 'missed', title);
  }
  for (const { title, wanted, state } of judge(run(0.001))) {
    if (title.includes(share)) continue;
    t.equal(state, wanted.startsWith('≤') ? 'hit' : 'missed', title);
  }
});

t.test('two targets of one scenario are told apart by their titles', async (t) => {
  const titles = judge(run(1)).map(({ title, style, against }) => `${title}|${style}|${against}`);
  t.equal(new Set(titles).size, titles.length);
});

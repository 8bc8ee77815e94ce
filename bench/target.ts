/** Target: what the ratios are meant to be, and whether they are. */

import type { Style } from './ends/style.ts';
import { type Results, valuesOf } from './results.ts';
import { ratioOf, type Spread } from './statistics.ts';
import type { SystemName } from './system.ts';

/** A bound for zeromq-pure, in one style and scenario, against another system. */
interface Target {
  readonly scenario: string;
  readonly style: Style;
  readonly against: SystemName;
  readonly bound: number;
  /** The scenario whose figure each is divided by before they are compared. */
  readonly relativeTo?: string;
}

/** What became of a target. */
export interface Verdict {
  readonly title: string;
  readonly style: Style;
  readonly against: SystemName;
  /** `≥ 0.6`. */
  readonly wanted: string;
  /** Undefined when one of the two was not measured. */
  readonly ratio: Spread | undefined;
  readonly state: 'hit' | 'missed' | 'not measured';
}

/** By scenario and style: libzmq, zeromq.js, ceiling. 0 = no target. */
const BOUNDS: readonly [string, Style, number, number, number][] = [
  ['push-pull-tcp-16B', 'batch', 1, 20, 1.5],
  ['push-pull-tcp-16B', 'await', 0.6, 12, 0.9],
  ['push-pull-tcp-256B', 'await', 1, 8, 0.9],
  ['push-pull-tcp-4KiB', 'await', 1.5, 3, 0.9],
  ['push-pull-tcp-64KiB', 'await', 1.3, 1.3, 1],
  ['push-pull-tcp-1MiB', 'await', 1, 1, 1],
  ['req-rep-tcp-16B', 'await', 2, 2.5, 0.85],
  ['req-rep-tcp-4KiB', 'await', 2, 2.5, 0.85],
  ['pub-sub-tcp-64B-1-subscriber', 'await', 0.8, 12, 0],
  ['pub-sub-tcp-64B-1-subscriber', 'batch', 1, 0, 0],
  ['pub-sub-tcp-64B-8-subscribers', 'await', 1, 10, 0],
  ['pub-sub-tcp-64B-64-subscribers', 'await', 1, 10, 0],
  ['inproc-16B', 'await', 1, 10, 0],
  ['curve-push-pull-tcp-64B', 'await', 0.3, 0, 0],
  ['curve-push-pull-tcp-64B-noble', 'await', 0.3, 0, 0],
  ['curve-handshakes', 'await', 0.5, 0, 0],
  ['idle-tcp-10000', 'await', 1, 0, 0],
];

const TARGETS: readonly Target[] = [
  ...BOUNDS.flatMap(([scenario, style, ...bounds]) =>
    (['libzmq', 'zeromq.js', 'ceiling'] as const)
      .map((against, i): Target => ({ scenario, style, against, bound: bounds[i]! }))
      .filter(({ bound }) => bound > 0),
  ),
  {
    scenario: 'pub-sub-tcp-64B-100000-subscriptions',
    style: 'await',
    against: 'libzmq',
    bound: 1,
    relativeTo: 'pub-sub-tcp-64B-1-subscription',
  },
];

/** All targets, in order. Only scenarios that are in `results` count; the median decides. */
export function judge(results: Results): Verdict[] {
  return TARGETS.flatMap((target): Verdict[] => {
    const scenario = results.scenarios.find(({ name }) => name === target.scenario);
    if (scenario === undefined) return [];
    const { key, better } = scenario.metrics[0]!;
    const ratio = ratioOf(
      figures(results, target, 'zeromq-pure', key),
      figures(results, target, target.against, key),
    );
    const hit =
      ratio !== undefined &&
      (better === 'higher' ? ratio.median >= target.bound : ratio.median <= target.bound);
    return [
      {
        title:
          target.relativeTo === undefined
            ? scenario.title
            : `${scenario.title}, as a share of the rate with one subscription`,
        style: target.style,
        against: target.against,
        wanted: `${better === 'higher' ? '≥' : '≤'} ${target.bound}`,
        ratio,
        state: ratio === undefined ? 'not measured' : hit ? 'hit' : 'missed',
      },
    ];
  });
}

/** Round by round. */
function figures(
  results: Results,
  { scenario, relativeTo, style }: Target,
  system: SystemName,
  key: string,
): (number | undefined)[] {
  const values = (name: string): (number | undefined)[] => {
    const subject = results.scenarios
      .find((each) => each.name === name)
      ?.subjects.find(
        (each) => each.system === system && (system !== 'zeromq-pure' || each.style === style),
      );
    return subject === undefined ? [] : valuesOf(subject, key);
  };
  if (relativeTo === undefined) return values(scenario);
  const base = values(relativeTo);
  return values(scenario).map((value, round) => {
    const other = base[round];
    return value === undefined || other === undefined ? undefined : value / other;
  });
}

/** Target: what the ratios are meant to be, and whether they are. */

import type { Style } from './ends/style.ts';
import { type Results, type ScenarioResult, valuesOf } from './results.ts';
import { ratioOf, type Spread } from './statistics.ts';
import type { SystemName } from './system.ts';

/** A bound for zeromq-pure, in one style and scenario, against another system. */
interface Target {
  readonly scenario: string;
  readonly style: Style;
  /** The key of the figure that is compared; undefined: the first one of the scenario. */
  readonly metric: string | undefined;
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

/** By scenario, style and figure (undefined: the first of the scenario): against libzmq, zeromq.js, ceiling. 0 = no target. */
const BOUNDS: readonly [string, Style, string | undefined, number, number, number][] = [
  ['req-rep-tcp-16B', 'await', undefined, 2, 2.5, 0.95],
  ['req-rep-tcp-16B', 'await', 'p50', 0.5, 0, 0],
  ['req-rep-tcp-16B', 'await', 'p999', 1.5, 0, 0],
  ['req-rep-tcp-4KiB', 'await', undefined, 2, 2.5, 0.95],
  ['req-rep-tcp-4KiB', 'await', 'p50', 0.5, 0, 0],
  ['req-rep-tcp-4KiB', 'await', 'p999', 1.5, 0, 0],
  ['dealer-router-tcp-64B-1-client', 'await', undefined, 1.2, 6, 1],
  ['dealer-router-tcp-64B-500-clients', 'await', undefined, 1.2, 2.5, 0.7],
  ['dealer-router-tcp-64B-5000-clients', 'await', undefined, 1.2, 2.5, 0.7],
  ['push-pull-tcp-16B', 'await', undefined, 0.9, 15, 1],
  ['push-pull-tcp-16B', 'batch', undefined, 1, 20, 1.5],
  ['push-pull-tcp-256B', 'await', undefined, 1.4, 10, 1],
  ['push-pull-tcp-4KiB', 'await', undefined, 2.5, 4, 1],
  ['push-pull-tcp-1MiB', 'await', undefined, 1, 1.5, 1.6],
  ['push-pull-ipc-1MiB', 'await', undefined, 1, 1.5, 1.6],
  ['push-pull-tcp-16B-8-peers', 'await', undefined, 0.6, 10, 0.9],
  ['push-pull-tcp-16B-8-peers', 'batch', undefined, 1, 0, 0],
  ['pub-sub-tcp-64B-1-subscriber', 'await', undefined, 0.8, 12, 0.9],
  ['pub-alone-pub-sub-tcp-64B-1-subscriber', 'await', undefined, 0.4, 0, 0],
  ['pub-alone-pub-sub-tcp-64B-8-subscribers', 'await', undefined, 0.4, 0, 0],
  ['pub-alone-pub-sub-tcp-64B-64-subscribers', 'await', undefined, 0.4, 0, 0],
  ['pub-alone-pub-sub-tcp-64B-1000-subscribers', 'await', undefined, 0.4, 0, 0],
  ['sub-alone-pub-sub-tcp-64B-1-subscriber', 'await', 'rate', 0.8, 12, 0.9],
  ['sub-alone-pub-sub-tcp-64B-64-subscribers', 'await', 'rate', 0.5, 12, 0.9],
  ['grow-queue-1000000', 'await', 'memory', 0.8, 0, 0],
  ['grow-queue-1000000', 'await', 'rate', 1, 5, 0],
  ['curve-push-pull-tcp-64B', 'await', undefined, 0.8, 1, 0],
  ['curve-push-pull-tcp-1KiB', 'await', undefined, 1, 1, 0],
  ['curve-push-pull-tcp-64KiB', 'await', undefined, 0.8, 1, 0],
  ['curve-push-pull-tcp-64B-javascript', 'await', undefined, 0.3, 1, 0],
  ['curve-push-pull-tcp-1KiB-javascript', 'await', undefined, 0.4, 1, 0],
  ['curve-push-pull-tcp-64KiB-javascript', 'await', undefined, 0.35, 1, 0],
  ['curve-flood-500', 'await', undefined, 0.8, 1, 0],
  ['curve-handshakes', 'await', undefined, 0.5, 0, 0],
  ['inproc-16B', 'await', undefined, 0.4, 12, 0],
  ['inproc-16B', 'batch', undefined, 1, 0, 0],
  ['inproc-threads-16B', 'await', undefined, 0.3, 10, 0],
  ['idle-tcp-10000', 'await', undefined, 1, 1, 0],
];

const TARGETS: readonly Target[] = [
  ...BOUNDS.flatMap(([scenario, style, metric, ...bounds]) =>
    (['libzmq', 'zeromq.js', 'ceiling'] as const)
      .map((against, i): Target => ({ scenario, style, metric, against, bound: bounds[i]! }))
      .filter(({ bound }) => bound > 0),
  ),
  {
    scenario: 'pub-sub-tcp-64B-100000-subscriptions',
    style: 'await',
    metric: undefined,
    against: 'libzmq',
    bound: 1,
    relativeTo: 'pub-sub-tcp-64B-1-subscription',
  },
];

/** What of a scenario has a target. */
export interface Targeted {
  readonly styles: ReadonlySet<Style>;
  /** Those that are compared with zeromq-pure. */
  readonly against: ReadonlySet<SystemName>;
}

/** What has a target, by the name of the scenario; scenarios that others are divided by are among them. */
export function targeted(): ReadonlyMap<string, Targeted> {
  const found = new Map<string, { styles: Set<Style>; against: Set<SystemName> }>();
  for (const { scenario, relativeTo, style, against } of TARGETS) {
    for (const name of relativeTo === undefined ? [scenario] : [relativeTo, scenario]) {
      const known = found.get(name);
      if (known === undefined) {
        found.set(name, { styles: new Set([style]), against: new Set([against]) });
      } else {
        known.styles.add(style);
        known.against.add(against);
      }
    }
  }
  return found;
}

/** All targets, in order. Only scenarios that are in `results` count; the median decides. */
export function judge(results: Results): Verdict[] {
  return TARGETS.flatMap((target): Verdict[] => {
    const scenario = results.scenarios.find(({ name }) => name === target.scenario);
    if (scenario === undefined) return [];
    const metric = scenario.metrics.find(({ key }) => key === target.metric);
    const { key, better, label } = metric ?? scenario.metrics[0]!;
    const ratio = ratioOf(
      figures(results, target, 'zeromq-pure', key),
      figures(results, target, target.against, key),
    );
    const hit =
      ratio !== undefined &&
      (better === 'higher' ? ratio.median >= target.bound : ratio.median <= target.bound);
    return [
      {
        title: titleOf(target, scenario, label),
        style: target.style,
        against: target.against,
        wanted: `${better === 'higher' ? '≥' : '≤'} ${target.bound}`,
        ratio,
        state: ratio === undefined ? 'not measured' : hit ? 'hit' : 'missed',
      },
    ];
  });
}

function titleOf({ metric, relativeTo }: Target, { title }: ScenarioResult, label: string): string {
  if (relativeTo !== undefined) return `${title}, as a share of the rate with one subscription`;
  return metric === undefined ? title : `${title}: ${label}`;
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

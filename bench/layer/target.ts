/** Targets: what is wanted of the channel layers, and what became of it. */

import { digits, figure, type Table } from '../format.ts';
import { ratioOf } from '../statistics.ts';
import { column, type LayerScenarioResult, recordedOf, spreadIn } from './results.ts';
import { BARE, OURS, type PythonLayer } from './subject.ts';

/** A bound for one figure of ours: in its unit or, with `against`, as a multiple of that of another subject. */
interface LayerTarget {
  readonly scenario: string;
  readonly metric: string;
  readonly bound: number;
  readonly against?: PythonLayer | typeof BARE;
}

/** A figure by itself. */
const bounds = (
  ...rows: readonly [scenario: string, metric: string, bound: number][]
): LayerTarget[] => rows.map(([scenario, metric, bound]) => ({ scenario, metric, bound }));

const TARGETS: readonly LayerTarget[] = [
  ...bounds(
    ['hub-jobs-1', 'rate', 60_000],
    ['hub-jobs', 'rate', 100_000],
    ['hub-send-1', 'rate', 200_000],
  ),
  { scenario: 'hub-send-awaited', metric: 'rate', bound: 0.8, against: BARE },
  ...bounds(['hub-latency', 'p50', 200]),
  { scenario: 'hub-latency', metric: 'p99', bound: 1, against: 'channels_redis' },
  ...bounds(
    ['hub-send-1', 'writes', 1.2],
    ['hub-jobs-1', 'writes', 1.2],
    ['hub-group-1', 'rate', 500_000],
    ['hub-group-10', 'rate', 800_000],
    ['hub-group-100', 'rate', 1_000_000],
  ),
  { scenario: 'group-1-to-1', metric: 'rate', bound: 10, against: 'channels_zmq' },
  { scenario: 'group-1-to-1', metric: 'rate', bound: 50, against: 'channels_redis' },
  { scenario: 'group-50-channels', metric: 'rate', bound: 6, against: 'channels_redis pubsub' },
  ...bounds(['group-100000-channels', 'delay', 20_000], ['group-100000-channels', 'rate', 0]),
  ...bounds(['hub-processes', 'rate', 0]),
  { scenario: 'rabbitmq-group-1-to-1', metric: 'rate', bound: 10, against: 'channels_rabbitmq' },
  { scenario: 'rabbitmq-group-50', metric: 'rate', bound: 5, against: 'channels_rabbitmq' },
];

/** Whether a scenario has a target. */
export function isTargeted(scenario: string): boolean {
  return TARGETS.some((target) => target.scenario === scenario);
}

/** A row for each target whose scenario was measured; medians decide. */
export function layerTargets(scenarios: readonly LayerScenarioResult[]): Table {
  const rows = TARGETS.flatMap((target) => {
    const result = scenarios.find(({ name }) => name === target.scenario);
    return result === undefined || target.bound === 0 ? [] : [row(target, result)];
  });
  return [['scenario', 'figure', 'wanted', 'measured', ''], ...rows];
}

function row({ metric: key, bound, against }: LayerTarget, result: LayerScenarioResult): string[] {
  const { label, unit, better } = result.metrics.find((metric) => metric.key === key)!;
  const ours = result.subjects.find(({ name }) => name === OURS);
  const spread = spreadIn(ours, key);
  const sign = better === 'higher' ? '≥' : '≤';
  const recorded =
    against === undefined || against === BARE || key !== 'rate'
      ? undefined
      : recordedOf(result.name, against, result.subjects);
  const theirs = result.subjects.find(({ name }) => name === against);
  let value = spread?.median;
  if (against !== undefined && value !== undefined) {
    const ratio = ratioOf(column(ours, key), column(theirs, key))?.median;
    value = recorded === undefined ? ratio : value / recorded;
  }
  const text = (number: number): string =>
    against === undefined ? figure(number, unit) : `${digits(number)}×`;
  const whom =
    against === undefined ? '' : ` of ${against}${recorded === undefined ? '' : ' (recorded)'}`;
  const isHit = value !== undefined && (better === 'higher' ? value >= bound : value <= bound);
  return [
    result.title,
    label,
    `${sign} ${text(bound)}${whom}`,
    value === undefined ? (spread === undefined ? '' : figure(spread.median, unit)) : text(value),
    value === undefined ? 'not measured' : isHit ? 'hit' : 'missed',
  ];
}

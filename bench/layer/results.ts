/** Results: what a run on the channel layers has measured, and the tables made from it. */

import { digits, figure, ratioText, type Table } from '../format.ts';
import type { Machine } from '../machine.ts';
import { ratioOf, type Spread, spreadOf } from '../statistics.ts';
import type { LayerScenario } from './scenario.ts';
import { OURS, PYTHON_LAYERS, type PythonLayer, RECORDED } from './subject.ts';

/** One run. */
export interface LayerResults {
  readonly format: 1;
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly machine: Machine;
  readonly systems: readonly { readonly name: string; readonly version: string }[];
  readonly rounds: number;
  /** Milliseconds that one measurement was to take. */
  readonly duration: number;
  readonly scenarios: readonly LayerScenarioResult[];
}

export interface LayerScenarioResult extends Pick<LayerScenario, 'name' | 'title' | 'metrics'> {
  readonly subjects: readonly LayerSubjectResult[];
}

export interface LayerSubjectResult {
  readonly name: string;
  /** By metric; null where the round failed. */
  readonly rounds: readonly (Readonly<Record<string, number>> | null)[];
  /** Why one failed. */
  readonly failure?: string;
}

/** A row for each subject and metric; then what was recorded of those that are not here. */
export function layerTable({ name, metrics, subjects }: LayerScenarioResult): Table {
  const ours = subjects.find((subject) => subject.name === OURS);
  const rows = subjects.flatMap((subject) =>
    metrics.map(({ key, label, unit }, i) => {
      const spread = spreadIn(subject, key);
      const cells =
        spread === undefined
          ? ['failed', '', '']
          : [spread.median, spread.min, spread.max].map((value) => figure(value, unit));
      const ratio = subject === ours ? undefined : ratioOf(column(ours, key), column(subject, key));
      return [i === 0 ? subject.name : '', label, ...cells, ratioText(ratio)];
    }),
  );
  for (const layer of PYTHON_LAYERS) {
    const recorded = recordedOf(name, layer, subjects);
    if (recorded === undefined) continue;
    const { label, unit } = metrics[0]!;
    const spread = spreadIn(ours, 'rate');
    const ratio = spread === undefined ? '' : digits(spread.median / recorded);
    rows.push([`${layer} (recorded)`, label, figure(recorded, unit), '', '', ratio]);
  }
  return [['', 'figure', 'median', 'min', 'max', `${OURS} to it`], ...rows];
}

/** Why rounds are missing in it. */
export function layerFailures({ subjects }: LayerScenarioResult): string[] {
  return subjects.flatMap(({ name, failure }) =>
    failure === undefined ? [] : [`${name} failed: ${failure}`],
  );
}

/** Of one figure of a subject; undefined if it was not measured. */
export function spreadIn(subject: LayerSubjectResult | undefined, key: string): Spread | undefined {
  const values = column(subject, key).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : spreadOf(values);
}

/** One figure, round by round. */
export function column(
  subject: LayerSubjectResult | undefined,
  key: string,
): (number | undefined)[] {
  return (subject?.rounds ?? []).map((round) => round?.[key]);
}

/** What is known of a layer that did not run here: deliveries a second. */
export function recordedOf(
  scenario: string,
  layer: PythonLayer,
  subjects: readonly LayerSubjectResult[],
): number | undefined {
  if (subjects.some(({ name }) => name === layer)) return undefined;
  return RECORDED[scenario]?.[layer];
}

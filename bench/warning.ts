/** Warning: what speaks against the figures of a scenario, for whoever reads them. */

import { digits } from './format.ts';
import type { Metric } from './metric.ts';
import { type SubjectResult, valuesOf } from './results.ts';
import { spreadOf } from './statistics.ts';

/** How a scenario was measured. */
export interface Circumstances {
  /** Milliseconds that one measurement was to take. */
  readonly duration: number;
  /** The load average when the scenario began, and the cores there are for it. */
  readonly load: number;
  readonly cores: number;
}

/** One line each; none where nothing speaks against them. `metrics`: the first is what the scenario is about. */
export function warningsOf(
  subjects: readonly SubjectResult[],
  metrics: readonly Metric[],
  { duration, load, cores }: Circumstances,
): string[] {
  const warnings: string[] = [];
  if (load > cores) {
    warnings.push(`the load average was ${digits(load)} when this began, there are ${cores} cores`);
  }
  const foreign = Math.max(0, ...subjects.flatMap((subject) => present(subject, 'foreign')));
  if (foreign > FOREIGN_MAX) {
    warnings.push(`other programs had up to ${digits(foreign * 100)} % of the processors`);
  }
  for (const subject of subjects) {
    const shortest = Math.min(...present(subject, 'seconds')) * 1000;
    if (shortest < Math.min(duration / 2, DURATION_MIN)) {
      warnings.push(`${subject.name} was measured for ${digits(shortest)} ms only`);
    }
  }
  const { key, better, unit } = metrics[0]!;
  if (better === 'lower') return warnings;
  for (const subject of subjects) {
    const values = present(subject, key);
    if (values.length === 0) continue;
    const { min, max } = spreadOf(values);
    if (max > ROUNDS_APART * min) {
      warnings.push(`rounds of ${subject.name} are ${digits(max / min)} times apart`);
    }
  }
  return [...warnings, ...implausible(subjects, key, unit)];
}

/** A style that is far quicker than the others, or a system than all others: its meter may have counted what had queued. */
function implausible(subjects: readonly SubjectResult[], key: string, unit: string): string[] {
  const warnings: string[] = [];
  const rates = subjects.flatMap((subject) => {
    const median = subject.spreads[key]?.median;
    return median === undefined ? [] : [{ ...subject, median }];
  });
  for (const { name, system, median } of rates) {
    const others = rates.filter((each) => each.name !== name);
    const styles = others.filter((each) => each.system === system);
    const rivals = others.filter((each) => each.system !== system);
    for (const [among, apart] of [
      [styles, STYLES_APART],
      [rivals, SYSTEMS_APART],
    ] as const) {
      const next = [...among].sort((a, b) => b.median - a.median)[0];
      if (next === undefined || median <= apart * next.median) continue;
      const times = digits(median / next.median);
      warnings.push(`${name} has ${times} times the ${unit} of ${next.name}: is that plausible?`);
    }
  }
  return warnings;
}

function present(subject: SubjectResult, key: string): number[] {
  return valuesOf(subject, key).filter((value) => value !== undefined);
}

/** The share of all processors that others may have. */
const FOREIGN_MAX = 0.1;

/** Milliseconds below which the start and the end of a measurement count. */
const DURATION_MIN = 200;

/** Times that two rounds, styles or systems may be apart. The styles of inproc are up to 3 apart, libzmq and the addon 25. */
const ROUNDS_APART = 2;
const STYLES_APART = 4;
const SYSTEMS_APART = 8;

/** Results: what a run has measured, as it is kept in JSON. Every table and chart is made from this. */

import { readFile } from 'node:fs/promises';
import type { Machine } from './machine.ts';
import type { Metric } from './metric.ts';
import type { Scenario } from './scenario.ts';
import { ratioOf, type Spread, spreadOf } from './statistics.ts';
import type { AbsentSystem, Subject, SystemName } from './system.ts';

/** One run, or several put together. */
export interface Results {
  readonly format: 1;
  /** When it began: ISO 8601, UTC. */
  readonly date: string;
  readonly machine: Machine;
  readonly systems: readonly { readonly name: SystemName; readonly version: string }[];
  readonly absent: readonly AbsentSystem[];
  readonly rounds: number;
  /** Milliseconds that one measurement was to take, at least. */
  readonly duration: number;
  readonly scenarios: readonly ScenarioResult[];
}

/** One scenario of it. */
export interface ScenarioResult {
  readonly name: string;
  readonly group: string;
  readonly title: string;
  readonly label: string;
  readonly metrics: readonly Metric[];
  readonly subjects: readonly SubjectResult[];
  /** How many there are of what grows within its group. */
  readonly grows?: number;
  /** What speaks against these figures. */
  readonly warnings?: readonly string[];
}

/** One line of a table. */
export interface SubjectResult extends Subject {
  /** Messages in one measurement. */
  readonly count: number;
  /** By metric; null where the round failed. */
  readonly rounds: readonly (Readonly<Record<string, number>> | null)[];
  /**
   * Of ends in JavaScript, by `allocated-ROLE` (octets from the heap for each message) and `collections-ROLE` (runs of
   * the garbage collector for a million messages).
   */
  readonly counts?: Readonly<Record<string, number>>;
  /** Why a round, or all of it, failed. */
  readonly failure?: string;
  /** Median, minimum and maximum by metric: none where no round succeeded. */
  readonly spreads: Readonly<Record<string, Spread>>;
  /** This one to each other system, by metric and system: ratios within a round, and their spread. */
  readonly ratios: Readonly<Record<string, Readonly<Partial<Record<SystemName, Spread>>>>>;
}

/** A subject with its rounds, before they are summed up. */
export type Measured = Pick<
  SubjectResult,
  'name' | 'system' | 'style' | 'count' | 'counts' | 'rounds' | 'failure'
>;

/** Sums up what the rounds of a scenario have brought. */
export function summarize(scenario: Scenario, measured: readonly Measured[]): ScenarioResult {
  const { name, group, title, label, metrics, grows } = scenario;
  // Systems that others are compared with have one style, and its name.
  const references = measured.filter((each) => each.name === each.system);
  const subjects = measured.map((subject): SubjectResult => {
    const spreads: Record<string, Spread> = {};
    const ratios: Record<string, Partial<Record<SystemName, Spread>>> = {};
    for (const { key } of metrics) {
      const values = valuesOf(subject, key);
      const present = values.filter((value) => value !== undefined);
      if (present.length === 0) continue;
      spreads[key] = spreadOf(present);
      const against: Partial<Record<SystemName, Spread>> = {};
      for (const reference of references) {
        if (reference.system === subject.system) continue;
        const ratio = ratioOf(values, valuesOf(reference, key));
        if (ratio !== undefined) against[reference.system] = ratio;
      }
      ratios[key] = against;
    }
    return { ...subject, spreads, ratios };
  });
  const growing = grows === undefined ? {} : { grows };
  return { name, group, title, label, metrics, subjects, ...growing };
}

/** The values of one metric, round by round. */
export function valuesOf(
  { rounds }: Pick<Measured, 'rounds'>,
  key: string,
): (number | undefined)[] {
  return rounds.map((round) => round?.[key]);
}

/** Reads files that `--json` has written and puts them together: of a scenario the last one counts. */
export async function readResults(files: readonly string[]): Promise<Results> {
  const all = await Promise.all(files.map(readOne));
  const [first] = all;
  if (first === undefined) throw new Error('no results to read');
  const scenarios = new Map<string, ScenarioResult>();
  for (const [index, each] of all.entries()) {
    if (environment(each) !== environment(first)) {
      throw new Error(`${files[index]} is of another machine or version than ${files[0]}`);
    }
    for (const scenario of each.scenarios) scenarios.set(scenario.name, scenario);
  }
  const rounds = Math.min(...all.map((each) => each.rounds));
  const duration = Math.min(...all.map((each) => each.duration));
  return { ...first, rounds, duration, scenarios: [...scenarios.values()] };
}

async function readOne(file: string): Promise<Results> {
  try {
    const results = JSON.parse(await readFile(file, 'utf8')) as Results;
    if (results.format !== 1) throw new Error('it is none');
    return results;
  } catch (error) {
    throw new Error(`${file} cannot be read as results: ${(error as Error).message}`);
  }
}

/** What must be the same for figures to stand in one table. */
function environment({ machine, systems, absent }: Results): string {
  return JSON.stringify([machine, systems, absent]);
}

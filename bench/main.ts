/** `npm run bench`: all scenarios on all systems side by side. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from './build.ts';
import { endAll } from './child.ts';
import {
  countsTable,
  failuresOf,
  growthLines,
  plainTable,
  scenarioTable,
  targetTable,
  versionsText,
} from './format.ts';
import { machineText, thisMachine } from './machine.ts';
import {
  type Options,
  parseOptions,
  ROUNDS_MIN,
  TOO_FEW_ROUNDS,
  USAGE,
  UsageError,
} from './options.ts';
import { Progress } from './progress.ts';
import { writeReport } from './report.ts';
import { type Results, readResults, type ScenarioResult } from './results.ts';
import { writeResults } from './results-page.ts';
import { runScenario } from './runner.ts';
import { SCENARIOS, type Scenario, selectScenarios } from './scenario.ts';
import { findSystems, type Subject, type System, subjectsOf } from './system.ts';
import { judge, targeted } from './target.ts';

/** Returns the exit code. */
async function main(args: string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (options.list) {
    await list(options);
    return 0;
  }
  const results = options.from.length > 0 ? await earlier(options.from) : await measure(options);
  if (options.from.length > 0) for (const scenario of results.scenarios) print(scenario);
  for (const line of growthLines(results)) console.log(`\n${line}`);
  const verdicts = judge(results);
  if (verdicts.length > 0) console.log(`\nTargets\n${plainTable(targetTable(verdicts), 4)}`);
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
    console.log(`\nwrote ${options.json}`);
  }
  if (options.report !== undefined) {
    console.log(`\nwrote ${await writeReport(results, options.report)}`);
  }
  if (options.writeResults) {
    if (results.rounds < ROUNDS_MIN) throw new UsageError(TOO_FEW_ROUNDS);
    for (const line of await writeResults(results)) console.log(line);
  }
  const complete = results.scenarios.every(({ subjects }) =>
    subjects.every(({ rounds }) => !rounds.includes(null)),
  );
  return complete ? 0 : 1;
}

async function list({ own }: Options): Promise<void> {
  for (const { name, title } of SCENARIOS) console.log(`${name.padEnd(38)}  ${title}`);
  const { present, absent } = await findSystems(own);
  for (const { name, version } of present) console.log(`\n${name} ${version}`);
  for (const { name, reason } of absent) console.log(`\n${name}: ${reason}`);
}

async function measure(options: Options): Promise<Results> {
  const selected = usage(() => selectScenarios(options.scenarios));
  await build();
  const { present, absent } = await findSystems(options.own);
  const aimed = options.targets ? withTargets(selected, present) : selected;
  if (aimed.length === 0) throw new UsageError('none of these scenarios has a target');
  const scenarios = await fitIdle(aimed, options.connections);
  const wanted = wantedSubjects(
    options.systems,
    present,
    absent.map(({ name }) => name),
  );
  const date = new Date().toISOString();
  const machine = thisMachine();
  console.log(machineText(machine));
  console.log(present.map(({ name, version }) => `${name} ${version}`).join(', '));
  for (const { name, reason } of absent) console.log(`${name} is left out: ${reason}`);

  const directory = await mkdtemp(join(tmpdir(), 'zeromq-bench-'));
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop.abort(new Interrupted(signal));
      void endAll();
    });
  }
  const { rounds, duration } = options;
  const progress = new Progress(scenarios.length);
  const { signal } = stop;
  const countsHeap = !options.targets;
  const systems = present;
  const plan = { systems, wanted, rounds, duration, countsHeap, directory, progress, signal };
  try {
    const done: ScenarioResult[] = [];
    for (const scenario of scenarios) {
      const result = await runScenario(scenario, plan);
      if (result.subjects.length === 0) continue;
      done.push(result);
      print(result);
    }
    const versions = present.map(({ name, version }) => ({ name, version }));
    return {
      format: 1,
      date,
      machine,
      systems: versions,
      absent,
      rounds,
      duration,
      scenarios: done,
    };
  } finally {
    progress.clear();
    await endAll();
    await rm(directory, { recursive: true, force: true });
  }
}

function print(scenario: ScenarioResult): void {
  const leftColumns = scenario.metrics.length > 1 ? 2 : 1;
  console.log(`\n${scenario.title}\n${plainTable(scenarioTable(scenario), leftColumns)}`);
  const counts = countsTable(scenario);
  if (counts !== undefined) console.log(`\n${plainTable(counts)}`);
  for (const failure of failuresOf(scenario)) console.log(failure);
  for (const warning of scenario.warnings ?? []) console.log(`warning: ${warning}`);
}

async function earlier(files: readonly string[]): Promise<Results> {
  try {
    const results = await readResults(files);
    console.log(`${machineText(results.machine)}\n${versionsText(results)}\n${results.date}`);
    return results;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Those of `scenarios` that have a target, with the styles and systems that it takes to judge it. */
function withTargets(scenarios: readonly Scenario[], systems: readonly System[]): Scenario[] {
  const targets = targeted();
  return scenarios.flatMap((scenario) => {
    const target = targets.get(scenario.name);
    if (target === undefined) return [];
    const styles = scenario.styles.filter((style) => target.styles.has(style));
    const idle = systems.filter(({ name }) => name !== OURS && !target.against.has(name));
    const without = [...(scenario.without ?? []), ...idle.map(({ name }) => name)];
    return [{ ...scenario, styles, without }];
  });
}

/** Whether a subject is among those that `--system` names: all, where it names none. */
function wantedSubjects(
  patterns: readonly string[],
  present: readonly System[],
  absent: readonly string[],
): (subject: Subject) => boolean {
  const all = subjectsOf(present, ['await', 'iterate', 'try', 'batch']);
  const names = new Set(all.flatMap(({ name, system }) => [name, system]));
  for (const pattern of patterns) {
    if (names.has(pattern) || absent.includes(pattern)) continue;
    throw new UsageError(`no system "${pattern}"; there are ${[...names].sort().join(', ')}`);
  }
  if (patterns.length === 0) return () => true;
  return ({ name, system }) => patterns.includes(name) || patterns.includes(system);
}

/** The idle scenario with as many connections as were asked for, and as one process may have. */
async function fitIdle(scenarios: readonly Scenario[], wanted: number): Promise<Scenario[]> {
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', 'ulimit -H -n']);
  const limit = stdout.trim() === 'unlimited' ? Number.POSITIVE_INFINITY : Number(stdout);
  const possible = Math.min(wanted, limit - FILES_RESERVED);
  return scenarios.map((scenario) => {
    if (scenario.kind !== 'idle' || scenario.peers === possible) return scenario;
    if (possible < wanted) {
      console.log(
        `only ${possible} idle connections instead of ${wanted}: a process may open ${limit} files ` +
          'here (ulimit -H -n)',
      );
    }
    return {
      ...scenario,
      name: `idle-tcp-${possible}`,
      title: scenario.title.replace('10 000', String(possible)),
      label: scenario.label.replace('10 000', String(possible)),
      peers: possible,
    };
  });
}

function usage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The user or the system wants the run to end. */
class Interrupted extends Error {
  readonly code: number;

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super('interrupted');
    this.code = 128 + constants.signals[signal];
  }
}

/** The system that targets are for. */
const OURS = 'zeromq-pure';

/** Descriptors that a process has open besides its connections. */
const FILES_RESERVED = 100;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode =
    error instanceof UsageError ? 2 : error instanceof Interrupted ? error.code : 1;
}

/** `npm run bench:regress`: two commits by turns, and what has moved between them beyond noise. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { build, buildPackage, ROOT } from './build.ts';
import { endAll } from './child.ts';
import { digits, figure, plainTable } from './format.ts';
import { machineText, thisMachine } from './machine.ts';
import { movementOf } from './movement.ts';
import { positive, UsageError } from './options.ts';
import { Progress } from './progress.ts';
import { type ScenarioResult, valuesOf } from './results.ts';
import { runScenario } from './runner.ts';
import { selectScenarios } from './scenario.ts';
import { findSystems, type System, script } from './system.ts';

const USAGE = `Compares two commits of zeromq-pure by alternating runs, and says what has moved beyond noise.

  npm run bench:regress -- [options] [BASE [HEAD]]

  BASE              a commit, HEAD by default
  HEAD              another one; without it the files as they are here
  --scenario NAME   only this one, or all whose name contains NAME; may be repeated
                    by default ${['push-alone', 'pull-alone', 'req-rep-tcp-16B'].join(', ')}
  --style NAME      await, iterate, try or batch; may be repeated, by default await and batch
  --rounds N        rounds after the warm-up, 9 by default, at least 8
  --duration MS     what one measurement is to take, 1000 by default
  --list            show the scenarios
  --help            show this

A figure has moved when the median of its ratios, round by round, is more than 2 % from 1, and so is every value that the
median may have with a certainty of 99 %. Processor time is what counts on a machine that others use.`;

/** Returns the exit code: 1 when something is worse. */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const scenarios = selectScenarios(values.scenario);
  if (values.list) {
    for (const { name, title } of scenarios) console.log(`${name.padEnd(38)}  ${title}`);
    return 0;
  }
  const rounds = positive('--rounds', values.rounds, 1000);
  if (rounds < ROUNDS_MIN) throw new UsageError(`--rounds must be at least ${ROUNDS_MIN}`);
  const duration = positive('--duration', values.duration, 600_000);
  const directory = await mkdtemp(join(tmpdir(), 'zeromq-regress-'));
  const worktrees: string[] = [];
  try {
    await build();
    const [base = 'HEAD', head] = positionals;
    const compared = [
      await systemOf('base', base, directory, worktrees),
      head === undefined
        ? { ...pure(ROOT), name: 'head' }
        : await systemOf('head', head, directory, worktrees),
    ];
    const { present } = await findSystems();
    const systems = [...compared, ...present.filter(({ name }) => name === 'libzmq')];
    console.log(`${machineText(thisMachine())}\nbase ${base}, head ${head ?? 'as it is here'}`);
    const progress = new Progress(scenarios.length);
    const wanted = ({ system, style }: { system: string; style: string }): boolean =>
      system !== 'libzmq' && values.style.includes(style);
    const { signal } = new AbortController();
    const countsHeap = true;
    const plan = { systems, wanted, rounds, duration, countsHeap, directory, progress, signal };
    let worse = false;
    for (const scenario of scenarios) {
      const result = await runScenario(scenario, plan);
      worse = compare(result) || worse;
    }
    return worse ? 1 : 0;
  } finally {
    await endAll();
    for (const path of worktrees) await git('worktree', 'remove', '--force', path);
    await rm(directory, { recursive: true, force: true });
  }
}

/** Prints what a scenario has shown. True when something is worse. */
function compare({ title, metrics, subjects, warnings = [] }: ScenarioResult): boolean {
  let worse = false;
  const rows: string[][] = [];
  for (const base of subjects.filter(({ system }) => system === 'base')) {
    const head = subjects.find(({ system, style }) => system === 'head' && style === base.style);
    for (const { key, label, unit, better } of metrics) {
      const before = base.spreads[key];
      const after = head?.spreads[key];
      if (head === undefined || before === undefined || after === undefined) continue;
      const movement = movementOf(valuesOf(base, key), valuesOf(head, key));
      const { ratio, low, high, moved } = movement;
      const good = better === 'higher' ? ratio > 1 : ratio < 1;
      const verdict = !moved ? '' : good ? 'better' : 'WORSE';
      if (verdict === 'WORSE') worse = true;
      rows.push([
        base.style,
        label,
        figure(before.median, unit),
        figure(after.median, unit),
        `${digits(ratio)} (${digits(low)}–${digits(high)})`,
        verdict,
      ]);
    }
    rows.push(...countRows(base.style, base.counts, head?.counts));
  }
  const heading = ['style', 'figure', 'base', 'head', 'head to base, 99 %', ''];
  console.log(`\n${title}\n${plainTable([heading, ...rows], 2)}`);
  for (const warning of warnings) console.log(`warning: ${warning}`);
  return worse;
}

/** What is counted once has no noise worth the name, and no verdict. */
function countRows(
  style: string,
  base: Readonly<Record<string, number>> = {},
  head: Readonly<Record<string, number>> = {},
): string[][] {
  return Object.keys(base).flatMap((key) => {
    const [before, after] = [base[key], head[key]];
    if (before === undefined || after === undefined || !key.startsWith('allocated-')) return [];
    const label = `heap octets, ${key.split('-')[1]!.toUpperCase()}`;
    return [[style, label, digits(before), digits(after), digits(after / before), '']];
  });
}

/** `commit` in a folder of its own, built with the libraries of this one. */
async function systemOf(
  name: string,
  commit: string,
  directory: string,
  worktrees: string[],
): Promise<System> {
  const path = join(directory, name);
  await git('worktree', 'add', '--detach', '--quiet', path, commit);
  worktrees.push(path);
  await symlink(join(ROOT, 'node_modules'), join(path, 'node_modules'));
  await buildPackage(path);
  return { ...pure(path), name };
}

/** The package in the checkout `root`, driven by the ends of this one. */
function pure(root: string): Omit<System, 'name'> {
  const command = script('zeromq', join(root, 'lib/index.mjs'));
  return { version: root, command, countsHeap: true, styled: true };
}

async function git(...args: string[]): Promise<void> {
  await promisify(execFile)('git', args, { cwd: ROOT });
}

function parse(args: string[]) {
  try {
    const parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        scenario: { type: 'string', multiple: true },
        style: { type: 'string', multiple: true, default: ['await', 'batch'] },
        rounds: { type: 'string', default: '9' },
        duration: { type: 'string', default: '1000' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { positionals, values } = parsed;
    if (positionals.length > 2) throw new Error('two commits at most');
    const scenario = values.scenario ?? (values.list ? [] : DEFAULT_SCENARIOS);
    return { positionals, values: { ...values, scenario } };
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0]!);
  }
}

/** For fewer rounds no value of the median is certain to 99 %. */
const ROUNDS_MIN = 8;

const DEFAULT_SCENARIOS: string[] = ['push-alone', 'pull-alone', 'req-rep-tcp-16B'];

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench:regress: ${(error as Error).message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

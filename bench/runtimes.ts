/** `npm run bench:runtimes`: batches under each version of Node, Bun and Deno, beside a bare `node:net` loop of that runtime. */

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '../test/consumers/run.ts';
import { Installation, type Runtime, runtimesNamed } from '../test/support/runtimes.ts';
import { BUILT, build, packageVersion } from './build.ts';
import { endAll } from './child.ts';
import { digits, failuresOf, figure, plainTable } from './format.ts';
import { machineText, thisMachine } from './machine.ts';
import { positive, UsageError } from './options.ts';
import { Progress } from './progress.ts';
import { type ScenarioResult, valuesOf } from './results.ts';
import { runScenario } from './runner.ts';
import { pushPull, type Scenario, sizeText } from './scenario.ts';
import { ratioOf } from './statistics.ts';
import type { System } from './system.ts';

const USAGE = `Batches from PUSH to PULL over tcp under each runtime, beside a bare node:net loop of that runtime.

  npm run bench:runtimes -- [options] [NAME...]

  NAME            part of a name: "node 24", bun, deno; all by default. They come from the npm registry, Bun and Deno from
                  the environment (BUN, DENO) where that names a program; what cannot be installed is left out
  --rounds N      rounds after the warm-up, 3 by default
  --duration MS   what one measurement is to take, 1500 by default
  --help          show this`;

/** Returns the exit code. */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const rounds = positive('--rounds', values.rounds, 1000);
  const duration = positive('--duration', values.duration, 600_000);
  const runtimes = runtimesNamed(positionals);
  if (runtimes.length === 0) throw new UsageError(`no runtime "${positionals.join('", "')}"`);
  await build();
  const installation = await Installation.make();
  const directory = await mkdtemp(join(tmpdir(), 'zeromq-bench-'));
  try {
    await cp(join(BUILT, 'ends'), join(installation.folder, 'ends'), { recursive: true });
    console.log(`${machineText(thisMachine())}\nzeromq-pure ${packageVersion()}`);
    const progress = new Progress(runtimes.length * SCENARIOS.length);
    const wanted = (): boolean => true;
    const countsHeap = false;
    const { signal } = new AbortController();
    const plan = { wanted, rounds, duration, countsHeap, directory, progress, signal };
    const rows: string[][] = [];
    // Node's versions are installed in one place: each is measured before the next one comes.
    for (const runtime of runtimes) {
      const systems = await systemsOf(runtime, installation).catch(() => undefined);
      if (systems === undefined) {
        console.log(`${runtime.name} is left out: it cannot be installed here`);
        continue;
      }
      for (const scenario of SCENARIOS) {
        const result = await runScenario(scenario, { ...plan, systems });
        rows.push([systems[0].version, sizeText(scenario.size), ...cellsOf(result)]);
        for (const line of failuresOf(result)) console.log(`${runtime.name}: ${line}`);
        for (const line of result.warnings ?? []) console.log(`warning, ${runtime.name}: ${line}`);
      }
    }
    const heading = ['runtime', 'body', 'zeromq-pure', 'bare loop', 'ratio', `≥ ${BOUND}`];
    console.log(`\nPUSH/PULL over tcp, messages a second\n${plainTable([heading, ...rows], 2)}`);
    return rows.every((row) => row.at(-1) === 'hit') ? 0 : 1;
  } finally {
    await endAll();
    await rm(directory, { recursive: true, force: true });
    await installation.remove();
  }
}

/** The package, and the bare loop, under `runtime`. */
async function systemsOf(
  runtime: Runtime,
  installation: Installation,
): Promise<readonly [System, System]> {
  const program = await installation.programOf(runtime);
  const said = await run(program, ['--version'], installation.folder);
  const version = `${runtime.name.split(' ')[0]} ${/\d+\.\d+\.\d+/.exec(said)?.[0] ?? '?'}`;
  const end = (file: string): string => join(installation.folder, 'ends', file);
  const command = [program, ...runtime.flags];
  const rest = { version, countsHeap: false };
  return [
    { ...rest, name: OURS, command: [...command, end('zeromq.js'), OURS], styled: true },
    { ...rest, name: BARE, command: [...command, end('ceiling.js')], styled: false },
  ];
}

/** Both medians, their ratio round by round, and what became of the target. */
function cellsOf({ subjects, metrics }: ScenarioResult): string[] {
  const { key, unit } = metrics[0]!;
  const [ours, bare] = [OURS, BARE].map((name) => subjects.find(({ system }) => system === name)!);
  const shown = [ours, bare].map((subject) => {
    const spread = subject?.spreads[key];
    return spread === undefined ? '–' : figure(spread.median, unit);
  });
  const ratio = ratioOf(valuesOf(ours!, key), valuesOf(bare!, key));
  if (ratio === undefined) return [...shown, '–', 'not measured'];
  const { median, min, max } = ratio;
  const verdict = median >= BOUND ? 'hit' : 'missed';
  return [...shown, `${digits(median)} (${digits(min)}–${digits(max)})`, verdict];
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '3' },
        duration: { type: 'string', default: '1500' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0]!);
  }
}

const SCENARIOS: readonly Scenario[] = [64, 65_536, 4 * 1_048_576].map((size) => {
  return { ...pushPull('tcp', size, 1), styles: ['batch'] };
});
const OURS = 'zeromq-pure';
const BARE = 'ceiling';
/** The share of the bare loop that batches are to reach. */
const BOUND = 0.7;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench:runtimes: ${(error as Error).message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

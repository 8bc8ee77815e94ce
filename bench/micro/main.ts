/** `npm run bench:micro`: the price list of the hot path, nanoseconds for each operation. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import { plainTable } from '../format.ts';
import { positive, UsageError } from '../options.ts';
import { BATCH, type Suite } from './suite.ts';

const SUITES = ['decode', 'encode', 'ring', 'prefix', 'message', 'pipe', 'receive', 'curve'];

const USAGE = `Prices of single operations on the hot path, in nanoseconds.

  npm run bench:micro -- [--time MS] [SUITE...]

  --time MS  how long to measure each operation, 300 by default
  --help     show this

  SUITE      ${SUITES.join(', ')}; all by default

  npm run bench:micro -- ring prefix`;

/** Returns the exit code. */
async function main(args: string[]): Promise<number> {
  const { help, time, alone, names } = parse(args);
  if (help) {
    console.log(USAGE);
    return 0;
  }
  if (alone) {
    await runSuite(names[0]!, time);
    return 0;
  }
  // Each in a process of its own: what the compiler has learnt from one must not change the price of another.
  for (const name of names) {
    const line = [import.meta.filename, '--alone', '--time', String(time), name];
    const child = spawn(process.execPath, line, { stdio: 'inherit' });
    const [code, signal] = await once(child, 'close');
    if (code !== 0) throw new Error(`suite ${name} ended with ${signal ?? code}`);
  }
  return 0;
}

async function runSuite(name: string, time: number): Promise<void> {
  const { suite } = (await import(`./${name}.js`)) as { suite: Suite };
  const bench = new Bench({ time, warmupTime: time / 3, throws: true });
  const divisors = new Map<string, number>();
  for (const each of suite.cases) {
    divisors.set(each.name, each.times ?? BATCH);
    bench.add(each.name, each.run, { async: each.run.constructor.name === 'AsyncFunction' });
  }
  await bench.run();
  const rows = bench.tasks.map(({ name, result }) => {
    if (!('latency' in result)) return [name, 'failed', '', '', ''];
    const { p50, min, p99, samplesCount } = result.latency;
    const price = (milliseconds: number): string =>
      ((milliseconds * 1e6) / divisors.get(name)!).toFixed(1);
    return [name, price(p50), price(min), price(p99), String(samplesCount)];
  });
  const heading = ['nanoseconds each', 'median', 'min', 'p99', 'runs'];
  console.log(`\n${suite.name}: ${suite.rule}\n${plainTable([heading, ...rows])}`);
}

function parse(args: string[]): { help: boolean; alone: boolean; time: number; names: string[] } {
  let parsed: ReturnType<typeof parseLine>;
  try {
    parsed = parseLine(args);
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0]!);
  }
  const { values, positionals } = parsed;
  for (const name of positionals) {
    if (!SUITES.includes(name)) {
      throw new UsageError(`no suite "${name}"; there are ${SUITES.join(', ')}`);
    }
  }
  return {
    help: values.help,
    alone: values.alone,
    time: positive('--time', values.time, 600_000),
    names: positionals.length > 0 ? positionals : SUITES,
  };
}

function parseLine(args: string[]) {
  return parseArgs({
    args,
    allowPositionals: true,
    options: {
      time: { type: 'string', default: '300' },
      alone: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench:micro: ${(error as Error).message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

/** `npm run bench:micro`: the price list of the hot path, nanoseconds for each operation. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BUILT, build } from '../build.ts';
import { positive, UsageError } from '../options.ts';

const SUITES = [
  'decode',
  'encode',
  'ring',
  'prefix',
  'message',
  'pipe',
  'receive',
  'curve',
  'allocation',
];

const USAGE = `Prices of single operations on the hot path, in nanoseconds; and what a message takes from the heap, in octets.

  npm run bench:micro -- [--time MS] [SUITE...]

  --time MS  how long to measure each operation, 300 by default
  --help     show this

  SUITE      ${SUITES.join(', ')}; all by default

  npm run bench:micro -- ring prefix`;

/** Returns the exit code. */
async function main(args: string[]): Promise<number> {
  const { help, time, names } = parse(args);
  if (help) {
    console.log(USAGE);
    return 0;
  }
  await build();
  // Each in a process of its own: what the compiler has learnt from one must not change the price of another.
  for (const name of names) {
    const line =
      name === 'allocation'
        ? [
            '--expose-gc',
            '--min-semi-space-size=128',
            '--max-semi-space-size=128',
            join(BUILT, 'micro/allocation.js'),
          ]
        : [join(BUILT, 'micro/alone.js'), name, String(time)];
    const child = spawn(process.execPath, line, { stdio: 'inherit' });
    const [code, signal] = await once(child, 'close');
    if (code !== 0) throw new Error(`suite ${name} ended with ${signal ?? code}`);
  }
  return 0;
}

function parse(args: string[]): { help: boolean; time: number; names: string[] } {
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

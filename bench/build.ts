/**
 * Build: the harness runs from its sources, what it measures from `build` and `lib`. They are made when something is to be
 * measured, so that `--help` and `--list` need no build.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The checkout that this harness belongs to. */
export const ROOT: string = join(import.meta.dirname, '..');

/** Where the ends and the suites are, once they are compiled. */
export const BUILT: string = join(ROOT, 'build/bench');

/** `0.1.0`: of the package in this checkout. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;
}

/** Compiles the package and the ends of this checkout. @throws Error when a compiler says no */
export async function build(): Promise<void> {
  await buildPackage(ROOT);
  await run(ROOT, 'tsc', '-p', 'bench');
}

/** Compiles the package alone, in any checkout that has its `node_modules`. */
export async function buildPackage(root: string): Promise<void> {
  await run(root, 'tsc', '-p', 'src');
  await run(root, 'tsx', 'scripts/bundle.ts');
}

async function run(root: string, program: string, ...args: string[]): Promise<void> {
  const path = join(root, 'node_modules/.bin', program);
  const child = spawn(path, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${signal ?? code}`);
}

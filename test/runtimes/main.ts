/**
 * Runtimes: `conformance.mjs` under each runtime that can be had, on the package as it is installed from its tarball. By
 * `npm run test:runtimes`, or with parts of names: `npm run test:runtimes -- bun`. What cannot be installed is skipped.
 */

import { access, copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../consumers/run.ts';

const ROOT = join(import.meta.dirname, '../..');
const { platform, arch } = process;

interface Runtime {
  readonly name: string;
  /** The package that brings it, and where its program is in there. */
  readonly package: string;
  readonly program: string;
  /** What its program is told before the file to run. */
  readonly flags: readonly string[];
  /** Checks that are known to fail there, by the beginning of their titles. */
  readonly lacks: readonly string[];
}

const RUNTIMES: readonly Runtime[] = [
  ...[20, 22, 24, 26].map((version) => ({
    name: `Node ${version}`,
    package: `node-${platform}-${arch}@${version}`,
    program: `node-${platform}-${arch}/bin/node`,
    flags: [],
    lacks: [],
  })),
  {
    name: 'Bun',
    package: `@oven/bun-${platform}-${arch}`,
    program: `@oven/bun-${platform}-${arch}/bin/bun`,
    flags: [],
    lacks: ['bindSync over tcp', 'bindSync over ipc'],
  },
  {
    name: 'Deno',
    package: 'deno',
    program: `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}/deno`,
    flags: ['run', '-A'],
    lacks: [],
  },
];

const counts = { passed: 0, failed: 0, skipped: 0 };
const wanted = process.argv.slice(2).map((part) => part.toLowerCase());
const folder = await mkdtemp(join(tmpdir(), 'zeromq-pure-runtimes-'));
try {
  await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], ROOT);
  const [tarball = ''] = await readdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  await install(`./${tarball}`);
  await copyFile(join(import.meta.dirname, 'conformance.mjs'), join(folder, 'conformance.mjs'));
  for (const runtime of RUNTIMES) {
    const named = runtime.name.toLowerCase();
    if (wanted.length > 0 && !wanted.some((part) => named.includes(part))) continue;
    await check(runtime);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
if (counts.failed > 0) process.exitCode = 1;

/** One line for a runtime, and one for each check that fails there and should not. */
async function check(runtime: Runtime): Promise<void> {
  const program = await programOf(runtime).catch(() => undefined);
  if (program === undefined) {
    counts.skipped++;
    console.log(`skipped ${runtime.name}: it cannot be installed here`);
    return;
  }
  const version = (await run(program, ['--version'], folder)).split('\n', 1)[0];
  const said = await run(program, [...runtime.flags, 'conformance.mjs'], folder).catch(
    (error: Error) => error.message,
  );
  const failures: string[] = said.match(/^failed: .*/gm) ?? [];
  const known = (line: string) =>
    runtime.lacks.some((title) => line.startsWith(`failed: ${title}`));
  const strange = failures.filter((line) => !known(line));
  const [total] = /^\d+ of \d+$/m.exec(said) ?? [];
  if (total === undefined) strange.push(`it did not come to its end: ${said.slice(-500)}`);
  counts[strange.length === 0 ? 'passed' : 'failed']++;
  console.log(`${runtime.name} (${version}): ${total ?? 'no count'}`);
  for (const line of failures) console.log(`  ${known(line) ? 'known, ' : ''}${line}`);
  for (const line of strange.filter((each) => !failures.includes(each))) console.log(`  ${line}`);
}

/** That of the environment (`BUN`, `DENO`), or of the package. */
async function programOf({ name, package: wants, program }: Runtime): Promise<string> {
  const named = process.env[name.toUpperCase()];
  if (named) return named;
  // Node's come one after the other, in one place.
  await install(wants);
  const file = join(folder, 'node_modules', program);
  await access(file);
  return file;
}

async function install(name: string): Promise<void> {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
  await run('npm', ['install', ...quiet, name], folder);
}

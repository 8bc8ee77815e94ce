/**
 * Runtimes: `conformance.mjs` under each runtime that can be had, on the package as it is installed from its tarball. By
 * `npm run test:runtimes`, or with parts of names: `npm run test:runtimes -- bun`. What cannot be installed is skipped.
 */

import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../consumers/run.ts';
import { Installation, type Runtime, runtimesNamed } from '../support/runtimes.ts';

const counts = { passed: 0, failed: 0, skipped: 0 };
const installation = await Installation.make();
const { folder } = installation;
try {
  await copyFile(join(import.meta.dirname, 'conformance.mjs'), join(folder, 'conformance.mjs'));
  for (const runtime of runtimesNamed(process.argv.slice(2))) await check(runtime);
} finally {
  await installation.remove();
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
if (counts.failed > 0) process.exitCode = 1;

/** One line for a runtime, and one for each check that fails there and should not. */
async function check(runtime: Runtime): Promise<void> {
  const program = await installation.programOf(runtime).catch(() => undefined);
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

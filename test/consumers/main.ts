/**
 * Consumers: projects of others that use the package, each installed from its tarball into a folder of its own, and run. By
 * `npm run test:consumers`, or with parts of names: `npm run test:consumers -- jest sea`. What cannot be installed is skipped.
 */

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PAGES } from './pages.ts';
import { PROJECTS, type Project, type Step } from './projects.ts';
import { NotHere, run } from './run.ts';
import { COMPILERS } from './typescript.ts';

const ROOT = join(import.meta.dirname, '../..');

const counts = { passed: 0, failed: 0, skipped: 0 };
const wanted = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'zeromq-pure-consumers-'));
try {
  await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], ROOT);
  const [tarball = ''] = await readdir(folder);
  for (const project of [...PROJECTS, ...PAGES, ...COMPILERS]) {
    if (wanted.length > 0 && !wanted.some((part) => project.name.includes(part))) continue;
    await consume(project, join(folder, tarball));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(
  `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped (Node ${process.version})`,
);
if (counts.failed > 0) process.exitCode = 1;

/** Installs a project and takes its steps. Each is counted. */
async function consume(project: Project, tarball: string): Promise<void> {
  const cwd = join(folder, project.name.replaceAll(/\W+/g, '-'));
  await mkdir(cwd);
  try {
    const manifest = { name: 'consumer', private: true, ...project.manifest };
    await writeFile(join(cwd, 'package.json'), JSON.stringify(manifest));
    for (const [name, text] of Object.entries(project.files))
      await writeFile(join(cwd, name), text);
    // Under the name that programs written for zeromq.js ask for, too.
    const ours = [`zeromq-pure@file:${tarball}`, `zeromq@file:${tarball}`];
    const packages = [...ours, ...project.packages];
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--legacy-peer-deps'];
    try {
      await run('npm', ['install', ...quiet, ...packages], cwd);
    } catch (error) {
      for (const { title } of project.steps) {
        count('skipped', `${project.name}: ${title}`, `cannot be installed: ${reasonOf(error)}`);
      }
      return;
    }
    if (project.without !== undefined) {
      for (const name of project.without) {
        await rm(join(cwd, 'node_modules', name), { recursive: true });
      }
    }
    for (const step of project.steps) await take(step, project, cwd);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

async function take(step: Step, project: Project, cwd: string): Promise<void> {
  const title = `${project.name}: ${step.title}`;
  try {
    await step.take(cwd);
    count('passed', title);
  } catch (error) {
    if (error instanceof NotHere) count('skipped', title, error.message);
    else count('failed', title, String((error as Error).message));
  }
}

function count(outcome: keyof typeof counts, title: string, why?: string): void {
  counts[outcome]++;
  console.log(`${outcome.padEnd(8)}${title}${why === undefined ? '' : ` – ${why}`}`);
}

function reasonOf(error: unknown): string {
  const lines = String((error as Error).message).split('\n');
  return lines.find((line) => /npm error/.test(line)) ?? lines[0]!;
}

/** Runtimes: Node's versions, Bun and Deno, as packages bring them, and the package as it is installed from its tarball. */

import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../consumers/run.ts';

const ROOT = join(import.meta.dirname, '../..');
const { platform, arch } = process;

/** One of them. */
export interface Runtime {
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
    lacks: [],
  },
  {
    name: 'Deno',
    package: 'deno',
    program: `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}/deno`,
    flags: ['run', '-A'],
    lacks: [],
  },
];

/** Those whose name contains one of `parts`; all for none. */
export function runtimesNamed(parts: readonly string[]): Runtime[] {
  const wanted = parts.map((part) => part.toLowerCase());
  return RUNTIMES.filter(({ name }) => {
    return wanted.length === 0 || wanted.some((part) => name.toLowerCase().includes(part));
  });
}

/** A folder in which the package is installed. `remove` it afterwards. */
export class Installation {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Packs and installs the package of this checkout, whose `lib` must be there. */
  static async make(): Promise<Installation> {
    const folder = await mkdtemp(join(tmpdir(), 'zeromq-pure-runtimes-'));
    const made = new Installation(folder);
    try {
      await run(
        'npm',
        ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder],
        ROOT,
      );
      const [tarball = ''] = await readdir(folder);
      await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
      await made.#install(`./${tarball}`);
      return made;
    } catch (error) {
      await made.remove();
      throw error;
    }
  }

  /** The program of a runtime: that of the environment (`BUN`, `DENO`), or of its package. Rejects where it cannot be installed. */
  async programOf({ name, package: wants, program }: Runtime): Promise<string> {
    const named = process.env[name.toUpperCase()];
    if (named) return named;
    // Node's come one after the other, in one place.
    await this.#install(wants);
    const file = join(this.folder, 'node_modules', program);
    await access(file);
    return file;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async #install(name: string): Promise<void> {
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
    await run('npm', ['install', ...quiet, name], this.folder);
  }
}

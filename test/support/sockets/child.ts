/** A program in a process of its own that uses the package as it is compiled. Needs `dist`. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TearDown } from '../local.ts';

/** What such a program imports. */
export const DOOR = new URL('../../../dist/index.js', import.meta.url).href;

/** `program` knows the package as `zmq`, and `endpoint`. */
export class Child {
  stdout = '';
  stderr = '';
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #watchers = new Set<() => void>();

  constructor(t: TearDown, program: string, endpoint = '') {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const code = `import * as zmq from '${DOOR}'; const endpoint = '${endpoint}'; ${program}`;
    this.#process = spawn('node', ['--expose-gc', '--input-type=module', '-e', code], { env });
    t.teardown(() => this.#process.kill('SIGKILL'));
    this.#process.stdout!.on('data', (text) => this.#add({ stdout: this.stdout + text }));
    this.#process.stderr!.on('data', (text) => this.#add({ stderr: this.stderr + text }));
    this.#ended = once(this.#process, 'close');
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Something on its standard input. */
  say(text: string): void {
    this.#process.stdin!.write(text);
  }

  /** The exit code. */
  async ended(): Promise<number | null> {
    await this.#ended;
    return this.#process.exitCode;
  }

  async says(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void> {
    while (!pattern.test(this[stream])) {
      const more = new Promise<void>((resolve) => this.#watchers.add(resolve));
      const over = await Promise.race([more, this.#ended.then(() => true)]);
      if (over && !pattern.test(this[stream])) {
        throw new Error(`no ${pattern}: ${this.stdout}${this.stderr}`);
      }
    }
  }

  #add(change: { stdout: string } | { stderr: string }): void {
    Object.assign(this, change);
    for (const watcher of this.#watchers) watcher();
    this.#watchers.clear();
  }
}

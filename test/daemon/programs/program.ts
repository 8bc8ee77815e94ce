/** A run of `crew.mjs`. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Test } from 'tap';
import { PATIENCE } from '../../support/patience.ts';

const PROGRAM = join(import.meta.dirname, 'crew.mjs');

/** A run of the program, and what it says on stderr. */
export class Program {
  readonly child: ChildProcess;
  readonly code: Promise<number>;
  text = '';
  readonly #watchers = new Set<() => void>();

  constructor(t: Test, extra: Record<string, string>, ...argv: string[]) {
    // The runner's loaders are not for the program under test.
    const { NODE_OPTIONS: _, ...env } = { ...process.env, ...extra };
    this.child = spawn(process.execPath, [PROGRAM, ...argv], {
      env,
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.text += text;
      for (const look of this.#watchers) look();
    });
    this.code = once(this.child, 'close').then(([code]) => code as number);
    t.teardown(() => this.child.kill('SIGKILL'));
  }

  /** Resolves when it has said something that matches. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`never said ${pattern}, only:\n${this.text}`));
      }, PATIENCE);
      const look = () => {
        const found = pattern.exec(this.text);
        if (found === null) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve(found);
      };
      this.#watchers.add(look);
      look();
    });
  }
}

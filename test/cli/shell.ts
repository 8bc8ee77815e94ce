/** The shell for tests of the command line: runs the built program as a user would, through pipes or a terminal. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Test } from 'tap';
import { PATIENCE } from '../support/patience.ts';

/** The built program. */
export const PROGRAM: string = join(import.meta.dirname, '../../dist/cli/main.js');

/** What a program has said, and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that is running. */
export class Running {
  stdout = '';
  stderr = '';
  readonly over: Promise<Outcome>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #watchers = new Set<() => void>();

  constructor(command: string, args: readonly string[]) {
    // The test runner's loaders are not for the program under test.
    // A person's terminal has none of these; CI says by `CI` that it shows no colours.
    const { NODE_OPTIONS: _, NO_COLOR: __, FORCE_COLOR: ___, CI: ____, ...env } = process.env;
    const child = spawn(command, args, { env: { ...env, TERM: 'xterm-256color' } });
    this.#child = child;
    child.stdin.on('error', () => {});
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        this[name] += text;
        for (const look of [...this.#watchers]) look();
      });
    }
    this.over = new Promise((resolve) => {
      child.on('close', (code) => {
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
        for (const look of [...this.#watchers]) look();
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Types `text`. */
  type(text: string | Buffer): this {
    this.#child.stdin.write(text);
    return this;
  }

  /** Ends standard input. */
  eof(): this {
    this.#child.stdin.end();
    return this;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when standard output, or error, matches `pattern`. */
  said(
    pattern: RegExp,
    where: 'stdout' | 'stderr' = 'stdout',
    patience = PATIENCE,
  ): Promise<string[]> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        settle();
      };
      const complain = (): void => {
        finish(() => reject(new Error(`never said ${pattern}: ${this.stdout}${this.stderr}`)));
      };
      const look = (): void => {
        const found = pattern.exec(this[where]);
        if (found !== null) finish(() => resolve([...found]));
        else if (this.#child.exitCode !== null)
          setImmediate(() => pattern.test(this[where]) || complain());
      };
      const timer = setTimeout(complain, patience);
      this.#watchers.add(look);
      look();
    });
  }

  /** Where it says that it listens. */
  async endpoint(where: 'stdout' | 'stderr' = 'stderr'): Promise<string> {
    const [, endpoint = ''] = await this.said(/listening on (\S+)/, where);
    return endpoint;
  }
}

/** Starts `zeromq-pure` with these arguments and pipes at all ends. */
export function start(t: Test, ...args: string[]): Running {
  return tended(t, new Running(process.execPath, [PROGRAM, ...args]));
}

/** Runs it to its end, with `input` as standard input. */
export function run(
  t: Test,
  args: readonly string[],
  input: string | Buffer = '',
): Promise<Outcome> {
  return start(t, ...args)
    .type(input)
    .eof().over;
}

/** Starts it on a terminal of its own: what a person would see is all on `stdout`. */
export function startOnTerminal(t: Test, ...args: string[]): Running {
  const words = [process.execPath, PROGRAM, ...args].map(
    (word) => `'${word.replaceAll("'", "'\\''")}'`,
  );
  // In place of the shell, which would get Ctrl-C as well, and not every shell survives that.
  return tended(t, new Running('script', ['-qec', `exec ${words.join(' ')}`, '/dev/null']));
}

/** Runs a line of shell, in which `zeromq-pure` is the program. */
export function shell(t: Test, line: string): Running {
  const program = `zeromq-pure() { '${process.execPath}' '${PROGRAM}' "$@"; }`;
  return tended(t, new Running('bash', ['-c', `${program}\n${line}`]));
}

function tended(t: Test, running: Running): Running {
  t.teardown(() => running.kill('SIGKILL'));
  return running;
}

/** The stage for examples in a test: plays roles in this process, keeps what they say, compares it with the tour. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Run } from '../../examples/role.ts';
import { PATIENCE } from '../support/patience.ts';

/** The endpoint to listen on in a test. */
export const ANYWHERE = 'tcp://127.0.0.1:*';

/** A role that is being played. */
export class Played<T = void> {
  readonly label: string;
  readonly lines: string[] = [];
  /** Settles when the role has ended; to undefined when it was told to. */
  readonly over: Promise<T | undefined>;
  readonly #stop = new AbortController();
  readonly #watchers = new Set<() => void>();

  constructor(label: string, role: (run: Run) => Promise<T>) {
    this.label = label;
    const { signal } = this.#stop;
    const log = (line: string): void => {
      this.lines.push(line);
      for (const look of [...this.#watchers]) look();
    };
    this.over = role({ signal, log }).catch((error) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    // Who waits for the end hears of a failure, and so does who waits for a line.
    this.over.catch(() => {});
  }

  /** Tells the role to end, and waits until it has. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.over;
  }

  /** Resolves when `count` lines match `pattern`, to the last of these. */
  line(pattern: RegExp, count = 1, patience = PATIENCE): Promise<string> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        settle();
      };
      const look = (): void => {
        const found = this.lines.filter((line) => pattern.test(line))[count - 1];
        if (found !== undefined) finish(() => resolve(found));
      };
      const timer = setTimeout(() => {
        const said = this.lines.join('\n  ');
        finish(() => reject(new Error(`${this.label} has not said ${pattern}:\n  ${said}`)));
      }, patience);
      this.over.catch((error) => finish(() => reject(error)));
      this.#watchers.add(look);
      look();
    });
  }

  /** The endpoint in the first line that matches `pattern`: where the role listens. */
  async endpoint(pattern = /^listening on/): Promise<string> {
    return /\w+:\/\/\S+/.exec(await this.line(pattern))![0];
  }
}

/** Plays a role until it ends, or the test does. */
export function play<T>(t: Test, label: string, role: (run: Run) => Promise<T>): Played<T> {
  const played = new Played(label, role);
  t.teardown(() => played.stop().catch(() => {}));
  return played;
}

/**
 * Asserts that the tour's transcript of `example` is what these roles have said: for each role the same lines in
 * the same order, whatever the numbers in them. In the tour `…` stands for any lines, or for any text in a line.
 */
export async function asInTour(t: Test, example: string, roles: Played<unknown>[]): Promise<void> {
  const tour = await readFile(join(import.meta.dirname, '../../examples/README.md'), 'utf8');
  const opening = `$ node build/examples/${example}.js\n`;
  const start = tour.indexOf(opening);
  if (start < 0) return void t.fail(`the tour has no transcript of ${example}`);
  const transcript = tour.slice(start + opening.length, tour.indexOf('\n```', start));
  const told = new Map<string, string[]>();
  for (const line of transcript.split('\n')) {
    const colon = line.indexOf(': ');
    const label = line.slice(0, colon);
    told.set(label, [...(told.get(label) ?? []), line.slice(colon + 2)]);
  }
  t.same(
    [...told.keys()].sort(),
    roles
      .filter(({ lines }) => lines.length > 0)
      .map(({ label }) => label)
      .sort(),
    'the tour has these roles',
  );
  for (const { label, lines } of roles) {
    const pattern = (told.get(label) ?? []).map(patternOf).join('');
    const said = `${lines.map(shapeOf).join('\n')}\n`;
    t.match(
      lines.length === 0 ? '' : said,
      new RegExp(`^${pattern}$`),
      `${label} says what the tour shows`,
    );
  }
}

/** A line with every number replaced. */
function shapeOf(line: string): string {
  return line.replace(/-?\d+(\.\d+)*/g, '#');
}

function patternOf(line: string): string {
  if (line === '…') return '(?:[^\\n]*\\n)*';
  const literal = shapeOf(line).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return `${literal.replaceAll('…', '[^\\n]*')}\\n`;
}

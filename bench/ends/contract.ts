/**
 * Contract: how an end talks with the runner. The same for every system and language:
 *
 *     PROGRAM ROLE key=value…        its command line
 *     { "ready": true, … }           a line it prints when it can be used
 *     go, mark, count                lines it is told
 *     { "measuring": true }          a line it prints when the warm-up is over, if it is the end that measures
 *     { "result": { … } }            a line it prints when it has measured
 *     { "count": { … } }             a line it prints when it is told `count` a second time (JavaScript only)
 *
 * It ends when its standard input does, so that it cannot outlive the runner.
 */

import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { HeapCount } from './heap-count.ts';

/** What the command line of an end says. */
export class Orders {
  readonly role: string;
  readonly #values: ReadonlyMap<string, string>;

  constructor(args: readonly string[]) {
    const [role = '', ...pairs] = args;
    this.role = role;
    this.#values = new Map(
      pairs.map((pair) => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at), pair.slice(at + 1)];
      }),
    );
  }

  text(key: string): string {
    const value = this.#values.get(key);
    if (value === undefined) throw new Error(`${this.role} needs ${key}=`);
    return value;
  }

  number(key: string): number {
    const value = Number(this.text(key));
    if (!Number.isFinite(value)) throw new Error(`${this.role}: ${key} is not a number`);
    return value;
  }
}

/** Print one fact for the runner. In this very call: what follows may keep the event loop busy. */
export function say(fact: object): void {
  writeSync(1, `${JSON.stringify(fact)}\n`);
}

/** Lines of standard input that nobody has waited for yet, and who waits for one. */
const heard: string[] = [];
const waiting = new Map<string, () => void>();

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'count') {
      count();
      return;
    }
    const resolve = waiting.get(line);
    if (resolve === undefined) heard.push(line);
    waiting.delete(line);
    resolve?.();
  })
  .on('close', () => process.exit(0));

/** Settles when the runner has said `word`. */
export function told(word: string): Promise<void> {
  const at = heard.indexOf(word);
  if (at >= 0) {
    heard.splice(at, 1);
    return Promise.resolve();
  }
  return new Promise((resolve) => waiting.set(word, resolve));
}

/** The first `count` begins it, the second one ends it. */
function count(): void {
  if (counting !== undefined) say({ count: counting.stop() });
  counting = counting === undefined ? new HeapCount() : undefined;
}

let counting: HeapCount | undefined;

/**
 * Sockets that have sent all: when nobody refers to one any more, it is closed with what still waits in it, and the receiver
 * would wait for ever.
 */
export const held: unknown[] = [];

/** Milliseconds, from any fixed moment. */
export function now(): number {
  return performance.now();
}

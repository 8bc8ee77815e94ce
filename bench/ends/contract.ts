/**
 * Contract: how an end talks with the runner. The same for every system and language:
 *
 *     PROGRAM ROLE key=value…        its command line
 *     { "ready": true, … }           a line it prints when it can be used
 *     go, mark                       lines it is told
 *     { "result": { … } }            a line it prints when it has measured
 *
 * It ends when its standard input does, so that it cannot outlive the runner.
 */

import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

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

/** Milliseconds, from any fixed moment. */
export function now(): number {
  return performance.now();
}

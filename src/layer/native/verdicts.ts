/** Verdicts: the numbers of a process's messages that were refused for one reason, until it knows. */

import { type Range, toRanges } from './fields.ts';

export class Verdicts {
  /** Ascending. */
  readonly #numbers: number[] = [];
  /** How many of the numbers the process was told on its present connection. */
  #told = 0;

  add(number: number): void {
    this.#numbers.push(number);
    if (this.#numbers.length <= 2 * VERDICTS_MAX) return;
    this.#numbers.splice(0, VERDICTS_MAX);
    this.#told = Math.max(0, this.#told - VERDICTS_MAX);
  }

  /** The numbers that the process was not told; they count as told from now on. */
  take(): Range[] {
    if (this.#told === this.#numbers.length) return [];
    const fresh = toRanges(this.#numbers.slice(this.#told));
    this.#told = this.#numbers.length;
    return fresh;
  }

  /** For a new connection: the numbers beyond `acked`, the last one whose fate the process knows. */
  takeAfter(acked: number): Range[] {
    this.#told = this.#numbers.length;
    return toRanges(this.#numbers.filter((number) => number > acked));
  }
}

/** A process has fewer unconfirmed messages than this. */
const VERDICTS_MAX = 8192;

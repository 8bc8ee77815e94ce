/** Verdicts: which of a process's messages were not taken, for one reason, until it knows. */

import { type Range, toRanges } from './fields.ts';

export class Verdicts {
  /** Ascending. */
  readonly #numbers: number[] = [];
  /** How many of them the process was told on its present connection. */
  #told = 0;

  add(number: number): void {
    this.#numbers.push(number);
    if (this.#numbers.length <= 2 * VERDICTS_MAX) return;
    this.#numbers.splice(0, VERDICTS_MAX);
    this.#told = Math.max(0, this.#told - VERDICTS_MAX);
  }

  /** Those that it was not told; now it is. */
  take(): Range[] {
    if (this.#told === this.#numbers.length) return [];
    const fresh = toRanges(this.#numbers.slice(this.#told));
    this.#told = this.#numbers.length;
    return fresh;
  }

  /** On another connection: those beyond `acked`, the last number whose fate it knows. */
  takeAfter(acked: number): Range[] {
    this.#told = this.#numbers.length;
    return toRanges(this.#numbers.filter((number) => number > acked));
  }
}

/** A process has fewer messages than that unconfirmed. */
const VERDICTS_MAX = 8192;

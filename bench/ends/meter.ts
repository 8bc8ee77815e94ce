/** Meter: from the end of the warm-up to the last message, how long and how many. */

import { now, say } from './contract.ts';

export class Meter {
  readonly #first: number;
  readonly #last: number;
  #seen = 0;
  #seenAtStart = 0;
  #startedAt = 0;

  /** Measures `count` messages that come after `warmup` others. */
  constructor(warmup: number, count: number) {
    this.#first = warmup;
    this.#last = warmup + count;
  }

  /** `count` more messages are here; true if the warm-up ends with them. Hot. */
  passed(count: number): boolean {
    const before = this.#seen;
    const seen = before + count;
    this.#seen = seen;
    if (before >= this.#first || seen < this.#first) return false;
    say({ measuring: true });
    this.#startedAt = now();
    this.#seenAtStart = seen;
    return true;
  }

  get over(): boolean {
    return this.#seen >= this.#last;
  }

  /** Call when it is over. */
  get result(): { seconds: number; messages: number } {
    const seconds = (now() - this.#startedAt) / 1000;
    return { seconds, messages: this.#seen - this.#seenAtStart };
  }
}

/** The latency below which a share of `sorted` round trips was, in microseconds. */
export function percentile(sorted: Float64Array, share: number): number {
  const index = Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1);
  return sorted[Math.max(0, index)]! * 1000;
}

/** Round trips per second and their latencies. `times` are milliseconds each. */
export function roundTripResult(times: Float64Array, seconds: number): Record<string, number> {
  const sorted = times.slice().sort();
  return {
    seconds,
    messages: times.length,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    p999: percentile(sorted, 0.999),
  };
}

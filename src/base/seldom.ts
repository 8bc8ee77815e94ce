/** Seldom: what happens often is reported once in an interval, with how many times it has happened. */

export class Seldom {
  readonly #interval: number;
  /** By what happens: how many times it has since the last report, and when that was. */
  readonly #records = new Map<string, { count: number; since: number }>();

  /** `interval`: milliseconds between two reports of the same thing. */
  constructor(interval: number) {
    this.#interval = interval;
  }

  /**
   * `what` has happened `count` times at `now`, in milliseconds of any clock. Returns how many to report now, with those that
   * were not reported when they happened; 0 = report none yet.
   */
  due(what: string, now: number, count = 1): number {
    const record = this.#records.get(what);
    if (record !== undefined && now - record.since < this.#interval) {
      record.count += count;
      return 0;
    }
    if (this.#records.size >= THINGS_MAX) this.#records.clear();
    this.#records.set(what, { count: 0, since: now });
    return count + (record?.count ?? 0);
  }
}

/** Different things that are remembered at a time. */
const THINGS_MAX = 1000;

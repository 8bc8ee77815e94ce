/** Throttle: when to stop reading because too much waits elsewhere, and when to go on. */

/** Pauses at the high-water mark and resumes at half of it; in between it does not change, so that it does not toggle with every message. */
export class Throttle {
  /** Messages at which reading pauses. */
  readonly highWaterMark: number;
  /** Messages at which reading resumes: half of it. */
  readonly lowWaterMark: number;
  #closed = false;

  constructor(highWaterMark: number) {
    this.highWaterMark = highWaterMark;
    this.lowWaterMark = Math.floor(highWaterMark / 2);
  }

  /** Whether reading is paused. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Takes the number of messages that wait. Returns whether that has closed or opened it; undefined = neither. */
  measure(count: number): 'closed' | 'opened' | undefined {
    if (!this.#closed && count >= this.highWaterMark) {
      this.#closed = true;
      return 'closed';
    }
    if (this.#closed && count <= this.lowWaterMark) {
      this.#closed = false;
      return 'opened';
    }
    return undefined;
  }
}

/** Throttle: when reading pauses because too many messages wait to be sent, and when it resumes. */

/** Pauses at the high-water mark and resumes at half of it, so that it does not toggle with every message. */
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

  /** Takes the number of waiting messages. Returns whether this has closed or opened the throttle; undefined = neither. */
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

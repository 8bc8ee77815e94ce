/** Throttle: when to stop reading because too much waits elsewhere, and when to go on. */

/** Closed at the mark, open again at half of it: between the two it stays as it is, so that it does not flap. */
export class Throttle {
  readonly highWaterMark: number;
  readonly lowWaterMark: number;
  #closed = false;

  constructor(highWaterMark: number) {
    this.highWaterMark = highWaterMark;
    this.lowWaterMark = Math.floor(highWaterMark / 2);
  }

  /** Whether reading rests. */
  get closed(): boolean {
    return this.#closed;
  }

  /** `count` messages wait. Says what that has changed, if anything. */
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

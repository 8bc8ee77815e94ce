/** RemoteClock: the clock of another process on ours, and so how long messages were on their way. */

/**
 * Clocks of two processes differ by an offset that nobody knows, and a message is at least as old as the least difference
 * between its arrival and its stamp that was ever seen. So a message that waited in a stopped process, or in the buffers
 * before it, is known to be old, although neither clock need be right. The time that every message takes is not counted.
 *
 * Clocks also drift: only differences of the last 10 to 20 minutes count.
 */
export class RemoteClock {
  #windowStart = Number.NEGATIVE_INFINITY;
  #least = Number.POSITIVE_INFINITY;
  #leastBefore = Number.POSITIVE_INFINITY;

  /**
   * Milliseconds, from 0, that a message was on its way beyond what the quickest one took.
   * @param stamp milliseconds when it was sent, by any clock of the sender that only goes forward
   * @param now milliseconds when it arrived, by the clock of this process
   */
  age(stamp: number, now: number): number {
    const difference = now - stamp;
    if (now - this.#windowStart > WINDOW) {
      this.#windowStart = now;
      this.#leastBefore = this.#least;
      this.#least = difference;
    } else if (difference < this.#least) this.#least = difference;
    return now - this.toOurs(stamp);
  }

  /** A time by the clock of the sender, by that of this process: as if the quickest message had taken no time. */
  toOurs(stamp: number): number {
    return stamp + Math.min(this.#least, this.#leastBefore);
  }
}

/** Milliseconds for which a difference counts, at least. */
const WINDOW = 600_000;

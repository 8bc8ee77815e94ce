/** ReadPause: has a stream stop reading while nobody takes what comes. */

import type { Socket as Stream } from 'node:net';

export class ReadPause {
  readonly #stream: Stream;
  /** Octets that came while nobody took them. */
  #held = 0;
  #paused = false;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Whether the stream does not read. */
  get paused(): boolean {
    return this.#paused;
  }

  /** `count` octets came that nobody takes. Pauses a little later: who does not read does not hear of the end either. */
  hold(count: number): void {
    this.#held += count;
    if (this.#held < HELD_MAX || this.#paused) return;
    this.#paused = true;
    this.#stream.pause();
  }

  /** What comes is taken again. Returns whether the stream had stopped reading, and reads again. */
  release(): boolean {
    this.#held = 0;
    if (!this.#paused) return false;
    this.#paused = false;
    this.#stream.resume();
    return true;
  }

  /** Reads on, though nobody takes what comes: the connection is ending. */
  readOn(): void {
    if (this.#paused) this.#stream.resume();
  }
}

/** Octets that may come before the stream is paused. */
const HELD_MAX = 65_536;

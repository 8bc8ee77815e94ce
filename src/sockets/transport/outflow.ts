/** Outflow: how much of what was given to a stream the kernel has taken, and what that tells of the peer. */

import type { Socket as Stream } from 'node:net';

/** What Node's handle of a stream tells, and other platforms' may not. */
interface Handle {
  /** Octets handed over by the stream, those that wait included. */
  readonly bytesWritten?: number;
  /** Octets of these that the kernel has not taken. */
  readonly writeQueueSize?: number;
}

/** Of one stream. Times are those of `performance.now()`. */
export class Outflow {
  /**
   * When the peer last took octets, as far as the kernel lets us see. Later than now by the time that octets need which the
   * kernel has taken and the peer perhaps not yet: up to then its silence says nothing. 0 = never seen.
   */
  movedAt = 0;
  readonly #stream: Stream;
  /** At the last look: octets that the kernel had taken, and whether it had refused some. */
  #taken = 0;
  #refused = false;
  /** When it began to refuse, and what it had taken by then. */
  #since = 0;
  #takenThen = 0;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Octets that the kernel has not taken, of the `given` ones that the stream has got so far. */
  left(given: number): number {
    const { _handle: handle } = this.#stream as unknown as { _handle: Handle | null };
    const { bytesWritten, writeQueueSize } = handle ?? {};
    if (bytesWritten === undefined || writeQueueSize === undefined) {
      return this.#stream.writableLength;
    }
    return given - bytesWritten + writeQueueSize;
  }

  /**
   * Has the kernel taken octets that it refused at the last look? It has room for them only when the peer has taken others:
   * a sign of life, unlike what an empty kernel takes.
   */
  look(given: number, now: number): void {
    const left = this.left(given);
    const taken = given - left;
    if (!this.#refused) {
      this.#since = now;
      this.#takenThen = taken;
    } else if (taken > this.#taken) {
      const took = (now - this.#since) / (taken - this.#takenThen);
      const held = left > 0 ? 0 : Math.min(given, HELD_MAX);
      this.movedAt = now + Math.min(held * took, ON_THE_WAY_MAX);
    }
    this.#taken = taken;
    this.#refused = left > 0;
  }
}

/** Octets that kernels and the path between may hold. */
const HELD_MAX = 16_777_216;

/** Milliseconds that these may be on their way. */
const ON_THE_WAY_MAX = 30_000;

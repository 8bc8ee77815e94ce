/** LoadBalancer: writes to several pipes in turn, one whole message each. */

import type { Message } from '../message.ts';
import type { Pipe } from './pipe.ts';

/**
 * Deals messages out to several peers in turn; messages 0…6 to three peers give [0, 3, 6] [1, 4] [2, 5].
 * The same two regions as in FairQueue: pipes in the rotation in front, then those that refused a
 * message and have not been `writable` since. A pipe knows its place (`outIndex`).
 */
export class LoadBalancer {
  /** The pipe that took the message sent last. */
  last: Pipe | undefined;

  readonly #pipes: Pipe[] = [];
  #activeCount = 0;
  /** Position of the pipe that is served next; below `#activeCount` unless that is 0. */
  #current = 0;

  /** Adds `pipe` unless it is in the balancer already; activates it if it can be written to. */
  attach(pipe: Pipe): void {
    if (pipe.outIndex < 0) {
      pipe.outIndex = this.#pipes.length;
      this.#pipes.push(pipe);
    }
    if (pipe.canWrite()) this.activate(pipe);
  }

  /** Removes `pipe`: no more messages are written to it. */
  detach(pipe: Pipe): void {
    let index = pipe.outIndex;
    if (index < 0) return;
    if (index < this.#activeCount) {
      this.#rest(pipe);
      index = this.#activeCount;
    }
    this.#swap(index, this.#pipes.length - 1);
    this.#pipes.pop();
    pipe.outIndex = -1;
  }

  /** Puts `pipe` into the rotation again, once it is writable. Ignores a pipe that is not in the balancer. */
  activate(pipe: Pipe): void {
    const index = pipe.outIndex;
    // Also true for −1.
    if (index < this.#activeCount) return;
    this.#swap(index, this.#activeCount++);
  }

  /** Writes `message` to the next pipe that takes it; false when none does. */
  send(message: Message): boolean {
    // Hot: once per message.
    const pipes = this.#pipes;
    if (pipes.length === 1 && this.#activeCount === 1) {
      const only = pipes[0]!;
      if (only.write(message)) {
        this.last = only;
        return true;
      }
      if (only.outIndex === 0) this.#activeCount = 0;
      return false;
    }
    while (this.#activeCount > 0) {
      const pipe = pipes[this.#current]!;
      if (pipe.write(message)) {
        this.last = pipe;
        if (++this.#current >= this.#activeCount) this.#current = 0;
        return true;
      }
      this.#rest(pipe);
    }
    return false;
  }

  /** Whether some pipe would take a message now. */
  canSend(): boolean {
    while (this.#activeCount > 0) {
      const pipe = this.#pipes[this.#current]!;
      if (pipe.canWrite()) return true;
      this.#rest(pipe);
    }
    return false;
  }

  /** Takes a pipe that refused a message out of the rotation. */
  #rest(pipe: Pipe): void {
    const index = pipe.outIndex;
    // A write may have ended the pipe and taken it out already; also true for −1.
    if (index < 0 || index >= this.#activeCount) return;
    this.#swap(index, --this.#activeCount);
    if (this.#current >= this.#activeCount) this.#current = 0;
  }

  #swap(a: number, b: number): void {
    if (a === b) return;
    const pipes = this.#pipes;
    const pipe = pipes[a]!;
    const other = pipes[b]!;
    pipes[a] = other;
    pipes[b] = pipe;
    other.outIndex = a;
    pipe.outIndex = b;
  }
}

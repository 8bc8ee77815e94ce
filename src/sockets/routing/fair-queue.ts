/** FairQueue: reads from several pipes in turn, one whole message each. */

import type { Message } from '../message.ts';
import type { Pipe } from './pipe.ts';

/**
 * What several peers sent, taken in turns.
 *
 *     pipes   [ A  B  C | D  E ]
 *               active    idle      a pipe changes region by one swap; it knows its place (`inIndex`)
 *
 * A pipe found empty leaves the active region only when its turn comes, so the order is libzmq's:
 * A×3 B×4 C×5 gives A B C A B C A B C C B C.
 */
export class FairQueue {
  /** The pipe of the message that `receive` returned last. */
  last: Pipe | undefined;

  readonly #pipes: Pipe[] = [];
  #activeCount = 0;
  /** Position of the pipe that is served next; below `#activeCount` unless that is 0. */
  #current = 0;

  /** Adds `pipe` unless it is in the queue already; activates it if it has messages. */
  attach(pipe: Pipe): void {
    if (pipe.inIndex < 0) {
      pipe.inIndex = this.#pipes.length;
      this.#pipes.push(pipe);
    }
    if (pipe.readableCount > 0) this.activate(pipe);
  }

  /** Called when `pipe` has `ended`: the messages that it still holds are read in turn, then it is removed. */
  detach(pipe: Pipe): void {
    if (pipe.readableCount === 0) this.#forget(pipe);
  }

  /** Marks `pipe` as readable again. Ignores a pipe that is not in the queue. */
  activate(pipe: Pipe): void {
    const index = pipe.inIndex;
    // Also true for −1.
    if (index < this.#activeCount) return;
    this.#swap(index, this.#activeCount++);
  }

  /** The next message, in turn; `last` is then the pipe that it came from. */
  receive(): Message | undefined {
    // Hot: once per message.
    const pipes = this.#pipes;
    if (pipes.length === 1) {
      const only = pipes[0]!;
      const message = only.read();
      if (message === undefined) return undefined;
      this.last = only;
      if (only.ended && only.readableCount === 0) this.#forget(only);
      return message;
    }
    while (this.#activeCount > 0) {
      const pipe = pipes[this.#current]!;
      const message = pipe.read();
      if (message === undefined) {
        this.#rest(pipe);
        continue;
      }
      this.last = pipe;
      if (pipe.ended && pipe.readableCount === 0) this.#forget(pipe);
      else if (++this.#current >= this.#activeCount) this.#current = 0;
      return message;
    }
    return undefined;
  }

  /** Whether `receive` would give a message. */
  canReceive(): boolean {
    while (this.#activeCount > 0) {
      const pipe = this.#pipes[this.#current]!;
      if (pipe.readableCount > 0) return true;
      this.#rest(pipe);
    }
    return false;
  }

  /** Drops and counts all unread messages. */
  discard(): void {
    for (let i = this.#activeCount - 1; i >= 0; i--) {
      const pipe = this.#pipes[i];
      if (pipe === undefined) continue;
      pipe.discardIncoming();
      if (pipe.ended) this.#forget(pipe);
    }
  }

  /** Makes an active pipe that has nothing to read idle, or removes it if it has ended. */
  #rest(pipe: Pipe): void {
    if (pipe.ended) {
      this.#forget(pipe);
      return;
    }
    this.#swap(pipe.inIndex, --this.#activeCount);
    if (this.#current >= this.#activeCount) this.#current = 0;
  }

  #forget(pipe: Pipe): void {
    let index = pipe.inIndex;
    if (index < 0) return;
    if (index < this.#activeCount) {
      this.#swap(index, --this.#activeCount);
      index = this.#activeCount;
      if (this.#current >= this.#activeCount) this.#current = 0;
    }
    this.#swap(index, this.#pipes.length - 1);
    this.#pipes.pop();
    pipe.inIndex = -1;
  }

  #swap(a: number, b: number): void {
    if (a === b) return;
    const pipes = this.#pipes;
    const pipe = pipes[a]!;
    const other = pipes[b]!;
    pipes[a] = other;
    pipes[b] = pipe;
    other.inIndex = a;
    pipe.inIndex = b;
  }
}

/** FairQueue: the next readable pipe, one whole message each. */

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
  /** The pipe of the message `receive` gave last. */
  last: Pipe | undefined;

  readonly #pipes: Pipe[] = [];
  #activeCount = 0;
  /** Position of the pipe that is served next; below `#activeCount` unless that is 0. */
  #current = 0;

  /** Take messages from `pipe` too. Harmless for one that is here already. */
  attach(pipe: Pipe): void {
    if (pipe.inIndex < 0) {
      pipe.inIndex = this.#pipes.length;
      this.#pipes.push(pipe);
    }
    if (pipe.readableCount > 0) this.activate(pipe);
  }

  /** `pipe` is `ended`. What it still holds is read in its turns, then it is forgotten. */
  detach(pipe: Pipe): void {
    if (pipe.readableCount === 0) this.#forget(pipe);
  }

  /** `pipe` has something to read again. Ignores a pipe that is not here. */
  activate(pipe: Pipe): void {
    const index = pipe.inIndex;
    // Also true for −1.
    if (index < this.#activeCount) return;
    this.#swap(index, this.#activeCount++);
  }

  /** The next message, in turn; `last` says whose it is. */
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

  /** Throw away all that waits. */
  discard(): void {
    for (let i = this.#activeCount - 1; i >= 0; i--) {
      const pipe = this.#pipes[i];
      if (pipe === undefined) continue;
      pipe.discardIncoming();
      if (pipe.ended) this.#forget(pipe);
    }
  }

  /** It is this active pipe's turn and it has nothing. */
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

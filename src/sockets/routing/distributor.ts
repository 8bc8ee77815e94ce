/** Distributor: one message to all pipes, or to all whose subscriptions match it. */

import type { Message } from '../message.ts';
import type { Pipe } from './pipe.ts';
import type { PrefixIndex } from './prefix-index.ts';

export class Distributor {
  readonly #pipes: Pipe[] = [];
  /** The pipes that the current message goes to; kept between messages, so that sending allocates nothing. */
  #targets: Pipe[] = [];
  #generation = 0;
  #blocked = false;

  /** Whether the last `noDrop` message was refused because a pipe was at its high-water mark; `unblock` clears it. */
  get blocked(): boolean {
    return this.#blocked;
  }

  attach(pipe: Pipe): void {
    if (pipe.outIndex >= 0) return;
    pipe.outIndex = this.#pipes.length;
    this.#pipes.push(pipe);
  }

  detach(pipe: Pipe): void {
    if (pipe.outIndex < 0) return;
    const last = this.#pipes.pop()!; // `pipe` is in there
    if (last !== pipe) {
      this.#pipes[pipe.outIndex] = last;
      last.outIndex = pipe.outIndex;
    }
    pipe.outIndex = -1;
    this.#targets = [];
  }

  /** Is `pipe` attached? */
  has(pipe: Pipe): boolean {
    return pipe.outIndex >= 0;
  }

  /** Writes `message` to all pipes. A pipe at its high-water mark does not get it, and counts a drop. */
  sendToAll(message: Message): void {
    const pipes = this.#pipes;
    for (let i = 0; i < pipes.length; i++) {
      const pipe = pipes[i]!;
      pipe.writeOrDrop(message);
    }
  }

  /**
   * Writes `message` to each pipe that is subscribed to a prefix of `topic`, or, with `invert`, to each other pipe. A pipe at its
   * high-water mark does not get it; with `noDrop`, no pipe does then, and the result is false. Hot.
   */
  sendToMatching(
    message: Message,
    subscriptions: PrefixIndex<Pipe>,
    noDrop: boolean,
    invert: boolean,
    topic: Buffer = message[0]!,
  ): boolean {
    const targets = this.#targets;
    let count = this.#once(subscriptions.match(topic, targets));
    if (invert) count = this.#others();
    if (noDrop) {
      this.#blocked = !this.#allHaveRoom(count);
      if (this.#blocked) return false;
    }
    for (let i = 0; i < count; i++) {
      const pipe = targets[i]!;
      pipe.writeOrDrop(message);
    }
    return true;
  }

  /** Writes `message` to `pipe`; returns false, and sets `blocked`, when that pipe is at its high-water mark. */
  sendTo(pipe: Pipe, message: Message): boolean {
    this.#blocked = !pipe.write(message);
    return !this.#blocked;
  }

  /** Clears `blocked`, since a pipe has room again or a subscription has changed. Returns whether it was set. */
  unblock(): boolean {
    const was = this.#blocked;
    this.#blocked = false;
    return was;
  }

  /** Keeps each of the first `count` targets once and stamps it; leaves out detached pipes, which may not be purged yet. */
  #once(count: number): number {
    const targets = this.#targets;
    const generation = ++this.#generation;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const pipe = targets[i]!;
      if (pipe.stamp === generation || pipe.outIndex < 0) continue;
      pipe.stamp = generation;
      targets[kept++] = pipe;
    }
    return kept;
  }

  /** Makes the pipes without the current stamp the targets; returns how many. */
  #others(): number {
    const pipes = this.#pipes;
    const targets = this.#targets;
    let count = 0;
    for (let i = 0; i < pipes.length; i++) {
      const pipe = pipes[i]!;
      if (pipe.stamp !== this.#generation) targets[count++] = pipe;
    }
    return count;
  }

  /** Whether each of the first `count` targets takes a message now. A pipe that does not calls its pattern's `writable` later. */
  #allHaveRoom(count: number): boolean {
    for (let i = 0; i < count; i++) if (!this.#targets[i]!.canWrite()) return false;
    return true;
  }
}

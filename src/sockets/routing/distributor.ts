/** Distributor: one message to all pipes, or to all whose subscriptions match it. */

import type { Message } from '../message.ts';
import type { Pipe } from './pipe.ts';
import type { PrefixIndex } from './prefix-index.ts';

export class Distributor {
  readonly #pipes: Pipe[] = [];
  /** Where a message is going: kept between messages so that none allocates. */
  #targets: Pipe[] = [];
  #generation = 0;
  #blocked = false;

  /** A pipe at its mark has kept a message from everybody, and nothing has changed since. */
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

  /** Give `message` to all pipes; one that is at its mark does not get it. */
  sendToAll(message: Message): void {
    const pipes = this.#pipes;
    for (let i = 0; i < pipes.length; i++) {
      const pipe = pipes[i]!;
      pipe.writeOrDrop(message);
    }
  }

  /**
   * Give `message` to each pipe that has a prefix of `topic`, or, if `invert`, to each other pipe.
   * One that is at its mark does not get it; with `noDrop` then nobody does, and the answer is false. Hot.
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
      count = this.#withRoom(message, count);
      if (this.#blocked) return false;
    }
    for (let i = 0; i < count; i++) {
      const pipe = targets[i]!;
      pipe.writeOrDrop(message);
    }
    return true;
  }

  /** Give `message` to `pipe`; false, and `blocked`, when that is at its mark. */
  sendTo(pipe: Pipe, message: Message): boolean {
    this.#blocked = !pipe.write(message);
    return !this.#blocked;
  }

  /** Something has changed that may let a blocked message through. True when one was blocked. */
  unblock(): boolean {
    const was = this.#blocked;
    this.#blocked = false;
    return was;
  }

  /** Leave each of the first `count` targets in once, and stamp it. One that is detached may not be purged yet. */
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

  /** Aim at the pipes that are not stamped. */
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

  /** Set `blocked` if a target is at its mark; returns how many targets are left to write to. */
  #withRoom(message: Message, count: number): number {
    const targets = this.#targets;
    let left = count;
    this.#blocked = false;
    for (let i = 0; i < left; ) {
      const pipe = targets[i]!;
      if (pipe.canWrite()) {
        i++;
        continue;
      }
      // Only a pipe that has refused a message reports when it is writable again, so it is asked, not
      // just looked at. A conflating one accepts; should the message be refused elsewhere and come
      // again, it replaces itself.
      if (!pipe.write(message)) {
        this.#blocked = true;
        return 0;
      }
      left--;
      targets[i] = targets[left]!;
    }
    return left;
  }
}

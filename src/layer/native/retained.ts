/** Retained: the last group messages of a hub, for those whose subscription was on its way when they were sent. */

import { Queue } from '../local/queue.ts';

/** One of them. */
export interface RetainedMessage {
  readonly sequence: number;
  /** Milliseconds, when it was sent. */
  readonly at: number;
  readonly expiresAt: number;
  readonly header: Buffer;
  readonly group: string;
  readonly payload: Buffer;
  readonly except: Buffer | undefined;
}

/** How much is kept, whichever is reached first; the time in milliseconds. */
export const RETAIN_TIME = 5000;
const RETAIN_COUNT = 10_000;
const RETAIN_OCTETS = 16_777_216;

export class Retained {
  readonly #messages = new Queue<RetainedMessage>();
  #octets = 0;

  get length(): number {
    return this.#messages.length;
  }

  add(message: RetainedMessage): void {
    this.#messages.push(message);
    this.#octets += message.payload.length;
    this.trim(message.at);
  }

  trim(now: number): void {
    for (;;) {
      const first = this.#messages.peek();
      if (first === undefined) return;
      const few = this.#messages.length <= RETAIN_COUNT && this.#octets <= RETAIN_OCTETS;
      if (few && now - first.at < RETAIN_TIME) return;
      this.#messages.shift();
      this.#octets -= first.payload.length;
    }
  }

  clear(): void {
    while (this.#messages.shift() !== undefined);
    this.#octets = 0;
  }

  /** Those after `sequence` that were sent after `time` and are alive, in order. */
  *since(sequence: number, time: number, now: number): Generator<RetainedMessage, void, void> {
    for (let i = 0; i < this.#messages.length; i++) {
      const message = this.#messages.at(i)!;
      if (message.sequence > sequence && message.at >= time && message.expiresAt > now) {
        yield message;
      }
    }
  }

  /** The number of the first one kept; `next` if none is. */
  first(next: number): number {
    return this.#messages.peek()?.sequence ?? next;
  }
}

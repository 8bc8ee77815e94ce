/** Retained: group messages of a hub's first seconds, for processes whose members were there before the hub was. */

import { Queue } from '../local/queue.ts';
import type { Parcel } from './parcel.ts';

/** One of them; `record` is the `group` that was said of it at `sentAt`. */
export interface RetainedMessage {
  readonly group: string;
  readonly expiresAt: number;
  readonly sentAt: number;
  readonly record: Buffer;
  readonly parcel: Parcel;
}

export class Retained {
  readonly #startedAt: number;
  readonly #messages = new Queue<RetainedMessage>();
  #octets = 0;

  /** `startedAt`: when the hub began. */
  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  /** Whether what is sent at `now` is kept. */
  keeps(now: number): boolean {
    return now - this.#startedAt < RETAIN_TIME;
  }

  add(message: RetainedMessage): void {
    this.#messages.push(message);
    this.#octets += message.record.length;
    while (this.#messages.length > RETAIN_COUNT || this.#octets > RETAIN_OCTETS) {
      this.#octets -= this.#messages.shift()!.record.length;
    }
  }

  /** Those of `group` that are alive, in order. */
  *of(group: string, now: number): Generator<RetainedMessage, void, void> {
    for (let i = 0; i < this.#messages.length; i++) {
      const message = this.#messages.at(i)!;
      if (message.group === group && message.expiresAt > now) yield message;
    }
  }

  /** After a while everybody who was there before has come back. */
  sweep(now: number): void {
    if (now - this.#startedAt < 2 * RETAIN_TIME) return;
    while (this.#messages.shift() !== undefined);
    this.#octets = 0;
  }
}

/** Milliseconds after the start of a hub. */
const RETAIN_TIME = 5000;
const RETAIN_COUNT = 10_000;
/** Octets that are kept, and that one process is given. */
export const RETAIN_OCTETS = 16_777_216;

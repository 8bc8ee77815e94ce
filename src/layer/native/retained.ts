/** Retained: group messages of a hub's first seconds, for processes whose members were there before the hub was. */

import { Queue } from '../local/queue.ts';
import type { Parcel } from './parcel.ts';

/** One retained message; `record` is the `group` record that was sent at `sentAt`. */
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

  /** `startedAt`: when the hub began, in milliseconds of its clock. */
  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  /** Whether a message sent at `now` is kept. */
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

  /** Messages of `group` that have not expired, in order. */
  *of(group: string, now: number): Generator<RetainedMessage, void, void> {
    for (let i = 0; i < this.#messages.length; i++) {
      const message = this.#messages.at(i)!;
      if (message.group === group && message.expiresAt > now) yield message;
    }
  }

  /** Drops all messages 10 seconds after the start, when processes of before have come back. */
  sweep(now: number): void {
    if (now - this.#startedAt < 2 * RETAIN_TIME) return;
    while (this.#messages.shift() !== undefined);
    this.#octets = 0;
  }
}

/** Milliseconds after the start of a hub. */
const RETAIN_TIME = 5000;
const RETAIN_COUNT = 10_000;
/** The most octets that are kept, and that one process is given. */
export const RETAIN_OCTETS = 16_777_216;

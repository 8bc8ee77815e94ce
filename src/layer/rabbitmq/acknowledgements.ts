/** Acknowledgements: acknowledges the messages of one AMQP channel, many at once, now and then. */

import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import type { AmqpChannel } from './client.ts';

/** Tags of a channel begin at 1 and grow by 1. */
export class Acknowledgements {
  readonly #channel: AmqpChannel;
  readonly #patience: number;
  readonly #done = new Set<number>();
  /** All tags up to this one have been settled at the broker. */
  #told = 0;
  #scheduled = false;
  #timer: NodeJS.Timeout | undefined;
  /** Messages that have arrived and are not settled. */
  unsettledCount = 0;

  /**
   * @param patience so many messages are acknowledged in the turn of the event loop in which they are done with, fewer within
   * 5 ms. 0: all are acknowledged in that turn
   */
  constructor(channel: AmqpChannel, patience = 0) {
    this.#channel = channel;
    this.#patience = patience;
  }

  /** A message has arrived. */
  arrived(): void {
    this.unsettledCount++;
  }

  /** The message with `tag` is done with, and the broker may forget it. */
  done(tag: number): void {
    this.unsettledCount--;
    this.#done.add(tag);
    this.#schedule();
  }

  /** Gives the message with `tag` back to the broker. */
  givenBack(tag: number): void {
    this.unsettledCount--;
    this.#channel.giveBack(tag);
    this.#passed.add(tag);
  }

  /** Acknowledges all messages that are done with. */
  flush(): void {
    this.#scheduled = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    let upTo = this.#told;
    let last = 0;
    for (;;) {
      if (this.#done.delete(upTo + 1)) last = upTo + 1;
      else if (!this.#passed.delete(upTo + 1)) break;
      upTo++;
    }
    this.#told = upTo;
    if (last > 0) this.#channel.acknowledge(last, true);
    for (const tag of this.#done) {
      this.#channel.acknowledge(tag, false);
      this.#passed.add(tag);
    }
    this.#done.clear();
  }

  /** Tags beyond `#told` that were settled one by one. */
  readonly #passed = new Set<number>();

  #schedule(): void {
    if (this.#scheduled) return;
    if (this.#done.size >= this.#patience) {
      this.#scheduled = true;
      setImmediate(() => this.flush());
    } else this.#timer ??= setTimeout(() => this.flush(), DELAY).unref();
  }
}

/** The longest time in milliseconds until the broker is told. */
const DELAY = 5;

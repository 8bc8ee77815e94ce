/** Acknowledgements: what is done with of one AMQP channel, told to the broker now and then and as far as it goes in one word. */

import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import type { AmqpChannel } from './client.ts';

/** Tags of a channel begin at 1 and grow by 1. */
export class Acknowledgements {
  readonly #channel: AmqpChannel;
  readonly #patience: number;
  readonly #done = new Set<number>();
  /** All tags up to it are done and told. */
  #told = 0;
  #scheduled = false;
  #timer: NodeJS.Timeout | undefined;
  /** Messages that have come and are not done. */
  unsettledCount = 0;

  /**
   * @param patience how many messages may be done with before the broker hears of it in the same turn of the event loop;
   * fewer are told within 5 ms. 0: all are told in the turn
   */
  constructor(channel: AmqpChannel, patience = 0) {
    this.#channel = channel;
    this.#patience = patience;
  }

  /** A message has come. */
  arrived(): void {
    this.unsettledCount++;
  }

  /** The message is done with, and the broker may forget it. */
  done(tag: number): void {
    this.unsettledCount--;
    this.#done.add(tag);
    this.#schedule();
  }

  /** The broker has it back. */
  givenBack(tag: number): void {
    this.unsettledCount--;
    this.#channel.giveBack(tag);
    this.#passed.add(tag);
  }

  /** Tell what there is to tell. */
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

  /** Told one by one. */
  readonly #passed = new Set<number>();

  #schedule(): void {
    if (this.#scheduled) return;
    if (this.#done.size >= this.#patience) {
      this.#scheduled = true;
      setImmediate(() => this.flush());
    } else this.#timer ??= setTimeout(() => this.flush(), DELAY).unref();
  }
}

/** Milliseconds. */
const DELAY = 5;

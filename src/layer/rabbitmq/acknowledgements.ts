/** Acknowledgements: what is done with of one AMQP channel, told to the broker once a turn and as far as it goes in one word. */

import { setImmediate } from 'node:timers';
import type { AmqpChannel } from './client.ts';

/** Tags of a channel begin at 1 and grow by 1. */
export class Acknowledgements {
  readonly #channel: AmqpChannel;
  readonly #done = new Set<number>();
  /** All tags up to it are done and told. */
  #told = 0;
  #scheduled = false;
  /** Messages that have come and are not done. */
  unsettledCount = 0;

  constructor(channel: AmqpChannel) {
    this.#channel = channel;
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
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }
}

/** Inbox: puts messages from the queue of this process into channels, no faster than readers take turns. */

import { setImmediate as turn } from 'node:timers/promises';
import type { CarrierHost } from '../carrier/carrier-host.ts';
import type { Delivery } from './client.ts';
import type { Envelopes } from './envelope.ts';
import type { Session } from './session.ts';

/** Holds at most `localCapacity` deliveries of each session: the broker hands out no more until some are acknowledged. */
export class Inbox {
  readonly #host: CarrierHost;
  readonly #envelopes: Envelopes;
  readonly #isOwn: (channel: string) => boolean;
  /** Deliveries that wait until readers have had a turn. */
  readonly #waiting: { delivery: Delivery; session: Session }[] = [];
  #pacing = false;

  /** @param isOwn whether a channel is read by this process alone */
  constructor(host: CarrierHost, envelopes: Envelopes, isOwn: (channel: string) => boolean) {
    this.#host = host;
    this.#envelopes = envelopes;
    this.#isOwn = isOwn;
  }

  /** Takes in `delivery` of `session`, which acknowledges it once it is read or dropped. */
  push(delivery: Delivery, session: Session): void {
    this.#waiting.push({ delivery, session });
    if (!this.#pacing) void this.#takeIn();
  }

  /** Resolves when all messages that have arrived are in their channels. */
  async drained(): Promise<void> {
    while (this.#pacing) await turn();
    await this.#host.busy;
  }

  async #takeIn(): Promise<void> {
    this.#pacing = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#deliver(next.delivery, next.session);
      const pause = this.#host.pace();
      if (pause !== undefined) await pause;
    }
    this.#pacing = false;
  }

  #deliver(delivery: Delivery, session: Session): void {
    const arrival = this.#envelopes.tryRead(delivery, this.#isOwn);
    if (arrival === undefined) {
      session.done(delivery.tag);
      return;
    }
    const { letter, except } = arrival;
    const { kind, name } = arrival.address;
    letter.token = () => session.done(delivery.tag);
    if (kind === 'group') this.#host.deliverToGroup(name, letter, { except });
    else this.#host.deliver(name, letter, Number.POSITIVE_INFINITY);
  }
}

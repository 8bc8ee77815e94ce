/** Flush: the messages between layers, by their control queues, at which all of them forget messages and memberships. */

import { setTimeout } from 'node:timers';
import type { CarrierHost } from '../carrier/carrier-host.ts';
import type { Delivery } from './client.ts';
import { CONTROL, REPLY_TO, SENDER } from './envelope.ts';
import type { RabbitmqSettings } from './options.ts';
import type { OrdinaryChannels } from './ordinary.ts';
import type { Publisher } from './publisher.ts';
import { controlQueueOf, everybody, type Session } from './session.ts';

/**
 * ```
 * here                          every other layer of the prefix
 *   flush, to all      ───────►   forgets everything
 *                      ◄───────   names of the ordinary channels that it knew
 *   deletes the queues of all names
 * ```
 */
export class Flush {
  readonly #host: CarrierHost;
  readonly #settings: RabbitmqSettings;
  readonly #publisher: Publisher;
  readonly #ordinary: OrdinaryChannels;
  /** While a flush waits for other layers: names of the ordinary channels that they know. */
  #heard: Set<string> | undefined;

  constructor(
    host: CarrierHost,
    settings: RabbitmqSettings,
    publisher: Publisher,
    ordinary: OrdinaryChannels,
  ) {
    this.#host = host;
    this.#settings = settings;
    this.#publisher = publisher;
    this.#ordinary = ordinary;
  }

  /** Empties this layer, and all others of the prefix that are connected. */
  async begin(session: Session): Promise<void> {
    const names = new Set(this.#ordinary.names);
    this.#heard = names;
    try {
      const everyone = everybody(this.#host.settings.prefix);
      await this.#tell(this.#settings.groupsExchange, everyone, 'flush');
      this.#forgetAll();
      await new Promise((resolve) => setTimeout(resolve, FLUSH_WAIT));
    } finally {
      this.#heard = undefined;
    }
    for (const name of names) await session.control((channel) => channel.deleteQueue(name));
    await session.barrier();
    this.#forgetAll();
  }

  /** Takes a control message: another layer flushes, or answers a flush. */
  told({ headers, body }: Delivery): void {
    const what = headers[CONTROL];
    if (headers[SENDER] === this.#host.key) return;
    if (what === 'flush') {
      const reply = headers[REPLY_TO];
      const names = [...this.#ordinary.names].slice(0, NAMES_MAX);
      this.#forgetAll();
      if (typeof reply === 'string') {
        this.#tell('', reply, 'names', Buffer.from(names.join(' '))).catch(() => {});
      }
    } else if (what === 'names' && body instanceof Uint8Array && this.#heard !== undefined) {
      const { prefix } = this.#host.settings;
      for (const name of Buffer.from(body).toString('latin1').split(' ')) {
        const bare = name.slice(prefix.length);
        if (name.startsWith(prefix) && NAME.test(bare)) this.#heard.add(name);
      }
    }
  }

  #forgetAll(): void {
    this.#host.clear();
    this.#ordinary.clear();
  }

  async #tell(
    exchange: string,
    routingKey: string,
    what: string,
    body: Uint8Array = EMPTY,
  ): Promise<void> {
    const headers = {
      [CONTROL]: what,
      [SENDER]: this.#host.key,
      [REPLY_TO]: controlQueueOf(this.#settings.queue),
    };
    await this.#publisher.publish({
      exchange,
      routingKey,
      mandatory: false,
      durable: false,
      expiration: Math.ceil(this.#host.settings.expiry),
      headers,
      body,
    });
  }
}

const EMPTY = new Uint8Array(0);
const NAME = /^[a-zA-Z0-9\-_.]{1,100}$/;
/** The most names of ordinary channels in one answer. */
const NAMES_MAX = 10_000;
/** Milliseconds that a flush waits for other processes to name the channels they know. */
const FLUSH_WAIT = 200;

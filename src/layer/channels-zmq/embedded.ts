/** EmbeddedZmqCarrier: an embedded layer on the wire of channels_zmq. */

import { Publisher } from '../../sockets/index.ts';
import type { WaitOptions } from '../carrier/carrier.ts';
import type { CarrierHost } from '../carrier/carrier-host.ts';
import {
  addressInUse,
  type ConnectionOptions,
  reportRefusals,
} from '../connection/socket-options.ts';
import { ChannelFull, LayerClosed } from '../errors.ts';
import { ZmqCarrier } from './carrier.ts';
import { writeFrame } from './format.ts';

/** The sending process binds a PUB, to which the others connect a SUB. */
export class EmbeddedZmqCarrier extends ZmqCarrier {
  readonly #at: string;
  #publisher: Publisher | undefined;
  #binding: Promise<Publisher> | undefined;
  #dropped = 0;

  constructor(host: CarrierHost, address: string, connection: ConnectionOptions) {
    super(host, address, connection, 'one-process');
    this.#at = address;
  }

  get peerCount(): number {
    return this.#publisher === undefined || this.#publisher.closed
      ? 0
      : this.#publisher.stats().peers.length;
  }

  get address(): string | undefined {
    return this.#publisher?.lastEndpoint ?? undefined;
  }

  async bind(): Promise<void> {
    await this.#produce();
  }

  override async ready(options: WaitOptions): Promise<void> {
    if (this.#binding !== undefined) await this.#binding;
    else await super.ready(options);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#binding?.catch(() => {});
    await this.#publisher?.[Symbol.asyncDispose]();
  }

  protected override async publish(topic: string, json: Uint8Array, to?: string): Promise<void> {
    const publisher = this.#publisher ?? (await this.#produce());
    const { expiry } = this.host.settings;
    const deadline = (Date.now() + expiry) / 1000;
    if (to !== undefined) {
      const capacity = this.host.capacityOf(topic);
      const full = publisher.stats().peers.some((peer) => peer.queued.out >= capacity);
      // A message for which a reader waits here takes up no room.
      const kept = this.host.waitingAt(to) === 0 && this.host.unreadOf(topic) >= capacity;
      if (full || kept) throw new ChannelFull(topic);
    }
    const frame = writeFrame(topic, deadline, json);
    publisher.trySend(frame);
    this.deliver(topic, deadline, frame.subarray(frame.length - json.length));
    if (to !== undefined) return;
    await this.host.busy;
    const { dropped } = publisher.stats();
    if (dropped > this.#dropped) this.host.lost(dropped - this.#dropped, 'a process does not read');
    this.#dropped = dropped;
  }

  #produce(): Promise<Publisher> {
    this.#binding ??= this.#bind().catch((error) => {
      this.#binding = undefined;
      throw error;
    });
    return this.#binding;
  }

  async #bind(): Promise<Publisher> {
    const publisher = new Publisher({
      ...this.sockets('server'),
      sendHighWaterMark: Math.min(100_000, Math.max(1000, this.host.capacityOf(''))),
      linger: 2000,
    });
    reportRefusals(publisher, this.host);
    try {
      await publisher.bind(this.#at);
    } catch (error) {
      publisher.close();
      throw addressInUse(error, this.#at);
    }
    if (this.closed) {
      publisher.close();
      throw new LayerClosed();
    }
    this.loopBack();
    this.#publisher = publisher;
    return publisher;
  }
}

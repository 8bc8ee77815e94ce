/** DedicatedZmqCarrier: a dedicated layer on the wire of channels_zmq. */

import { Push } from '../../sockets/index.ts';
import type { WaitOptions } from '../carrier/carrier.ts';
import type { CarrierHost } from '../carrier/carrier-host.ts';
import { type ConnectionOptions, reportRefusals, toConnect } from '../connection/socket-options.ts';
import { ChannelFull, LayerClosed } from '../errors.ts';
import { timedOut } from '../local/deadline.ts';
import { ZmqCarrier } from './carrier.ts';
import { writeFrame } from './format.ts';

/** Each process connects a PUSH to the PULL of the queue service, and a SUB to its PUB. */
export class DedicatedZmqCarrier extends ZmqCarrier {
  readonly peerCount = 0;
  readonly #push: Push;

  constructor(host: CarrierHost, push: string, pub: string, connection: ConnectionOptions) {
    super(host, pub, connection, 'many-processes');
    this.#push = new Push({
      ...this.sockets('client'),
      // As in Python: so many messages wait for a queue service, then `send` rejects with ChannelFull.
      sendHighWaterMark: Math.min(100_000, host.capacityOf('')),
      linger: 2000,
      reconnectInterval: 50,
      reconnectMaxInterval: 400,
    });
    reportRefusals(this.#push, host);
    this.#push.connect(toConnect(push));
  }

  override async ready(options: WaitOptions): Promise<void> {
    const { timeout, signal } = options;
    try {
      await this.#push.waitFor('handshake', {
        ...(timeout !== undefined && { timeout }),
        ...(signal !== undefined && { signal }),
      });
    } catch (error) {
      if (this.closed) throw new LayerClosed();
      const { code } = error as { code?: string };
      throw code === 'EAGAIN' ? timedOut('the queue service', timeout ?? 0) : error;
    }
    await super.ready(options);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#push[Symbol.asyncDispose]();
  }

  protected override async publish(topic: string, json: Uint8Array, to?: string): Promise<void> {
    const frame = writeFrame(topic, (Date.now() + this.host.settings.expiry) / 1000, json);
    if (this.#push.trySend(frame)) return;
    if (to !== undefined) throw new ChannelFull(topic);
    this.host.lost(1, 'the queue service takes no more');
  }
}

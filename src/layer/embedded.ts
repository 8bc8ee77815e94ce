/** EmbeddedLayer: one process sends, any number receive, and no program stands in between. */

import { type Capabilities, fullCapabilities } from './carrier/capabilities.ts';
import type { Carrier, WaitOptions } from './carrier/carrier.ts';
import type { CarrierHost } from './carrier/carrier-host.ts';
import { EmbeddedZmqCarrier } from './channels-zmq/embedded.ts';
import { wireOptions } from './channels-zmq/format.ts';
import type { Message } from './codec/value.ts';
import { checkSecurity } from './connection/security.ts';
import {
  addressInUse,
  type ConnectionOptions,
  socketOptions,
} from './connection/socket-options.ts';
import { ChannelFull, LayerClosed, LayerError } from './errors.ts';
import { ChannelLayer } from './layer.ts';
import type { LocalState } from './local/local-state.ts';
import { HubSocket } from './native/hub-socket.ts';
import { Link } from './native/link.ts';
import { packExcept } from './native/protocol.ts';
import type { LayerOptions } from './options.ts';

/** Options of an embedded layer. */
export interface EmbeddedLayerOptions extends LayerOptions, ConnectionOptions {
  /** The endpoint that the sending process binds and the others connect to: `tcp://127.0.0.1:5560`, `ipc:///run/layer`. */
  address: string;
  /** The wire format: `native` (default), or `channels_zmq`, that of the Python package. */
  wire?: 'native' | 'channels_zmq';
}

/**
 * A layer with one sending process and any number of receiving ones. The first `send`, `groupSend` or `bind` makes this process
 * the producer, which listens at `address`; a second producer is refused with `ERR_ADDRESS_IN_USE`. Others connect when
 * they first receive or join a group. An open layer keeps the process alive once it is used.
 */
export class EmbeddedLayer<M extends object = Message> extends ChannelLayer<M> {
  /** @throws LayerError `ERR_INVALID_OPTION` */
  constructor(options: EmbeddedLayerOptions) {
    const { address } = options ?? {};
    if (typeof address !== 'string' || address === '') {
      throw new LayerError('ERR_INVALID_OPTION', 'an embedded layer needs an address');
    }
    checkSecurity(options);
    super(wireOptions(options), (host) =>
      options.wire === 'channels_zmq'
        ? new EmbeddedZmqCarrier(host, address, options)
        : new EmbeddedCarrier(host, address, options),
    );
  }

  /**
   * Makes this process the producer now, so that others can connect before anything is sent. Rejects with LayerClosed, or with
   * `ERR_ADDRESS_IN_USE` if there is another producer.
   */
  bind(): Promise<void> {
    if (this.closed) return Promise.reject(new LayerClosed());
    return (this.carrier as EmbeddedCarrier | EmbeddedZmqCarrier).bind();
  }

  /** The endpoint it listens at, with the real port; undefined before it listens. */
  get address(): string | undefined {
    return (this.carrier as EmbeddedCarrier | EmbeddedZmqCarrier).address;
  }
}

/** Has a link until it sends, and from then on a socket for the others. */
class EmbeddedCarrier implements Carrier {
  readonly capabilities: Capabilities = fullCapabilities('one-process');
  readonly #local: LocalState;
  readonly #address: string;
  readonly #connection: ConnectionOptions;
  #link: Link | undefined;
  #hubSocket: HubSocket | undefined;
  #binding: Promise<HubSocket> | undefined;
  #closed = false;

  constructor(host: CarrierHost, address: string, connection: ConnectionOptions) {
    // This wire uses more of the layer than carriers see.
    this.#local = host as LocalState;
    this.#address = address;
    this.#connection = connection;
  }

  get peerCount(): number {
    return this.#hubSocket?.exchange.peerCount ?? 0;
  }

  get address(): string | undefined {
    return this.#hubSocket?.address;
  }

  async bind(): Promise<void> {
    await this.#produce();
  }

  send(channel: string, payload: Uint8Array): Promise<void> {
    if (this.#hubSocket === undefined)
      return this.#produce().then(() => this.send(channel, payload));
    const now = this.#local.now();
    this.#hubSocket.catchUp();
    const { expiry } = this.#local.settings;
    return this.#hubSocket.exchange.send(channel, payload, expiry, now)
      ? this.#paced(this.#hubSocket)
      : Promise.reject(new ChannelFull(this.#local.bare(channel)));
  }

  groupSend(
    group: string,
    payload: Uint8Array,
    except: ReadonlySet<string> | undefined,
  ): Promise<void> {
    const hubSocket = this.#hubSocket;
    if (hubSocket === undefined) {
      return this.#produce().then(() => this.groupSend(group, payload, except));
    }
    const now = this.#local.now();
    const { expiry } = this.#local.settings;
    hubSocket.exchange.groupSend(group, payload, packExcept(except), expiry, now);
    return this.#paced(hubSocket);
  }

  want(channel: string): void {
    if (this.#hubSocket === undefined) this.#connected().want(channel);
  }

  unwant(channel: string): void {
    this.#link?.unwant(channel);
  }

  levelsChanged(): void {
    this.#link?.levelChanged();
  }

  join(group: string, channel: string): Promise<void> {
    if (this.#hubSocket === undefined) return this.#connected().join(group, channel, false);
    // A channel of another process is reached by its route, like a message to it.
    this.#local.groups.add(group, channel, this.#local.now());
    return RESOLVED;
  }

  leave(group: string, channel: string): Promise<void> {
    if (this.#hubSocket === undefined) {
      return this.#link === undefined ? RESOLVED : this.#link.leave(group, channel, false);
    }
    this.#hubSocket.exchange.leave(group, channel);
    return RESOLVED;
  }

  async flush(): Promise<void> {
    const { prefix } = this.#local.settings;
    if (this.#hubSocket !== undefined) await this.#hubSocket.exchange.flush(prefix);
    else if (this.#link?.joined) await this.#link.flush(prefix);
    else this.#local.clear();
  }

  async ready(options: WaitOptions): Promise<void> {
    if (this.#binding !== undefined) await this.#binding;
    else if (this.#link !== undefined) await this.#link.sync(true, options);
  }

  sweep(now: number): void {
    this.#hubSocket?.sweep(now);
  }

  emptied(group: string): void {
    this.#link?.emptied(group);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#link?.close();
    await this.#binding?.catch(() => {});
    await this.#hubSocket?.close();
  }

  #connected(): Link {
    if (this.#link === undefined) {
      const { maxMessageSize } = this.#local.settings;
      const options = socketOptions(this.#connection, maxMessageSize, 'client');
      this.#link = new Link(this.#local, this.#address, options);
    }
    return this.#link;
  }

  #produce(): Promise<HubSocket> {
    this.#binding ??= this.#bind().catch((error) => {
      this.#binding = undefined;
      throw error;
    });
    return this.#binding;
  }

  async #bind(): Promise<HubSocket> {
    const { maxMessageSize } = this.#local.settings;
    const hubSocket = new HubSocket(
      this.#local,
      socketOptions(this.#connection, maxMessageSize, 'server'),
    );
    try {
      await hubSocket.bind(this.#address);
    } catch (error) {
      throw addressInUse(error, this.#address);
    }
    if (this.#closed) {
      await hubSocket.close();
      throw new LayerClosed();
    }
    const link = this.#link;
    this.#link = undefined;
    this.#hubSocket = hubSocket;
    if (link !== undefined) {
      // Members and readers of this process are where the exchange looks; what they were told of others is told here.
      const now = this.#local.now();
      for (const [group, channel, capacity] of link.foreignMembers()) {
        this.#local.groups.add(group, channel, now);
        this.#local.foreignCapacities.set(channel, capacity);
      }
      link.retire();
    }
    return hubSocket;
  }

  #paced(hubSocket: HubSocket): Promise<void> {
    if (hubSocket.due) return hubSocket.pace();
    return this.#local.busy ?? RESOLVED;
  }
}

const RESOLVED = Promise.resolve();

/** EmbeddedLayer: one process sends, any number receive, and no program stands in between. */

import type { Capabilities, Carrier, WaitOptions } from './carrier.ts';
import { EmbeddedZmqCarrier } from './channels-zmq/carrier.ts';
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
import type { Letter } from './local/letter.ts';
import type { Home } from './local/local-state.ts';
import { Station } from './native/hub-socket.ts';
import { Link } from './native/link.ts';
import { packExcept } from './native/protocol.ts';
import type { LayerOptions } from './options.ts';

/** What an embedded layer takes beside the common options. */
export interface EmbeddedLayerOptions extends LayerOptions, ConnectionOptions {
  /** Where the process that sends listens, and the others connect: `tcp://127.0.0.1:5560`, `ipc:///run/layer`. */
  address: string;
  /** `channels_zmq`: speak as the Python package does. Default: our own protocol. */
  wire?: 'native' | 'channels_zmq';
}

/**
 * The first `send`, `groupSend` or `bind` makes this process the producer, which listens at `address`; a second producer is
 * refused with `ERR_ADDRESS_IN_USE`. Others connect when they first receive or join a group. As long as it is open and
 * in use, it keeps the process alive.
 */
export class EmbeddedLayer<M extends object = Message> extends ChannelLayer<M> {
  /** @throws LayerError `ERR_INVALID_OPTION` */
  constructor(options: EmbeddedLayerOptions) {
    const { address } = options ?? {};
    if (typeof address !== 'string' || address === '') {
      throw new LayerError('ERR_INVALID_OPTION', 'an embedded layer needs an address');
    }
    checkSecurity(options);
    super(wireOptions(options), (home) =>
      options.wire === 'channels_zmq'
        ? new EmbeddedZmqCarrier(home, address, options)
        : new EmbeddedCarrier(home, address, options),
    );
  }

  /** Become the producer now, so that consumers can connect before anything is sent. */
  bind(): Promise<void> {
    if (this.closed) return Promise.reject(new LayerClosed());
    return (this.carrier as EmbeddedCarrier | EmbeddedZmqCarrier).bind();
  }

  /** Where it listens, with the real port; undefined while it does not. */
  get address(): string | undefined {
    return (this.carrier as EmbeddedCarrier | EmbeddedZmqCarrier).address;
  }
}

/** Has a link until it sends, and from then on a station. */
class EmbeddedCarrier implements Carrier {
  readonly capabilities: Capabilities = {
    extensions: ['groups', 'flush'],
    delivery: 'one-reader',
    producers: 'one-process',
    lateReaders: true,
    confirmed: true,
    bytes: true,
    separateNames: true,
  };
  readonly #home: Home;
  readonly #address: string;
  readonly #connection: ConnectionOptions;
  #link: Link | undefined;
  #station: Station | undefined;
  #binding: Promise<Station> | undefined;
  #closed = false;

  constructor(home: Home, address: string, connection: ConnectionOptions) {
    this.#home = home;
    this.#address = address;
    this.#connection = connection;
  }

  get peerCount(): number {
    return this.#station?.exchange.peerCount ?? 0;
  }

  get address(): string | undefined {
    return this.#station?.address;
  }

  async bind(): Promise<void> {
    await this.#produce();
  }

  send(channel: string, payload: Uint8Array): Promise<void> {
    if (this.#station === undefined) return this.#produce().then(() => this.send(channel, payload));
    const now = this.#home.now();
    this.#station.catchUp();
    const { expiry } = this.#home.settings;
    return this.#station.exchange.send(channel, payload, expiry, now)
      ? this.#paced(this.#station)
      : Promise.reject(new ChannelFull(this.#home.bare(channel)));
  }

  groupSend(
    group: string,
    payload: Uint8Array,
    except: ReadonlySet<string> | undefined,
  ): Promise<void> {
    const station = this.#station;
    if (station === undefined) {
      return this.#produce().then(() => this.groupSend(group, payload, except));
    }
    const now = this.#home.now();
    const { expiry } = this.#home.settings;
    station.exchange.groupSend(group, payload, packExcept(except), expiry, now);
    return this.#paced(station);
  }

  want(channel: string): void {
    if (this.#station === undefined) this.#connected().want(channel);
  }

  unwant(channel: string): void {
    this.#link?.unwant(channel);
  }

  taken(_channel: string, _letter: Letter): void {
    this.#link?.levelChanged();
  }

  join(group: string, channel: string): Promise<void> {
    if (this.#station === undefined) return this.#connected().join(group, channel, false);
    // A channel of another process is reached by its route, like a message to it.
    this.#home.groups.add(group, channel, this.#home.now());
    return RESOLVED;
  }

  leave(group: string, channel: string): Promise<void> {
    if (this.#station === undefined) {
      return this.#link === undefined ? RESOLVED : this.#link.leave(group, channel, false);
    }
    this.#station.exchange.leave(group, channel);
    return RESOLVED;
  }

  async flush(): Promise<void> {
    const { prefix } = this.#home.settings;
    if (this.#station !== undefined) await this.#station.exchange.flush(prefix);
    else if (this.#link?.joined) await this.#link.flush(prefix);
    else {
      this.#home.boxes.clear(prefix);
      for (const group of this.#home.groups.clear(prefix)) this.#link?.emptied(group);
    }
  }

  async ready(options: WaitOptions): Promise<void> {
    if (this.#binding !== undefined) await this.#binding;
    else if (this.#link !== undefined) await this.#link.sync(true, options);
  }

  sweep(now: number, emptied: readonly string[]): void {
    this.#station?.sweep(now);
    for (const group of emptied) this.#link?.emptied(group);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#link?.close();
    await this.#binding?.catch(() => {});
    await this.#station?.close();
  }

  #connected(): Link {
    if (this.#link === undefined) {
      const { maxMessageSize } = this.#home.settings;
      const options = socketOptions(this.#connection, maxMessageSize, 'client');
      this.#link = new Link(this.#home, this.#address, options);
    }
    return this.#link;
  }

  #produce(): Promise<Station> {
    this.#binding ??= this.#bind().catch((error) => {
      this.#binding = undefined;
      throw error;
    });
    return this.#binding;
  }

  async #bind(): Promise<Station> {
    const { maxMessageSize } = this.#home.settings;
    const station = new Station(
      this.#home,
      socketOptions(this.#connection, maxMessageSize, 'server'),
    );
    try {
      await station.bind(this.#address);
    } catch (error) {
      throw addressInUse(error, this.#address);
    }
    if (this.#closed) {
      await station.close();
      throw new LayerClosed();
    }
    const link = this.#link;
    this.#link = undefined;
    this.#station = station;
    if (link !== undefined) {
      // Members and readers of this process are where the station looks; what they were told of others is told here.
      const now = this.#home.now();
      for (const [group, channel, capacity] of link.foreignMembers()) {
        this.#home.groups.add(group, channel, now);
        this.#home.capacityOf.set(channel, capacity);
      }
      link.retire();
    }
    return station;
  }

  #paced(station: Station): Promise<void> {
    return station.due ? station.pace() : RESOLVED;
  }
}

const RESOLVED = Promise.resolve();

/** DedicatedLayer: any number of processes send and receive, and a hub stands in between. */

import { type Capabilities, fullCapabilities } from './carrier/capabilities.ts';
import type { Carrier, WaitOptions } from './carrier/carrier.ts';
import type { CarrierHost } from './carrier/carrier-host.ts';
import { DedicatedZmqCarrier } from './channels-zmq/dedicated.ts';
import { wireOptions } from './channels-zmq/format.ts';
import type { Message } from './codec/value.ts';
import { type ConnectionOptions, socketOptions } from './connection/socket-options.ts';
import { LayerError } from './errors.ts';
import { ChannelLayer } from './layer.ts';
import type { LocalState } from './local/local-state.ts';
import { routeOf } from './local/names.ts';
import { HashRing } from './native/hash-ring.ts';
import { atAnotherHub, HubCarrier } from './native/hub-carrier.ts';
import { Link, type LinkHost } from './native/link.ts';
import { Outbox } from './native/outbox.ts';
import { packExcept } from './native/protocol.ts';
import type { LayerOptions } from './options.ts';

/** The addresses of one hub. */
export interface HubAddresses {
  /** Endpoint that layers push messages to: the hub's `pull`. */
  push: string;
  /** Endpoint that layers get messages from: the hub's `pub`. */
  pub: string;
}

/** Options of a dedicated layer: the addresses of one hub, or of several in `hubs`. */
export interface DedicatedLayerOptions
  extends LayerOptions,
    ConnectionOptions,
    Partial<HubAddresses> {
  /**
   * Where a hub listens that was made with `bind`: `tcp://10.0.0.1:5570`. One connection carries everything. In place of
   * `push` and `pub`.
   */
  hub?: string;
  /**
   * Several hubs: addresses as in `hub`, or pairs of `push` and `pub`. Names are spread over them by consistent hashing; all
   * layers need the same ones.
   */
  hubs?: readonly string[] | readonly HubAddresses[];
  /** The wire format: `native` (default), or `channels_zmq`, that of the Python package. */
  wire?: 'native' | 'channels_zmq';
}

/**
 * A layer whose processes send and receive through a hub. It connects when it is constructed, and keeps the process alive
 * while it is open.
 */
export class DedicatedLayer<M extends object = Message> extends ChannelLayer<M> {
  /** @throws LayerError `ERR_INVALID_OPTION` */
  constructor(options: DedicatedLayerOptions) {
    const bound = toBound(options ?? {});
    const hubs = bound === undefined ? toHubs(options ?? {}) : [];
    const { wire } = options;
    if (wire === 'channels_zmq' && bound !== undefined) {
      throw new LayerError('ERR_INVALID_OPTION', 'channels_zmq needs push and pub, not hub');
    }
    if (wire === 'channels_zmq' && hubs.length > 1) {
      throw new LayerError('ERR_INVALID_OPTION', 'channels_zmq knows one queue service, not hubs');
    }
    super(wireOptions(options), (host) =>
      wire === 'channels_zmq'
        ? new DedicatedZmqCarrier(host, hubs[0]!.push, hubs[0]!.pub, options)
        : bound !== undefined
          ? new HubCarrier(host, bound, options)
          : new DedicatedCarrier(host, hubs, options),
    );
  }
}

class DedicatedCarrier implements Carrier {
  readonly capabilities: Capabilities = fullCapabilities('many-processes');
  readonly peerCount = 0;
  readonly #local: LocalState;
  readonly #hubs: readonly HubClient[];
  readonly #ring: HashRing;

  constructor(host: CarrierHost, hubs: readonly HubAddresses[], connection: ConnectionOptions) {
    // This wire uses more of the layer than carriers see.
    const local = host as LocalState;
    this.#local = local;
    const ring = new HashRing(hubs.map(({ push, pub }) => `${push} ${pub}`));
    this.#ring = ring;
    this.#hubs = hubs.map(
      (addresses, index) =>
        new HubClient(local, addresses, connection, (name) => ring.of(routeOf(name)) === index),
    );
  }

  send(channel: string, payload: Uint8Array): Promise<void> {
    const { outbox, link } = this.#of(channel);
    // So that the hub knows that there is room again before it sees this.
    link.sayLevels();
    return outbox.send(channel, payload);
  }

  groupSend(
    group: string,
    payload: Uint8Array,
    except: ReadonlySet<string> | undefined,
  ): Promise<void> {
    return this.#of(group).outbox.groupSend(group, payload, packExcept(except));
  }

  want(channel: string): void {
    this.#of(channel).link.want(channel);
  }

  unwant(channel: string): void {
    this.#of(channel).link.unwant(channel);
  }

  levelsChanged(): void {
    for (const { link } of this.#hubs) link.levelChanged();
  }

  join(group: string, channel: string): Promise<void> {
    const { link } = this.#of(group);
    if (!this.#local.isOwn(channel) && this.#of(channel).link !== link) {
      return Promise.reject(atAnotherHub(this.#local, group, channel));
    }
    return link.join(group, channel, true);
  }

  leave(group: string, channel: string): Promise<void> {
    return this.#of(group).link.leave(group, channel, true);
  }

  async flush(): Promise<void> {
    const { prefix } = this.#local.settings;
    await Promise.all(this.#hubs.map(({ link }) => link.flush(prefix)));
  }

  async ready(options: WaitOptions): Promise<void> {
    await Promise.all(this.#hubs.map(({ link }) => link.sync(true, options)));
  }

  sweep(now: number): void {
    for (const { outbox } of this.#hubs) outbox.sweep(now);
  }

  emptied(group: string): void {
    this.#of(group).link.emptied(group);
  }

  async close(): Promise<void> {
    await Promise.all(this.#hubs.map((hub) => hub.close()));
  }

  #of(name: string): HubClient {
    return this.#hubs[this.#ring.of(routeOf(name))]!;
  }
}

/** One hub, as a process sees it. */
class HubClient implements LinkHost {
  readonly outbox: Outbox;
  readonly link: Link;
  #hub = '';

  constructor(
    local: LocalState,
    { push, pub }: HubAddresses,
    connection: ConnectionOptions,
    mine: (name: string) => boolean,
  ) {
    const options = socketOptions(connection, local.settings.maxMessageSize, 'client');
    this.outbox = new Outbox(local, push, options);
    this.link = new Link(local, pub, options, this, mine);
    this.link.levelsBy = (message) => this.outbox.control(message);
  }

  get acked(): number {
    return this.outbox.acked;
  }

  welcome(hub: string, acked: number, refused: readonly number[], held: number): void {
    this.outbox.welcome(acked, refused, held, this.#hub !== '' && this.#hub !== hub);
    this.#hub = hub;
  }

  ack(number: number, refused: readonly number[], held: number): void {
    this.outbox.ack(number, refused, held);
  }

  gap(from: number, to: number): void {
    this.outbox.gap(from, to);
  }

  lost(): void {
    this.outbox.lost();
  }

  async close(): Promise<void> {
    await this.outbox.close();
    await this.link.close();
  }
}

/** The addresses of hubs with one socket; undefined if others are given. */
function toBound(options: Partial<DedicatedLayerOptions>): readonly string[] | undefined {
  const { hub, hubs, push, pub } = options;
  const isBound = hub !== undefined || (Array.isArray(hubs) && typeof hubs[0] === 'string');
  if (!isBound) return undefined;
  if (push !== undefined || pub !== undefined || (hub !== undefined && hubs !== undefined)) {
    throw new LayerError('ERR_INVALID_OPTION', 'give one of hub, hubs, and push with pub');
  }
  const all = (hubs ?? [hub]) as readonly unknown[];
  for (const each of all) {
    if (typeof each === 'string' && each !== '') continue;
    throw new LayerError('ERR_INVALID_OPTION', `hub is ${String(each)}, expected an address`);
  }
  return all as readonly string[];
}

function toHubs({ push, pub, hubs }: Partial<DedicatedLayerOptions>): readonly HubAddresses[] {
  const all = (hubs as readonly HubAddresses[] | undefined) ?? [
    { push: push ?? '', pub: pub ?? '' },
  ];
  if (hubs !== undefined && (push !== undefined || pub !== undefined)) {
    throw new LayerError('ERR_INVALID_OPTION', 'give either push and pub, or hubs');
  }
  const complete = all.every((hub) => hub.push && hub.pub);
  if (all.length === 0 || !complete) {
    throw new LayerError(
      'ERR_INVALID_OPTION',
      'a dedicated layer needs the addresses of its hub: push and pub',
    );
  }
  return all;
}

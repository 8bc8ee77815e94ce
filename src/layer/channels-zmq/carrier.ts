/** ZmqCarrier: embedded and dedicated layers that speak as the Python package channels_zmq does. */

import { Publisher, Push, Subscriber } from '../../sockets/index.ts';
import type { Capabilities, Carrier, WaitOptions } from '../carrier.ts';
import {
  addressInUse,
  type ConnectionOptions,
  type LayerSocketOptions,
  reportRefusals,
  socketOptions,
  toConnect,
} from '../connection/socket-options.ts';
import { ChannelFull, LayerClosed, LayerError } from '../errors.ts';
import { Letter } from '../local/letter.ts';
import type { LocalState } from '../local/local-state.ts';
import { routeOf } from '../local/names.ts';
import { timedOut } from '../local/reception.ts';
import { turn } from '../local/turn.ts';
import { readFrame, takeChannel, withChannel, writeFrame } from './format.ts';

/**
 * What both have: one SUB, which is subscribed to a channel from its first `receive` on, and to a group while it has
 * members. Every process that receives from a channel gets what is sent to it; nothing waits for who comes later; nobody
 * answers. A message is for the channel and for the group of its name.
 */
abstract class ZmqCarrier implements Carrier {
  readonly capabilities: Capabilities;
  protected readonly local: LocalState;
  readonly #connection: ConnectionOptions;
  readonly #address: string;
  readonly #followed = new Set<string>();
  readonly #topics = new Map<string, number>();
  #subscriber: Subscriber | undefined;
  protected closed = false;

  constructor(
    local: LocalState,
    address: string,
    connection: ConnectionOptions,
    producers: Capabilities['producers'],
  ) {
    this.local = local;
    this.#address = address;
    this.#connection = connection;
    this.capabilities = {
      extensions: ['groups', 'flush'],
      delivery: 'every-follower',
      producers,
      lateReaders: false,
      confirmed: false,
      bytes: false,
      separateNames: false,
    };
  }

  abstract readonly peerCount: number;

  /** As a socket of the Python package: without heartbeats. */
  protected sockets(role: 'server' | 'client'): LayerSocketOptions {
    const { maxMessageSize } = this.local.settings;
    const options = socketOptions(this.#connection, maxMessageSize, role);
    return { ...options, heartbeatInterval: 0, heartbeatTimeout: -1 };
  }
  protected abstract publish(topic: string, json: Uint8Array, refusable: boolean): Promise<void>;

  send(channel: string, payload: Uint8Array): Promise<void> {
    const route = routeOf(channel);
    return this.publish(
      route,
      route === channel && !channel.endsWith('!') ? payload : withChannel(payload, channel),
      true,
    );
  }

  groupSend(
    group: string,
    payload: Uint8Array,
    except: ReadonlySet<string> | undefined,
  ): Promise<void> {
    if (except !== undefined && except.size > 0) {
      return Promise.reject(
        new LayerError('ERR_UNSUPPORTED', 'the wire of channels_zmq cannot say `except`'),
      );
    }
    return this.publish(group, payload, false);
  }

  want(channel: string): void {
    this.#follow(channel);
  }

  unwant(): void {}

  taken(): void {}

  async join(group: string, channel: string): Promise<void> {
    this.#follow(channel);
    if (this.local.groups.add(group, channel, this.local.now())) this.#subscribe(group);
    await this.reachable({ timeout: JOIN_TIMEOUT }).catch(() => {});
  }

  async leave(group: string, channel: string): Promise<void> {
    if (this.local.groups.discard(group, channel)) this.#unsubscribe(group);
  }

  /** Only this process: nobody else can be told. */
  async flush(): Promise<void> {
    this.local.boxes.clear();
    for (const group of this.local.groups.clear()) this.#unsubscribe(group);
    for (const channel of this.#followed) {
      if (this.local.boxes.readersOf(channel) > 0) continue;
      this.#followed.delete(channel);
      this.#unsubscribe(routeOf(channel));
    }
  }

  async ready(options: WaitOptions): Promise<void> {
    await this.reachable(options);
  }

  sweep(_now: number, emptied: readonly string[]): void {
    for (const group of emptied) this.#unsubscribe(group);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.#subscriber?.[Symbol.asyncDispose]();
  }

  /** Resolves when the SUB is connected: then its subscriptions are on their way, and no more can be known. */
  protected async reachable({ timeout, signal }: WaitOptions): Promise<void> {
    const subscriber = this.#subscriber;
    if (subscriber === undefined) return;
    try {
      await subscriber.waitFor('handshake', {
        ...(timeout !== undefined && { timeout: timeout * 1000 }),
        ...(signal !== undefined && { signal }),
      });
    } catch (error) {
      if (this.closed) throw new LayerClosed();
      const { code } = error as { code?: string };
      throw code === 'EAGAIN' ? timedOut(this.#address, timeout ?? 0) : error;
    }
  }

  /** From now on this process publishes itself what it would have received. */
  protected loopBack(): void {
    this.#subscriber?.close();
    this.#subscriber = undefined;
    this.#looped = true;
  }

  #looped = false;

  /** A frame for whoever is here. */
  protected deliver(topic: string, expiry: number, json: Buffer): void {
    const now = this.local.now();
    const ttl = expiry - Date.now() / 1000;
    if (ttl <= 0) {
      this.local.counters.expired++;
      return;
    }
    const value = this.local.settings.codec.decode(json);
    const { channel = topic, message } = takeChannel(value as object);
    const expiresAt = this.local.expiryOf(ttl, now);
    if (this.#followed.has(channel)) {
      const letter = new Letter(json, expiresAt);
      letter.value = message;
      if (this.local.boxes.put(channel, letter, now) === 'full') this.local.skipped('', [channel]);
      else this.local.counters.delivered++;
    }
    if (!this.local.groups.has(topic)) return;
    const letter = new Letter(json, expiresAt, 0, '', topic);
    // The channel of that name may have got the object itself.
    letter.value = this.#followed.has(channel) ? structuredClone(message) : message;
    this.local.distribute(topic, letter, now);
  }

  /** Be subscribed to `channel` for as long as this layer lives. */
  #follow(channel: string): void {
    if (this.#followed.has(channel)) return;
    this.#followed.add(channel);
    this.#subscribe(routeOf(channel));
  }

  /** Topics are counted: channels with one route, or a group and a channel, share one. */
  #subscribe(topic: string): void {
    const count = this.#topics.get(topic) ?? 0;
    this.#topics.set(topic, count + 1);
    if (this.#looped) return;
    if (this.#subscriber === undefined) this.#connect();
    if (count === 0) this.#subscriber?.subscribe(`${topic}\n`);
  }

  #unsubscribe(topic: string): void {
    const count = this.#topics.get(topic) ?? 0;
    if (count > 1) this.#topics.set(topic, count - 1);
    else if (this.#topics.delete(topic)) this.#subscriber?.unsubscribe(`${topic}\n`);
  }

  #connect(): void {
    const subscriber = new Subscriber({
      ...this.sockets('client'),
      receiveHighWaterMark: 20_000,
      reconnectInterval: 50,
      reconnectMaxInterval: 400,
    });
    this.#subscriber = subscriber;
    reportRefusals(subscriber, this.local);
    subscriber.connect(toConnect(this.#address));
    void this.#listen(subscriber);
  }

  async #listen(subscriber: Subscriber): Promise<void> {
    const { boxes } = this.local;
    for (;;) {
      let messages: Buffer[][];
      try {
        messages = await subscriber.receiveMany();
      } catch {
        return;
      }
      let run = 0;
      for (const [frame] of messages) {
        if (this.closed) return;
        try {
          const { topic, expiry, json } = readFrame(frame!);
          this.deliver(topic, expiry, json);
        } catch (error) {
          this.local.undecodable('', error as Error);
        }
        if (!boxes.pressed && ++run < RUN_MAX) continue;
        run = 0;
        await turn();
        boxes.pressed = false;
      }
    }
  }
}

/** One process has the PUB. */
export class EmbeddedZmqCarrier extends ZmqCarrier {
  readonly #at: string;
  #publisher: Publisher | undefined;
  #binding: Promise<Publisher> | undefined;
  #dropped = 0;

  constructor(local: LocalState, address: string, connection: ConnectionOptions) {
    super(local, address, connection, 'one-process');
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

  protected override async publish(
    topic: string,
    json: Uint8Array,
    refusable: boolean,
  ): Promise<void> {
    const publisher = this.#publisher ?? (await this.#produce());
    const { expiry, capacities } = this.local.settings;
    const deadline = Date.now() / 1000 + expiry;
    if (refusable) {
      const capacity = capacities.of(topic);
      const full = publisher.stats().peers.some((peer) => peer.queued.out >= capacity);
      if (full || this.local.boxes.countOf(topic) >= capacity) throw new ChannelFull(topic);
    }
    const frame = writeFrame(topic, deadline, json);
    publisher.trySend(frame);
    this.deliver(topic, deadline, frame.subarray(frame.length - json.length));
    if (refusable) return;
    const { dropped } = publisher.stats();
    if (dropped > this.#dropped)
      this.local.lost(dropped - this.#dropped, 'a process does not read');
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
      sendHighWaterMark: Math.min(100_000, Math.max(1000, this.local.settings.capacities.of(''))),
      linger: 2000,
    });
    reportRefusals(publisher, this.local);
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

/** Every process has a PUSH to the queue service, which has the PUB. */
export class DedicatedZmqCarrier extends ZmqCarrier {
  readonly peerCount = 0;
  readonly #push: Push;

  constructor(local: LocalState, push: string, pub: string, connection: ConnectionOptions) {
    super(local, pub, connection, 'many-processes');
    const { capacities } = local.settings;
    this.#push = new Push({
      ...this.sockets('client'),
      // As Python: so many messages wait for a queue service, then `send` says that the channel is full.
      sendHighWaterMark: Math.min(100_000, capacities.of('')),
      linger: 2000,
      reconnectInterval: 50,
      reconnectMaxInterval: 400,
    });
    reportRefusals(this.#push, local);
    this.#push.connect(toConnect(push));
  }

  override async ready(options: WaitOptions): Promise<void> {
    const { timeout, signal } = options;
    try {
      await this.#push.waitFor('handshake', {
        ...(timeout !== undefined && { timeout: timeout * 1000 }),
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

  protected override async publish(
    topic: string,
    json: Uint8Array,
    refusable: boolean,
  ): Promise<void> {
    const frame = writeFrame(topic, Date.now() / 1000 + this.local.settings.expiry, json);
    if (this.#push.trySend(frame)) return;
    if (refusable) throw new ChannelFull(topic);
    this.local.lost(1, 'the queue service takes no more');
  }
}

const RUN_MAX = 512;
/** Seconds. */
const JOIN_TIMEOUT = 0.5;

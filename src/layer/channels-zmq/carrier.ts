/** ZmqCarrier: the common part of embedded and dedicated layers on the wire of the Python package channels_zmq. */

import { Subscriber } from '../../sockets/index.ts';
import type { Capabilities } from '../carrier/capabilities.ts';
import type { Carrier, WaitOptions } from '../carrier/carrier.ts';
import type { CarrierHost } from '../carrier/carrier-host.ts';
import {
  type ConnectionOptions,
  type LayerSocketOptions,
  reportRefusals,
  socketOptions,
  toConnect,
} from '../connection/socket-options.ts';
import { LayerClosed } from '../errors.ts';
import { timedOut } from '../local/deadline.ts';
import { Letter } from '../local/letter.ts';
import { routeOf } from '../local/names.ts';
import { readFrame, takeChannel, withChannel, ZmqCodec } from './format.ts';

/**
 * One SUB for each process, subscribed to a channel from its first `receive` on, and to a group while it has members here.
 * Every process that receives from a channel gets its messages; nothing is kept for late readers, and nothing is confirmed. A
 * message reaches both the channel and the group of its name.
 */
export abstract class ZmqCarrier implements Carrier {
  readonly capabilities: Capabilities;
  protected readonly host: CarrierHost;
  readonly #connection: ConnectionOptions;
  readonly #address: string;
  readonly #followed = new Set<string>();
  readonly #topics = new Map<string, number>();
  readonly #codec = new ZmqCodec();
  #subscriber: Subscriber | undefined;
  protected closed = false;

  constructor(
    host: CarrierHost,
    address: string,
    connection: ConnectionOptions,
    producers: Capabilities['producers'],
  ) {
    this.host = host;
    this.#address = address;
    this.#connection = connection;
    this.capabilities = {
      extensions: ['groups', 'flush'],
      ordinaryChannels: 'every-reader',
      producers,
      lateReaders: false,
      confirmed: false,
      capacity: 'buffers',
      groupOverflow: 'skipped',
      groupExpiry: true,
      foreignMembers: false,
      except: false,
      bytes: false,
      separateNames: false,
    };
  }

  abstract readonly peerCount: number;

  /** Options of sockets as in the Python package: without heartbeats. */
  protected sockets(role: 'server' | 'client'): LayerSocketOptions {
    const { maxMessageSize } = this.host.settings;
    const options = socketOptions(this.#connection, maxMessageSize, role);
    return { ...options, heartbeatInterval: 0, heartbeatTimeout: -1 };
  }
  /** Sends a frame to all subscribers of `topic`. `to`: the channel to report as full; undefined for a group. */
  protected abstract publish(topic: string, json: Uint8Array, to?: string): Promise<void>;

  send(channel: string, payload: Uint8Array): Promise<void> {
    const route = routeOf(channel);
    return this.publish(
      route,
      route === channel && !channel.endsWith('!') ? payload : withChannel(payload, channel),
      channel,
    );
  }

  groupSend(group: string, payload: Uint8Array): Promise<void> {
    return this.publish(group, payload);
  }

  want(channel: string): void {
    this.#follow(channel);
  }

  async join(group: string, channel: string): Promise<void> {
    this.#follow(channel);
    if (this.host.addMember(group, channel)) this.#subscribe(group);
    await this.reachable({ timeout: JOIN_TIMEOUT }).catch(() => {});
  }

  async leave(group: string, channel: string): Promise<void> {
    if (this.host.removeMember(group, channel)) this.#unsubscribe(group);
  }

  /** Forgets messages and memberships of this process. The wire has no message that would tell the other processes. */
  async flush(): Promise<void> {
    this.host.clear();
    for (const channel of this.#followed) {
      if (this.host.waitingAt(channel) > 0) continue;
      this.#followed.delete(channel);
      this.#unsubscribe(routeOf(channel));
    }
  }

  async ready(options: WaitOptions): Promise<void> {
    await this.reachable(options);
  }

  emptied(group: string): void {
    this.#unsubscribe(group);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.#subscriber?.[Symbol.asyncDispose]();
  }

  /** Resolves when the SUB is connected and its subscriptions have been sent; that they have arrived cannot be known. */
  protected async reachable({ timeout, signal }: WaitOptions): Promise<void> {
    const subscriber = this.#subscriber;
    if (subscriber === undefined) return;
    try {
      await subscriber.waitFor('handshake', {
        ...(timeout !== undefined && { timeout }),
        ...(signal !== undefined && { signal }),
      });
    } catch (error) {
      if (this.closed) throw new LayerClosed();
      const { code } = error as { code?: string };
      throw code === 'EAGAIN' ? timedOut(this.#address, timeout ?? 0) : error;
    }
  }

  /** Delivers within this process from now on, without a SUB, since this process has become the publisher. */
  protected loopBack(): void {
    this.#subscriber?.close();
    this.#subscriber = undefined;
    this.#looped = true;
  }

  #looped = false;

  /** Delivers a frame to the channel and the group of its topic in this process. `expiry`: seconds since 1970. */
  protected deliver(topic: string, expiry: number, json: Buffer): void {
    const ttl = expiry * 1000 - Date.now();
    if (ttl <= 0) {
      this.host.expired(topic, 1);
      this.host.skewed(this.#address, Math.round(-ttl));
      return;
    }
    const { channel = topic, message } = takeChannel(this.#codec.decode(json));
    const expiresAt = this.host.expiryOf(ttl);
    const followed = this.#followed.has(channel);
    if (followed) {
      const letter = new Letter(json, expiresAt);
      letter.value = message;
      if (this.host.deliver(channel, letter) === 'full') this.host.skipped('', [channel]);
    }
    if (this.host.memberCountOf(topic) === 0) return;
    const letter = new Letter(json, expiresAt, 0, '', topic);
    // The channel of the same name may hold the object itself.
    letter.value = followed ? structuredClone(message) : message;
    this.host.deliverToGroup(topic, letter);
  }

  /** Subscribes to `channel` until the layer is flushed or closed. */
  #follow(channel: string): void {
    if (this.#followed.has(channel)) return;
    this.#followed.add(channel);
    this.#subscribe(routeOf(channel));
  }

  /** Subscribes once for all channels of a route and the group of the same name, which are counted. */
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
    reportRefusals(subscriber, this.host);
    subscriber.connect(toConnect(this.#address));
    void this.#listen(subscriber);
  }

  async #listen(subscriber: Subscriber): Promise<void> {
    for (;;) {
      let messages: Buffer[][];
      try {
        messages = await subscriber.receiveMany();
      } catch {
        return;
      }
      for (const [frame] of messages) {
        if (this.closed) return;
        try {
          const { topic, expiry, json } = readFrame(frame!);
          this.deliver(topic, expiry, json);
        } catch (error) {
          this.host.undecodable('', error as Error);
        }
        const pace = this.host.pace();
        if (pace !== undefined) await pace;
      }
    }
  }
}

/** Milliseconds that `groupAdd` waits for a connection. */
const JOIN_TIMEOUT = 500;

/** OrdinaryChannels: queues to which many processes send, and from which many compete to receive. */

import { clearTimeout, setTimeout } from 'node:timers';
import type { CarrierHost } from '../carrier/carrier-host.ts';
import type { Letter } from '../local/letter.ts';
import { Acknowledgements } from './acknowledgements.ts';
import type { AmqpChannel, AmqpError, Delivery } from './client.ts';
import type { Envelopes } from './envelope.ts';
import type { RabbitmqSettings } from './options.ts';
import type { Session } from './session.ts';

/**
 * A process takes messages of such a channel while a `receive` waits there, and up to 16 ahead. When none has waited for
 * 20 ms, the unread ones go back to the broker, each to its old place.
 */
export class OrdinaryChannels {
  readonly #host: CarrierHost;
  readonly #settings: RabbitmqSettings;
  readonly #envelopes: Envelopes;
  /** Queues that exist, and when they were last declared. */
  readonly #declared = new Map<string, number>();
  readonly #declaring = new Map<string, Promise<void>>();
  readonly #consumers = new Map<string, Consumer>();
  /** Memberships that this process has asked for: `group channel`. */
  readonly #members = new Set<string>();
  /** How many messages were sent to a channel, and since when: so many may be lost by a restart of the broker. */
  readonly #sent = new Map<string, { count: number; since: number }>();
  #session: Session | undefined;
  #channel: Promise<AmqpChannel> | undefined;
  #acknowledgements: Acknowledgements | undefined;

  constructor(host: CarrierHost, settings: RabbitmqSettings, envelopes: Envelopes) {
    this.#host = host;
    this.#settings = settings;
    this.#envelopes = envelopes;
  }

  /** Channels that this process knows of. */
  get names(): Iterable<string> {
    return this.#declared.keys();
  }

  /** On a new connection: declares and binds queues of members, and begins to take messages where a `receive` waits. */
  async use(session: Session): Promise<void> {
    this.#session = session;
    this.#declared.clear();
    this.#declaring.clear();
    if (session.restarted && !this.#settings.durable) this.#countLost();
    for (const member of this.#members) {
      const [group, channel] = member.split(' ') as [string, string];
      await this.ensure(channel);
      await session.control((control) =>
        control.bind(channel, this.#settings.groupsExchange, group),
      );
    }
    for (const [channel] of this.#host.waiting()) {
      if (!channel.includes('!')) this.want(channel);
    }
  }

  /** The connection is lost: removes messages taken ahead, which the broker delivers again on another one. */
  abandon(): void {
    this.#session = undefined;
    this.#dropConsumers();
  }

  /** Declares the queue of `channel`; undefined if that was done within the last half of `expiry`. */
  ensure(channel: string): Promise<void> | undefined {
    const declaredAt = this.#declared.get(channel);
    const now = this.#host.now();
    if (declaredAt !== undefined && now - declaredAt < this.#host.settings.expiry / 2) {
      return undefined;
    }
    let declaring = this.#declaring.get(channel);
    if (declaring === undefined) {
      declaring = this.#declare(channel, now).finally(() => this.#declaring.delete(channel));
      this.#declaring.set(channel, declaring);
    }
    return declaring;
  }

  /** The queue of `channel` does not exist any more: counts the messages in it as lost. */
  forget(channel: string): void {
    this.#declared.delete(channel);
    const sent = this.#sent.get(channel);
    if (sent === undefined) return;
    this.#sent.delete(channel);
    const count = Math.min(sent.count, this.#host.capacityOf(channel));
    this.#host.lost(count, `unread in channel ${this.#host.bare(channel)}, whose queue has ended`);
  }

  /** A message to `channel` has been accepted. */
  sent(channel: string): void {
    const now = this.#host.now();
    const known = this.#sent.get(channel);
    if (known !== undefined && now - known.since < this.#host.settings.expiry) known.count++;
    else this.#sent.set(channel, { count: 1, since: now });
  }

  async join(group: string, channel: string, session: Session): Promise<void> {
    this.#members.add(`${group} ${channel}`);
    await this.ensure(channel);
    await session.control((control) => control.bind(channel, this.#settings.groupsExchange, group));
  }

  async leave(group: string, channel: string, session: Session | undefined): Promise<void> {
    this.#members.delete(`${group} ${channel}`);
    if (session === undefined) return;
    await this.ensure(channel);
    await session.control((control) =>
      control.unbind(channel, this.#settings.groupsExchange, group),
    );
  }

  /** A `receive` waits at `channel`. */
  want(channel: string): void {
    let consumer = this.#consumers.get(channel);
    if (consumer === undefined) {
      consumer = { tag: undefined, state: 'idle', starting: undefined, linger: undefined };
      this.#consumers.set(channel, consumer);
    }
    clearTimeout(consumer.linger);
    consumer.linger = undefined;
    if (consumer.state !== 'idle' || this.#session === undefined) return;
    consumer.state = 'open';
    consumer.starting = this.#start(channel, consumer).catch((error: AmqpError) => {
      consumer.state = 'idle';
      if (this.#consumers.get(channel) !== consumer) return;
      this.#host.refused(this.#host.bare(channel), error);
      this.#linger(channel, consumer, RETRY_INTERVAL);
    });
  }

  /** A `receive` waits no longer at `channel`, with a message or without. */
  unwant(channel: string): void {
    const consumer = this.#consumers.get(channel);
    if (consumer === undefined || this.#host.waitingAt(channel) > 0) return;
    if (consumer.linger === undefined) this.#linger(channel, consumer, LINGER);
  }

  /** The message with `tag` is done with. */
  done(tag: number, acknowledgements: Acknowledgements): void {
    acknowledgements.done(tag);
  }

  /** Resolves when all consumers have started, and the messages that the broker had for them have arrived. */
  async ready(): Promise<void> {
    await Promise.all([...this.#consumers.values()].map(({ starting }) => starting));
    const channel = await this.#channel?.catch(() => undefined);
    if (channel?.open) await channel.barrier().catch(() => {});
  }

  /** Declares queues of members anew, since their memberships would end with them, and forgets what is old. */
  sweep(now: number): void {
    const { expiry } = this.#host.settings;
    for (const [channel, { since }] of this.#sent) {
      if (now - since >= expiry) this.#sent.delete(channel);
    }
    if (this.#session === undefined) return;
    for (const member of this.#members) {
      this.ensure(member.slice(member.indexOf(' ') + 1))?.catch(() => {});
    }
    for (const [channel, declaredAt] of this.#declared) {
      if (now - declaredAt > expiry * 2 && !this.#consumers.has(channel)) {
        this.#declared.delete(channel);
      }
    }
  }

  /** Forgets memberships, queues, and how many messages were sent. */
  clear(): void {
    this.#members.clear();
    this.#declared.clear();
    this.#sent.clear();
  }

  /** Gives unread messages back to the broker. */
  close(): void {
    this.#dropConsumers();
  }

  async #declare(channel: string, now: number): Promise<void> {
    const session = this.#session;
    if (session === undefined) throw new Error('the AMQP channel is closed');
    const { durable } = this.#settings;
    const capacity = this.#host.capacityOf(channel);
    const declaration = {
      queue: channel,
      durable,
      arguments: {
        ...(durable && { 'x-queue-type': 'quorum' }),
        ...(capacity !== Number.POSITIVE_INFINITY && { 'x-max-length': capacity }),
        'x-overflow': 'reject-publish',
        // Declared again after half of `expiry`, so that no message in it is alive when it ends unused.
        'x-expires': Math.ceil(this.#host.settings.expiry * 2),
      },
    };
    try {
      await session.control((control) => control.declareQueue(declaration));
    } catch (error) {
      if ((error as AmqpError).code !== 'PRECONDITION_FAILED') throw error;
      // Another program has declared it with other options: it is used as it is.
      this.#host.refused(this.#host.bare(channel), error as Error);
      await session.control((control) => control.declareQueue({ queue: channel, passive: true }));
    }
    if (this.#session === session) this.#declared.set(channel, now);
  }

  async #start(channel: string, consumer: Consumer): Promise<void> {
    await this.ensure(channel);
    const opened = await this.#open();
    const acknowledgements = this.#acknowledgements!;
    const prefetch = this.#settings.durable ? 1 : PREFETCH;
    const tag = await opened.consume(channel, prefetch, false, (delivery) => {
      acknowledgements.arrived();
      if (this.#consumers.get(channel) !== consumer || consumer.state !== 'open') {
        acknowledgements.givenBack(delivery.tag);
      } else this.#arrived(channel, consumer, delivery, acknowledgements);
    });
    consumer.tag = tag;
    if (this.#host.waitingAt(channel) === 0) this.unwant(channel);
  }

  #arrived(
    channel: string,
    consumer: Consumer,
    delivery: Delivery,
    acknowledgements: Acknowledgements,
  ): void {
    const arrival = this.#envelopes.tryRead(delivery, (name) => name === channel);
    if (arrival === undefined || arrival.except?.has(channel)) {
      acknowledgements.done(delivery.tag);
      return;
    }
    const { letter } = arrival;
    letter.token = () => acknowledgements.done(delivery.tag);
    tags.set(letter, { tag: delivery.tag, acknowledgements });
    this.#host.deliver(channel, letter, Number.POSITIVE_INFINITY);
    if (this.#host.waitingAt(channel) === 0 && consumer.linger === undefined) {
      this.#linger(channel, consumer, LINGER);
    }
  }

  /** Ends the consumer after `time` milliseconds, unless a `receive` waits at `channel` then. */
  #linger(channel: string, consumer: Consumer, time: number): void {
    clearTimeout(consumer.linger);
    consumer.linger = setTimeout(() => {
      consumer.linger = undefined;
      if (this.#consumers.get(channel) !== consumer) return;
      if (this.#host.waitingAt(channel) === 0) void this.#stop(channel, consumer);
      else if (consumer.state === 'idle') this.want(channel);
    }, time).unref();
  }

  async #stop(channel: string, consumer: Consumer): Promise<void> {
    const { tag } = consumer;
    consumer.state = 'stopping';
    if (tag !== undefined) {
      const opened = await this.#channel?.catch(() => undefined);
      await opened?.cancel(tag).catch(() => {});
    }
    if (this.#consumers.get(channel) !== consumer) return;
    this.#giveBack(channel);
    this.#consumers.delete(channel);
    if (this.#host.waitingAt(channel) > 0) this.want(channel);
  }

  #giveBack(channel: string): void {
    for (const letter of this.#host.takeBack(channel, Number.POSITIVE_INFINITY)) {
      const known = tags.get(letter);
      known?.acknowledgements.givenBack(known.tag);
    }
  }

  /** The AMQP channel of all consumers. */
  #open(): Promise<AmqpChannel> {
    this.#channel ??= this.#session!.connection.openChannel((_error, consumer) =>
      this.#restart(consumer),
    ).then((channel) => {
      this.#acknowledgements = new Acknowledgements(channel);
      return channel;
    });
    return this.#channel;
  }

  /** The AMQP channel has ended, as when the queue of `cancelled` was deleted: starts consumers again where a `receive` waits. */
  #restart(cancelled: string | undefined): void {
    const channels = [...this.#consumers.keys()];
    const deleted = channels.find(
      (channel) => cancelled !== undefined && this.#consumers.get(channel)?.tag === cancelled,
    );
    this.#dropConsumers();
    for (const channel of channels) {
      if (channel === deleted) this.forget(channel);
      else this.#declared.delete(channel);
      if (this.#host.waitingAt(channel) > 0) this.want(channel);
    }
  }

  #dropConsumers(): void {
    for (const [channel, consumer] of this.#consumers) {
      clearTimeout(consumer.linger);
      this.#giveBack(channel);
    }
    this.#consumers.clear();
    this.#channel = undefined;
    this.#acknowledgements = undefined;
  }

  #countLost(): void {
    let count = 0;
    for (const [channel, sent] of this.#sent) {
      count += Math.min(sent.count, this.#host.capacityOf(channel));
    }
    this.#sent.clear();
    this.#host.lost(count, 'unread in a broker that was started anew');
  }
}

/** The AMQP consumer of one channel. */
interface Consumer {
  tag: string | undefined;
  state: 'idle' | 'open' | 'stopping';
  starting: Promise<void> | undefined;
  linger: NodeJS.Timeout | undefined;
}

/** The AMQP tag of each letter, and where to acknowledge it. */
const tags = new WeakMap<Letter, { tag: number; acknowledgements: Acknowledgements }>();

/** Messages that are taken ahead of `receive`. */
const PREFETCH = 16;
/** Milliseconds without a waiting `receive` until messages go back to the broker. */
const LINGER = 20;
/** Milliseconds until a consumer that the broker has refused is started again. */
const RETRY_INTERVAL = 1000;

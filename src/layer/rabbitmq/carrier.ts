/** RabbitmqCarrier: channels and groups over a RabbitMQ broker. */

import { Deadline } from '../../base/deadline.ts';
import { Seldom } from '../../base/seldom.ts';
import { Turns } from '../../base/turns.ts';
import type { Capabilities } from '../carrier/capabilities.ts';
import type { Carrier, WaitOptions } from '../carrier/carrier.ts';
import type { CarrierHost } from '../carrier/carrier-host.ts';
import { ChannelFull, LayerClosed, LayerError } from '../errors.ts';
import { REPORT_INTERVAL } from '../events.ts';
import type { Letter } from '../local/letter.ts';
import type { AmqpClient, AmqpConnection, AmqpError, Delivery } from './client.ts';
import { Connector, type ConnectorHost } from './connector.ts';
import { CurrentSession } from './current-session.ts';
import { Envelopes } from './envelope.ts';
import { Flush } from './flush.ts';
import { Inbox } from './inbox.ts';
import type { RabbitmqSettings } from './options.ts';
import { OrdinaryChannels } from './ordinary.ts';
import { type Fate, Publisher, REFUSALS, refused } from './publisher.ts';
import { Session, type SessionHost } from './session.ts';

/** What this carrier reports beside what all carriers do. */
export interface RabbitmqObserver {
  /** A connection is open; undefined: it is lost. */
  connection(connection: AmqpConnection | undefined): void;
  /** The broker accepts no messages, for `reason`; undefined: it does again. */
  blocked(reason: string | undefined): void;
  /** This process holds `localCapacity` messages, most of them in `channels`. At most once in `REPORT_INTERVAL`. */
  pressed(channels: [channel: string, count: number][]): void;
}

/** One connection, one exclusive queue for this process, one exchange for all groups, a queue for each ordinary channel. */
export class RabbitmqCarrier implements Carrier, ConnectorHost, SessionHost {
  readonly capabilities: Capabilities = CAPABILITIES;
  readonly peerCount = 0;
  readonly #host: CarrierHost;
  readonly #settings: RabbitmqSettings;
  readonly #observer: RabbitmqObserver;
  readonly #envelopes: Envelopes;
  readonly #publisher: Publisher;
  readonly #ordinary: OrdinaryChannels;
  readonly #connector: Connector;
  readonly #flush: Flush;
  readonly #inbox: Inbox;
  readonly #current = new CurrentSession();
  #connectCount = 0;
  #closed = false;
  /** Whether the program was last told that the broker is blocked. */
  #blocked = false;
  readonly #turns = new Turns(true);
  readonly #seldom = new Seldom(REPORT_INTERVAL);

  constructor(
    host: CarrierHost,
    settings: RabbitmqSettings,
    client: AmqpClient,
    observer: RabbitmqObserver,
  ) {
    this.#host = host;
    this.#settings = settings;
    this.#observer = observer;
    this.#envelopes = new Envelopes(host, settings.plain);
    this.#publisher = new Publisher(() => host.now());
    this.#ordinary = new OrdinaryChannels(host, settings, this.#envelopes);
    this.#flush = new Flush(host, settings, this.#publisher, this.#ordinary);
    this.#inbox = new Inbox(host, this.#envelopes, (channel) => this.isOwn(channel));
    this.#connector = new Connector(client, settings, this);
    this.#connector.start();
  }

  async send(channel: string, payload: Uint8Array): Promise<void> {
    const ordinary = !channel.includes('!');
    const routingKey = ordinary ? channel : this.#queueOf(channel);
    const durable = ordinary && this.#settings.durable;
    const publication = this.#envelopes.write('channel', channel, payload, {
      exchange: '',
      routingKey,
      mandatory: true,
      durable,
    });
    for (let attempt = 1; ; attempt++) {
      if (ordinary) {
        const declared = this.#current.open
          ? this.#ordinary.ensure(channel)
          : this.#current.inForce(() => this.#ordinary.ensure(channel));
        if (declared !== undefined) await this.#inTime(declared, channel);
      }
      const fate: Fate = await this.#publisher.publish(publication);
      if (fate === 'full') {
        if (durable) this.#publisher.renew();
        throw new ChannelFull(this.#host.bare(channel));
      }
      if (fate === 'routed') break;
      // The queue has ended since it was declared: the message is in none.
      if (ordinary && attempt < ATTEMPTS_MAX) {
        this.#ordinary.forget(channel);
        continue;
      }
      this.#host.lost(1, `no process has channel ${this.#host.bare(channel)}`);
      return;
    }
    if (ordinary) this.#ordinary.sent(channel);
  }

  groupSend(
    group: string,
    payload: Uint8Array,
    except: ReadonlySet<string> | undefined,
  ): Promise<void> {
    const publication = this.#envelopes.write(
      'group',
      group,
      payload,
      {
        exchange: this.#settings.groupsExchange,
        routingKey: group,
        mandatory: false,
        durable: this.#settings.durable,
      },
      except,
    );
    const published = this.#publisher.publish(publication).then(
      (fate) => {
        // The queue of at least one process was full; the others have the message.
        if (fate === 'full') this.#host.skipped(group, [group]);
      },
      (error: LayerError) => this.#host.lost(1, error.message),
    );
    if (this.#publisher.pendingCount > GROUP_WINDOW) return published;
    return this.#turns.due(1) ? this.#turns.later(undefined) : RESOLVED;
  }

  want(channel: string): void {
    if (!channel.includes('!')) this.#ordinary.want(channel);
  }

  unwant(channel: string): void {
    if (!channel.includes('!')) this.#ordinary.unwant(channel);
  }

  settled(letter: Letter): void {
    (letter.token as (() => void) | undefined)?.();
  }

  async join(group: string, channel: string, options: WaitOptions): Promise<void> {
    if (!channel.includes('!')) {
      await this.#current.inForce(
        (session) => this.#ordinary.join(group, channel, session),
        options,
      );
      return;
    }
    if (!this.isOwn(channel)) {
      const name = this.#host.bare(channel);
      throw new LayerError('ERR_UNSUPPORTED', `channel ${name} is of another process`, {
        channel: name,
      });
    }
    this.#host.addMember(group, channel);
    await this.#current.inForce(
      (session) => (this.#host.memberCountOf(group) > 0 ? session.bind(group) : undefined),
      options,
    );
  }

  async leave(group: string, channel: string): Promise<void> {
    const session = this.#current.any;
    if (!channel.includes('!')) {
      await this.#current.whileIts(
        session,
        this.#ordinary.leave(group, channel, this.#current.open),
      );
    } else if (this.#host.removeMember(group, channel)) {
      await this.#current.whileIts(session, session?.unbind(group));
    }
  }

  emptied(group: string): void {
    const session = this.#current.any;
    this.#current.whileIts(session, session?.unbind(group)).catch(() => {});
  }

  async flush(options: WaitOptions): Promise<void> {
    await this.#current.inForce((session) => this.#flush.begin(session), options);
  }

  async ready(options: WaitOptions): Promise<void> {
    await this.#current.inForce(async (session) => {
      await this.#ordinary.ready();
      await session.barrier();
      await this.#inbox.drained();
    }, options);
  }

  sweep(now: number): void {
    this.#publisher.sweep(now);
    this.#ordinary.sweep(now);
  }

  async close(): Promise<void> {
    const closed = new LayerClosed();
    this.#closed = true;
    this.#current.close();
    await this.#publisher.close(CLOSE_TIMEOUT, closed);
    this.#ordinary.close();
    this.#current.any?.flush();
    await this.#connector.close();
    await this.#publisher.use(undefined);
  }

  /** Whether `channel` is read by this process alone. */
  isOwn(channel: string): boolean {
    return (
      this.#host.processOf(channel) === this.#host.key ||
      channel.startsWith(`${this.#settings.queue}!`)
    );
  }

  /** Whether this layer may receive from `channel`, a name without the prefix. */
  reads(channel: string): boolean {
    return this.isOwn(this.#host.settings.prefix + channel);
  }

  // — ConnectorHost —

  async prepare(connection: AmqpConnection): Promise<void> {
    const session = new Session(connection, this.#settings, this.#host, this);
    this.#current.prepare(session);
    await session.begin(this.#connectCount > 0);
    await this.#ordinary.use(session);
    await this.#publisher.use(connection);
  }

  opened(connection: AmqpConnection, address: string): void {
    this.#connectCount++;
    this.#observer.connection(connection);
    const session = this.#current.opened();
    this.#host.connected({ address, hub: address, restarted: session.restarted });
  }

  closed(address: string): void {
    // Messages here can still be read; those that waited in the queue are lost with it.
    const full = (this.#current.any?.unsettledCount ?? 0) >= this.#settings.localCapacity;
    this.#gone();
    this.#observer.connection(undefined);
    this.#host.disconnected({ address });
    if (full) this.#host.lost(this.#settings.remoteCapacity, 'unread in the queue of this process');
  }

  refused(address: string, error: AmqpError): void {
    this.#gone();
    this.#host.refused(address, error);
  }

  blocked(reason: string | undefined): void {
    this.#blocked = reason !== undefined;
    this.#observer.blocked(reason);
  }

  // — SessionHost —

  arrived(delivery: Delivery, session: Session): void {
    if (session !== this.#current.any) return;
    this.#inbox.push(delivery, session);
    if (session.unsettledCount >= this.#settings.localCapacity) {
      const due = this.#seldom.due('backpressure', this.#host.now());
      if (due > 0) this.#observer.pressed(this.#host.largest(3));
    }
  }

  told(delivery: Delivery): void {
    this.#flush.told(delivery);
  }

  broken(error: Error): void {
    if (!this.#closed) this.#connector.reconnect(error);
  }

  /** The queue of the process that reads a process-specific channel. */
  #queueOf(channel: string): string {
    const route = channel.slice(0, channel.indexOf('!'));
    const key = this.#host.processOf(channel);
    if (key === undefined) return route;
    return key === this.#host.key
      ? this.#settings.queue
      : queueOfKey(this.#host.settings.prefix, key);
  }

  #gone(): void {
    this.#current.gone();
    this.#publisher.use(undefined).catch(() => {});
    this.#ordinary.abandon();
    // The broker tells it anew on the next connection, as soon as something is published there.
    if (this.#blocked) this.blocked(undefined);
  }

  /** Awaits the declaration of the queue that a message needs, at most until the message expires. */
  async #inTime(declared: Promise<void>, channel: string): Promise<void> {
    const { expiry } = this.#host.settings;
    let timer: Deadline | undefined;
    const late = new Promise<never>((_, reject) => {
      const why = `the fate of the message is unknown: no broker answered before it expired`;
      timer = new Deadline(expiry, () => reject(new LayerError('ERR_UNCONFIRMED', why)));
    });
    try {
      await Promise.race([declared, late]);
    } catch (error) {
      if (error instanceof LayerError) throw error;
      if (REFUSALS.has((error as AmqpError).code ?? '')) throw refused(error as Error);
      await Promise.race([this.#current.inForce(() => this.#ordinary.ensure(channel)), late]);
    } finally {
      timer?.clear();
    }
  }
}

/** The queue of the process with `key`, unless the option `queue` names another. */
export function queueOfKey(prefix: string, key: string): string {
  return `${prefix}channels_${key}`;
}

const CAPABILITIES: Capabilities = {
  extensions: ['groups', 'flush'],
  ordinaryChannels: 'one-reader',
  producers: 'many-processes',
  lateReaders: true,
  confirmed: true,
  capacity: 'process',
  groupOverflow: 'lost',
  groupExpiry: true,
  foreignMembers: false,
  except: true,
  bytes: true,
  separateNames: true,
};

const RESOLVED = Promise.resolve();
const ATTEMPTS_MAX = 5;
/** Messages that the broker has not confirmed; beyond it `groupSend` waits. */
const GROUP_WINDOW = 1_000;
/** Milliseconds for the broker to confirm messages when the layer is closed. */
const CLOSE_TIMEOUT = 2_000;

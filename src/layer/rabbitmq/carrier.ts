/** RabbitmqCarrier: channels and groups over a RabbitMQ broker. */

import { setImmediate, setTimeout } from 'node:timers';
import { Deadline } from '../../base/deadline.ts';
import type { Capabilities } from '../carrier/capabilities.ts';
import type { Carrier, WaitOptions } from '../carrier/carrier.ts';
import type { CarrierHost } from '../carrier/carrier-host.ts';
import { ChannelFull, LayerClosed, LayerError } from '../errors.ts';
import type { Letter } from '../local/letter.ts';
import type { AmqpClient, AmqpConnection, AmqpError, Delivery } from './client.ts';
import { Connector, type ConnectorHost } from './connector.ts';
import { type Arrival, CONTROL, Envelopes, REPLY_TO, SENDER } from './envelope.ts';
import type { RabbitmqSettings } from './options.ts';
import { OrdinaryChannels } from './ordinary.ts';
import { type Fate, Publisher, REFUSALS, refused } from './publisher.ts';
import { controlQueueOf, everybody, isCollateral, Session, type SessionHost } from './session.ts';

/** What a program is told beside what all carriers tell. */
export interface RabbitmqObserver {
  /** A connection is open; undefined: it is gone. */
  connection(connection: AmqpConnection | undefined): void;
  /** The broker takes no messages, for `reason`; undefined: it does again. */
  blocked(reason: string | undefined): void;
  /** This process holds as many messages as it may. `channels` finds those with most of them. */
  pressed(channels: () => [channel: string, count: number][]): void;
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
  /** Deliveries that wait until readers have had a turn. */
  readonly #inbox: { delivery: Delivery; session: Session }[] = [];
  #pacing = false;
  /** From the moment a connection is being prepared. */
  #session: Session | undefined;
  #open = false;
  #connectCount = 0;
  #waiters = new Set<{ resolve: (session: Session) => void; reject: (error: Error) => void }>();
  /** Of a flush that waits for others: the names they know. */
  #heard: Set<string> | undefined;
  #closed = false;
  /** The program has been told so. */
  #blocked = false;
  #groupRun = 0;

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
    this.#ordinary = new OrdinaryChannels(host, settings, (delivery) => this.#read(delivery));
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
        const declared = this.#open
          ? this.#ordinary.ensure(channel)
          : this.#inForce(() => this.#ordinary.ensure(channel));
        if (declared !== undefined) await this.#inTime(declared, channel);
      }
      const fate: Fate = await this.#publisher.publish(publication);
      if (fate === 'full') throw new ChannelFull(this.#host.bare(channel));
      if (fate === 'routed') break;
      // The queue has ended since it was declared: nobody has the message.
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
        // Of one process at least; the others have it.
        if (fate === 'full') this.#host.skipped(group, [group]);
      },
      (error: LayerError) => this.#host.lost(1, error.message),
    );
    if (this.#publisher.pendingCount > GROUP_WINDOW) return published;
    return ++this.#groupRun % RUN_MAX === 0 ? turn() : RESOLVED;
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
      await this.#inForce((session) => this.#ordinary.join(group, channel, session), options);
      return;
    }
    if (!this.isOwn(channel)) {
      const name = this.#host.bare(channel);
      throw new LayerError('ERR_UNSUPPORTED', `channel ${name} is of another process`, {
        channel: name,
      });
    }
    this.#host.addMember(group, channel);
    await this.#inForce(
      (session) => (this.#host.memberCountOf(group) > 0 ? session.bind(group) : undefined),
      options,
    );
  }

  async leave(group: string, channel: string): Promise<void> {
    const session = this.#session;
    if (!channel.includes('!')) {
      await this.#whileIts(
        session,
        this.#ordinary.leave(group, channel, this.#open ? session : undefined),
      );
    } else if (this.#host.removeMember(group, channel)) {
      await this.#whileIts(session, session?.unbind(group));
    }
  }

  emptied(group: string): void {
    const session = this.#session;
    this.#whileIts(session, session?.unbind(group)).catch(() => {});
  }

  async flush(options: WaitOptions): Promise<void> {
    await this.#inForce(async (session) => {
      const names = new Set(this.#ordinary.names);
      this.#heard = names;
      try {
        await this.#tell(
          this.#settings.groupsExchange,
          everybody(this.#host.settings.prefix),
          'flush',
        );
        this.#forgetAll();
        await new Promise((resolve) => setTimeout(resolve, FLUSH_WAIT));
      } finally {
        this.#heard = undefined;
      }
      for (const name of names) await session.control((channel) => channel.deleteQueue(name));
      await session.barrier();
      this.#forgetAll();
    }, options);
  }

  async ready(options: WaitOptions): Promise<void> {
    await this.#inForce(async (session) => {
      await this.#ordinary.ready();
      await session.barrier();
      await this.#drained();
    }, options);
  }

  sweep(now: number): void {
    this.#publisher.sweep(now);
    this.#ordinary.sweep(now);
  }

  async close(): Promise<void> {
    const closed = new LayerClosed();
    this.#closed = true;
    for (const { reject } of this.#waiters) reject(closed);
    this.#waiters.clear();
    await this.#publisher.close(CLOSE_TIMEOUT, closed);
    this.#ordinary.close();
    this.#session?.flush();
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

  /** Whether the program may receive from it here; the name is without the prefix. */
  reads(channel: string): boolean {
    return this.isOwn(this.#host.settings.prefix + channel);
  }

  // — ConnectorHost —

  async prepare(connection: AmqpConnection): Promise<void> {
    const session = new Session(connection, this.#settings, this.#host, this);
    this.#session = session;
    await session.begin(this.#connectCount > 0);
    await this.#ordinary.use(session);
    await this.#publisher.use(connection);
  }

  opened(connection: AmqpConnection, address: string): void {
    const session = this.#session!;
    this.#open = true;
    this.#connectCount++;
    this.#observer.connection(connection);
    this.#host.connected({ address, hub: address, restarted: session.restarted });
    for (const { resolve } of this.#waiters) resolve(session);
    this.#waiters.clear();
  }

  closed(address: string): void {
    // What is here can still be read; what waited in the queue is gone with it.
    const full = (this.#session?.unsettledCount ?? 0) >= this.#settings.localCapacity;
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
    if (session !== this.#session) return;
    this.#inbox.push({ delivery, session });
    if (!this.#pacing) void this.#takeIn();
    if (session.unsettledCount >= this.#settings.localCapacity) {
      this.#observer.pressed(() => this.#host.largest(3));
    }
  }

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

  broken(error: Error): void {
    if (!this.#closed) this.#connector.reconnect(error);
  }

  async #takeIn(): Promise<void> {
    this.#pacing = true;
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
      this.#deliver(next.delivery, next.session);
      const pause = this.#host.pace();
      if (pause !== undefined) await pause;
    }
    this.#pacing = false;
  }

  /** Resolves when everything that has arrived is in its channels. */
  async #drained(): Promise<void> {
    while (this.#pacing) await turn();
    await this.#host.busy;
  }

  #deliver(delivery: Delivery, session: Session): void {
    const arrival = this.#read(delivery);
    if (arrival === undefined) {
      session.done(delivery.tag);
      return;
    }
    const { letter, except } = arrival;
    const { kind, name } = arrival.address;
    letter.token = () => session.done(delivery.tag);
    if (kind === 'group') this.#host.deliverToGroup(name, letter, { except });
    else if (this.isOwn(name)) this.#host.deliver(name, letter, Number.POSITIVE_INFINITY);
    else {
      session.done(delivery.tag);
      this.#host.undecodable(
        letter.from,
        new LayerError('ERR_CODEC', 'a message to another process'),
      );
    }
  }

  #read(delivery: Delivery): Arrival | undefined {
    try {
      return this.#envelopes.read(delivery);
    } catch (error) {
      this.#host.undecodable(this.#envelopes.senderOf(delivery), error as Error);
      return undefined;
    }
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

  #gone(): void {
    this.#open = false;
    this.#session = undefined;
    this.#publisher.use(undefined).catch(() => {});
    this.#ordinary.abandon();
    // The broker says it anew on the next connection, as soon as something is published there.
    if (this.#blocked) this.blocked(undefined);
  }

  /** The session, as soon as there is an open one. */
  #opened(signal: AbortSignal | undefined): Promise<Session> {
    if (this.#closed) return Promise.reject(new LayerClosed());
    if (this.#open) return Promise.resolve(this.#session!);
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', () => this.#waiters.delete(waiter), { once: true });
    });
  }

  /** Does `work` on an open connection, and again on the next one if that ends meanwhile. */
  async #inForce(
    work: (session: Session) => Promise<void> | undefined,
    { signal }: WaitOptions = {},
  ): Promise<void> {
    for (;;) {
      const session = await this.#opened(signal);
      try {
        await work(session);
        return;
      } catch (error) {
        if (this.#closed) throw new LayerClosed();
        if (session === this.#session && this.#open && !isCollateral(error as AmqpError)) {
          throw error instanceof LayerError ? error : refused(error as Error);
        }
        await turn();
      }
    }
  }

  /** `work` on a session: when that is gone, so is what was to be undone. */
  async #whileIts(session: Session | undefined, work: Promise<void> | undefined): Promise<void> {
    try {
      await work;
    } catch (error) {
      const { code } = error as AmqpError;
      if (session === this.#session && REFUSALS.has(code ?? '')) throw refused(error as Error);
    }
  }

  /** A declaration that a message waits for, at most until the message expires. */
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
      await Promise.race([this.#inForce(() => this.#ordinary.ensure(channel)), late]);
    } finally {
      timer?.clear();
    }
  }
}

/** The queue of the process with `key`, where it has not been given another name. */
export function queueOfKey(prefix: string, key: string): string {
  return `${prefix}channels_${key}`;
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
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
const EMPTY = new Uint8Array(0);
const NAME = /^[a-zA-Z0-9\-_.]{1,100}$/;
/** Names of ordinary channels in one answer. */
const NAMES_MAX = 10_000;
const ATTEMPTS_MAX = 5;
/** Group messages whose fate the broker has not said; beyond it `groupSend` waits. */
const GROUP_WINDOW = 1_000;
const RUN_MAX = 256;
/** Milliseconds that a flush waits for other processes to name the channels they know. */
const FLUSH_WAIT = 200;
/** Milliseconds for what is under way when the layer is closed. */
const CLOSE_TIMEOUT = 2_000;

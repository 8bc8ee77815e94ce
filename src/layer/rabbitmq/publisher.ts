/** Publisher: sends messages, each until the broker has confirmed or refused it. */

import { clearTimeout, setTimeout } from 'node:timers';
import { LayerError } from '../errors.ts';
import { Queue } from '../local/queue.ts';
import type { AmqpChannel, AmqpConnection, AmqpError, Publication } from './client.ts';

/** What became of a message: it is in a queue, there was no queue for it, or the queue was full. */
export type Fate = 'routed' | 'unroutable' | 'full';

/**
 * A message waits for a connection, and then for the broker's answer, until it expires. Messages sent and not answered when a
 * connection breaks are unconfirmed.
 */
export class Publisher {
  readonly #now: () => number;
  readonly #waiting = new Queue<Parcel>();
  #connection: AmqpConnection | undefined;
  #channel: AmqpChannel | undefined;
  /** Messages sent to the broker, in the order in which they expire. The first one has not been answered. */
  readonly #underWay = new Queue<Parcel>();
  #underWayCount = 0;
  #idle: (() => void)[] = [];
  /** AMQP channels no longer used; each is closed when the broker has answered all its messages. */
  readonly #retired = new Set<AmqpChannel>();
  #renewedAt = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Messages whose fate is not known yet. */
  get pendingCount(): number {
    return this.#waiting.length + this.#underWayCount;
  }

  /** Sends a message; resolves with what became of it. Rejects with LayerError `ERR_UNCONFIRMED` or `ERR_REFUSED`. */
  publish(publication: Publication): Promise<Fate> {
    return new Promise((resolve, reject) => {
      const expiresAt = this.#now() + publication.expiration;
      const parcel: Parcel = { publication, expiresAt, resolve, reject, settled: false };
      if (this.#channel?.open && this.#waiting.length === 0) this.#write(this.#channel, parcel);
      else if (this.#waiting.length < WAITING_MAX) this.#waiting.push(parcel);
      else reject(unconfirmed(`no broker answers, and ${WAITING_MAX} messages wait for it`));
    });
  }

  /** Publishes through `connection` from now on; undefined: messages wait for the next one. */
  async use(connection: AmqpConnection | undefined): Promise<void> {
    this.#connection = connection;
    this.#channel = undefined;
    if (connection === undefined) return;
    const channel = await connection.openChannel(() => {
      if (this.#channel === channel && this.#connection === connection) {
        // A message was refused, which has closed the channel: the next ones need another.
        this.use(connection).catch(() => {});
      }
    });
    await channel.confirm();
    if (this.#connection !== connection) return;
    this.#channel = channel;
    while (channel.open) {
      const parcel = this.#waiting.shift();
      if (parcel === undefined) return;
      this.#write(channel, parcel);
    }
  }

  /**
   * Publishes through another AMQP channel from now on; at most once a second. A channel that published to a quorum queue while
   * this had no leader is told for ever that it is full.
   */
  renew(): void {
    const [connection, channel] = [this.#connection, this.#channel];
    if (connection === undefined || channel === undefined) return;
    if (this.#now() - this.#renewedAt < RENEW_INTERVAL) return;
    this.#renewedAt = this.#now();
    this.#retired.add(channel);
    this.use(connection).catch(() => {});
  }

  /** Rejects messages that expired while they waited for a connection or for the broker's answer. */
  sweep(now: number): void {
    for (const channel of this.#retired) {
      if (channel.open && channel.pendingCount > 0) continue;
      this.#retired.delete(channel);
      channel.close().catch(() => {});
    }
    for (;;) {
      const parcel = this.#waiting.peek();
      if (parcel === undefined || parcel.expiresAt > now) break;
      this.#waiting.shift();
      parcel.reject(unconfirmed('no broker answered before the message expired'));
    }
    for (;;) {
      const parcel = this.#underWay.peek();
      if (parcel === undefined || parcel.expiresAt > now) return;
      this.#settle(parcel);
      parcel.reject(unconfirmed('the broker did not say before it expired that it has it'));
    }
  }

  /** Rejects messages not yet sent with `reason`; resolves when the others are answered, or after `timeout` milliseconds. */
  async close(timeout: number, reason: LayerError): Promise<void> {
    for (let parcel = this.#waiting.shift(); parcel; parcel = this.#waiting.shift()) {
      parcel.reject(reason);
    }
    if (this.#underWayCount === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeout);
      this.#idle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #write(channel: AmqpChannel, parcel: Parcel): void {
    this.#underWay.push(parcel);
    this.#underWayCount++;
    channel.publish(parcel.publication).then(
      (fate) => {
        this.#settle(parcel);
        parcel.resolve(fate);
      },
      (error: AmqpError) => {
        this.#settle(parcel);
        if (error.code === 'NACK') parcel.resolve('full');
        else
          parcel.reject(
            REFUSALS.has(error.code ?? '')
              ? refused(error)
              : unconfirmed('the connection broke', error),
          );
      },
    );
  }

  #settle(parcel: Parcel): void {
    if (parcel.settled) return;
    parcel.settled = true;
    while (this.#underWay.peek()?.settled) this.#underWay.shift();
    if (--this.#underWayCount > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

interface Parcel {
  readonly publication: Publication;
  readonly expiresAt: number;
  readonly resolve: (fate: Fate) => void;
  readonly reject: (error: LayerError) => void;
  /** The message was answered, or given up. */
  settled: boolean;
}

/** Codes with which a broker refuses a call. */
export const REFUSALS: ReadonlySet<string> = new Set([
  'ACCESS_REFUSED',
  'NOT_FOUND',
  'PRECONDITION_FAILED',
  'RESOURCE_LOCKED',
  'NOT_ALLOWED',
]);

/** The error of a call that the broker has refused. */
export function refused(cause: Error): LayerError {
  return new LayerError('ERR_REFUSED', `refused by the broker: ${cause.message}`, { cause });
}

function unconfirmed(why: string, cause?: Error): LayerError {
  return new LayerError('ERR_UNCONFIRMED', `the fate of the message is unknown: ${why}`, { cause });
}

/** Milliseconds between two changes of the AMQP channel. */
const RENEW_INTERVAL = 1_000;
const WAITING_MAX = 10_000;

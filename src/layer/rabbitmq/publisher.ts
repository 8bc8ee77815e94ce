/** Publisher: what is sent, until the broker has said that it has it. */

import { clearTimeout, setTimeout } from 'node:timers';
import { LayerError } from '../errors.ts';
import { Queue } from '../local/queue.ts';
import type { AmqpChannel, AmqpConnection, AmqpError, Publication } from './client.ts';

/** What became of a message: in a queue, in none because there is none, or in none because it was full. */
export type Fate = 'routed' | 'unroutable' | 'full';

/** A message waits here for a connection, and then for the broker's word, until it expires. What was under way when a connection broke is unconfirmed. */
export class Publisher {
  readonly #now: () => number;
  readonly #waiting = new Queue<Parcel>();
  #connection: AmqpConnection | undefined;
  #channel: AmqpChannel | undefined;
  /** The broker has them, or is about to; in the order in which they expire. Those in front have not been answered. */
  readonly #underWay = new Queue<Parcel>();
  #underWayCount = 0;
  #idle: (() => void)[] = [];
  /** Channels that are used no more; each is closed when the broker has answered all. */
  readonly #retired = new Set<AmqpChannel>();
  #renewedAt = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Messages whose fate is not known yet. */
  get pendingCount(): number {
    return this.#waiting.length + this.#underWayCount;
  }

  /** Rejects with LayerError `ERR_UNCONFIRMED` or `ERR_REFUSED`. */
  publish(publication: Publication): Promise<Fate> {
    return new Promise((resolve, reject) => {
      const expiresAt = this.#now() + publication.expiration;
      const parcel: Parcel = { publication, expiresAt, resolve, reject, settled: false };
      if (this.#channel?.open && this.#waiting.length === 0) this.#write(this.#channel, parcel);
      else if (this.#waiting.length < WAITING_MAX) this.#waiting.push(parcel);
      else reject(unconfirmed(`no broker answers, and ${WAITING_MAX} messages wait for it`));
    });
  }

  /** Publish through `connection` from now on; undefined: wait for one. */
  async use(connection: AmqpConnection | undefined): Promise<void> {
    this.#connection = connection;
    this.#channel = undefined;
    if (connection === undefined) return;
    const channel = await connection.openChannel(() => {
      if (this.#channel === channel && this.#connection === connection) {
        // Some message was refused: the next ones need another channel.
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
   * Publishes through another AMQP channel from now on; at most once a second. One that asked for a quorum queue while that had
   * no leader is told for ever that it is full.
   */
  renew(): void {
    const [connection, channel] = [this.#connection, this.#channel];
    if (connection === undefined || channel === undefined) return;
    if (this.#now() - this.#renewedAt < RENEW_INTERVAL) return;
    this.#renewedAt = this.#now();
    this.#retired.add(channel);
    this.use(connection).catch(() => {});
  }

  /** Give up what has waited too long, for a connection or for the broker's word. */
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

  /** Settles when nothing is under way, or after `timeout` milliseconds; what still waits is rejected with `reason`. */
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
  /** Its fate is known, or is not waited for any more. */
  settled: boolean;
}

/** What a broker answers to one who asks for what it does not give. */
export const REFUSALS: ReadonlySet<string> = new Set([
  'ACCESS_REFUSED',
  'NOT_FOUND',
  'PRECONDITION_FAILED',
  'RESOURCE_LOCKED',
  'NOT_ALLOWED',
]);

/** The broker does not give what was asked for. */
export function refused(cause: Error): LayerError {
  return new LayerError('ERR_REFUSED', `refused by the broker: ${cause.message}`, { cause });
}

function unconfirmed(why: string, cause?: Error): LayerError {
  return new LayerError('ERR_UNCONFIRMED', `the fate of the message is unknown: ${why}`, { cause });
}

/** Milliseconds. */
const RENEW_INTERVAL = 1_000;
const WAITING_MAX = 10_000;

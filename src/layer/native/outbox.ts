/** Outbox: what a process pushes to a hub, in order, numbered, until the hub says what became of it. */

import { clearTimeout, setTimeout } from 'node:timers';
import { Push } from '../../sockets/index.ts';
import {
  type LayerSocketOptions,
  reportRefusals,
  toConnect,
} from '../connection/socket-options.ts';
import { ChannelFull, LayerClosed, LayerError } from '../errors.ts';
import type { LocalState } from '../local/local-state.ts';
import { Queue } from '../local/queue.ts';
import { turn } from '../local/turn.ts';
import { HeaderWriter, Kind, type ToHub } from './protocol.ts';

/**
 * While there is no hub, messages wait here, with their time to live running. Once pushed, a message is confirmed by the
 * hub, refused because its channel is full, or reported as lost; a `send` waits for that.
 */
export class Outbox {
  readonly #local: LocalState;
  readonly #socket: Push;
  readonly #header: HeaderWriter;
  readonly #waiting = new Queue<Parcel>();
  /** `send`s that were pushed, by number. */
  readonly #pending = new Map<number, Parcel>();
  /** The last number pushed, and the last one confirmed. */
  #number = 0;
  #acked = 0;
  /** What waited in this hub when it last confirmed something, and how many `send`s it has confirmed. */
  #held = 0;
  #sentHere = 0;
  /** The hub answers. */
  #open = false;
  #draining = false;
  #closed = false;
  #run = 0;
  #idle: (() => void)[] = [];

  constructor(local: LocalState, address: string, options: LayerSocketOptions) {
    this.#local = local;
    this.#header = new HeaderWriter(local.key);
    this.#socket = new Push({
      ...options,
      linger: 2000,
      sendHighWaterMark: 2000,
      reconnectInterval: 50,
      reconnectMaxInterval: 400,
    });
    // After a break: so that the hub sees what did not arrive, even if nothing follows.
    this.#socket.events.on('handshake', () => this.#mark());
    reportRefusals(this.#socket, local);
    this.#socket.connect(toConnect(address));
  }

  get acked(): number {
    return this.#acked;
  }

  /** What nobody has confirmed: pushed or not. */
  get unconfirmedCount(): number {
    return this.#waiting.length + this.#number - this.#acked;
  }

  /** Resolves when the hub has it, and says that there was room. */
  send(channel: string, payload: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const capacity = this.#local.settings.capacities.of(this.#local.bare(channel));
      this.#post(Kind.send, channel, payload, undefined, capacity, resolve, reject);
    });
  }

  /** Resolves when it is on its way; waits while there is no room. */
  groupSend(group: string, payload: Uint8Array, except: Buffer | undefined): Promise<void> {
    if (this.#open && this.#waiting.length === 0) {
      const number = this.#number + 1;
      const header = this.#header.write(Kind.group, number, this.#local.settings.expiry, 0);
      const parts = [header, group, payload];
      if (this.#socket.trySend(except === undefined ? parts : [...parts, except])) {
        this.#number = number;
        return ++this.#run % RUN_MAX === 0 ? turn() : RESOLVED;
      }
    }
    return new Promise((resolve, reject) => {
      this.#post(Kind.group, group, payload, except, 0, resolve, reject);
    });
  }

  /** Something about what was read, in order with what is sent. */
  control(message: ToHub): void {
    if (this.#closed) return;
    const header = this.#header.write(Kind.control, 0, 0, 0);
    this.#socket.trySend([header, JSON.stringify(message)]);
  }

  /** The hub answers, and has everything up to `acked`. */
  welcome(acked: number, refused: readonly number[], held: number, restarted: boolean): void {
    if (restarted) {
      // Of all that waited in it, at most what we had sent there was ours.
      this.#local.lost(Math.min(this.#held, this.#sentHere), 'unread in a hub that is gone');
      this.#sentHere = 0;
    }
    this.ack(acked, refused, held);
    if (restarted) this.#mark();
    this.#open = true;
    void this.#drain();
  }

  /** Everything up to `number` is confirmed but for `refused`; `held` messages wait in the hub then, ours and others'. */
  ack(number: number, refused: readonly number[], held: number): void {
    this.#held = held;
    if (number > this.#acked) this.#acked = number;
    if (this.#pending.size > 0) {
      const full = new Set(refused);
      for (const [sent, parcel] of this.#pending) {
        if (sent > number) break;
        this.#pending.delete(sent);
        if (full.has(sent)) parcel.reject(new ChannelFull(this.#local.bare(parcel.name)));
        else {
          this.#sentHere++;
          parcel.resolve();
        }
      }
    }
    if (this.unconfirmedCount === 0) this.#wake();
  }

  /** What was numbered so will not arrive. */
  gap(from: number, to: number): void {
    for (const [number, parcel] of this.#pending) {
      if (number > to) break;
      if (number < from) continue;
      this.#pending.delete(number);
      parcel.reject(unconfirmed(this.#local.bare(parcel.name), 'the connection to the hub broke'));
    }
    this.#local.lost(to - from + 1, 'the connection to the hub broke');
  }

  /** The hub does not answer any more. */
  lost(): void {
    this.#open = false;
  }

  sweep(now: number): void {
    for (;;) {
      const parcel = this.#waiting.peek();
      if (parcel === undefined || parcel.expiresAt > now) break;
      this.#waiting.shift();
      this.#giveUp(parcel, 'no hub answered before the message expired');
    }
    for (const [number, parcel] of this.#pending) {
      if (parcel.expiresAt > now) break;
      this.#pending.delete(number);
      parcel.reject(
        unconfirmed(this.#local.bare(parcel.name), 'the hub has not said what became of it'),
      );
    }
  }

  /** What can still be confirmed within a short time is; then it is over. */
  async close(): Promise<void> {
    if (this.#open && this.unconfirmedCount > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CLOSE_TIMEOUT);
        this.#idle.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    this.#closed = true;
    const closed = new LayerClosed();
    const lostCount = this.unconfirmedCount;
    for (const parcel of this.#pending.values()) parcel.reject(closed);
    this.#pending.clear();
    for (let parcel = this.#waiting.shift(); parcel; parcel = this.#waiting.shift()) {
      parcel.reject(closed);
    }
    this.#local.lost(lostCount, 'not confirmed when the layer was closed');
    await this.#socket[Symbol.asyncDispose]();
    this.#wake();
  }

  #post(
    kind: typeof Kind.send | typeof Kind.group,
    name: string,
    payload: Uint8Array,
    except: Buffer | undefined,
    capacity: number,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ): void {
    const expiresAt = this.#local.now() + this.#local.settings.expiry;
    const parcel: Parcel = { kind, name, payload, except, capacity, expiresAt, resolve, reject };
    if (this.#open && this.#waiting.length === 0 && this.#push(parcel)) return;
    if (this.#waiting.length >= WAITING_MAX && !this.#open) {
      this.#giveUp(parcel, `no hub answers, and ${WAITING_MAX} messages wait for it`);
      return;
    }
    this.#waiting.push(parcel);
    void this.#drain();
  }

  #push(parcel: Parcel): boolean {
    const ttl = parcel.expiresAt - this.#local.now();
    const number = this.#number + 1;
    const header = this.#header.write(parcel.kind, number, ttl, parcel.capacity);
    const parts = [header, parcel.name, parcel.payload];
    if (!this.#socket.trySend(parcel.except === undefined ? parts : [...parts, parcel.except])) {
      return false;
    }
    this.#number = number;
    if (parcel.kind === Kind.send) this.#pending.set(number, parcel);
    else parcel.resolve();
    return true;
  }

  async #drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    try {
      while (this.#open && !this.#closed) {
        const parcel = this.#waiting.peek();
        if (parcel === undefined) break;
        if (this.#push(parcel)) this.#waiting.shift();
        else await this.#socket.whenWritable();
      }
    } catch {
      // Closed meanwhile.
    } finally {
      this.#draining = false;
    }
  }

  #giveUp(parcel: Parcel, why: string): void {
    this.#local.lost(1, why);
    // A group's message may be lost, but `groupSend` does not complain.
    if (parcel.kind === Kind.group) parcel.resolve();
    else parcel.reject(unconfirmed(this.#local.bare(parcel.name), why));
  }

  #mark(): void {
    if (this.#closed || this.#number === this.#acked) return;
    const number = this.#number + 1;
    if (this.#socket.trySend([this.#header.write(Kind.mark, number, 0, 0)])) this.#number = number;
  }

  #wake(): void {
    for (const wake of this.#idle.splice(0)) wake();
  }
}

interface Parcel {
  readonly kind: typeof Kind.send | typeof Kind.group;
  readonly name: string;
  readonly payload: Uint8Array;
  readonly except: Buffer | undefined;
  readonly capacity: number;
  readonly expiresAt: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

function unconfirmed(channel: string, why: string): LayerError {
  return new LayerError('ERR_UNCONFIRMED', `message to ${channel} may be lost: ${why}`, {
    channel,
  });
}

const WAITING_MAX = 10_000;
const RUN_MAX = 128;
/** Milliseconds. */
const CLOSE_TIMEOUT = 2000;
const RESOLVED = Promise.resolve();

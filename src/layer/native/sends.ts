/** Sends: the messages that this process sends to a hub, in order, until the hub says what became of them. */

import { ChannelFull, denied, LayerClosed, LayerError } from '../errors.ts';
import type { LocalState } from '../local/local-state.ts';
import { Queue } from '../local/queue.ts';
import { within } from './fields.ts';
import { encode, type RecordOf } from './records.ts';

/** One message. Its record stays the same until it is given up, since the time in it is absolute. */
interface Item {
  record: Buffer;
  /** How often a large record was repeated. */
  tries: number;
  readonly name: string;
  readonly isGroup: boolean;
  readonly expiresAt: number;
  /** Undefined once the call has settled. */
  resolve: (() => void) | undefined;
  reject: ((reason: unknown) => void) | undefined;
}

/** What became of the messages up to number `taken`. */
type Fates = Pick<RecordOf<'welcome'>, 'taken' | 'refused' | 'denied'>;

export class Sends {
  readonly #local: LocalState;
  readonly #say: (record: Buffer) => void;
  /** Messages not yet sent, and messages sent of which the hub has not said what became of them. */
  readonly #waiting = new Queue<Item>();
  readonly #sent = new Queue<Item>();
  /** The last number whose fate is known; the first message in `#sent` has the next one. */
  #acked = 0;
  #open = false;
  #octets = 0;
  /** Our messages that the hub held at its last `ack`. */
  #held = 0;
  #idle: (() => void)[] = [];

  constructor(local: LocalState, say: (record: Buffer) => void) {
    this.#local = local;
    this.#say = say;
  }

  get acked(): number {
    return this.#acked;
  }

  get unconfirmedCount(): number {
    return this.#waiting.length + this.#sent.length;
  }

  /** Messages that the hub has confirmed and still holds, and so may lose. */
  get held(): number {
    return this.#held;
  }

  send(channel: string, payload: Uint8Array): Promise<void> {
    const expiresAt = this.#local.now() + this.#local.settings.expiry;
    const capacity = Math.min(0xffff_ffff, this.#local.capacityOf(channel));
    const record = encode('send', { channel, expires: expiresAt, capacity, payload });
    return new Promise((resolve, reject) => {
      this.#post({
        record,
        tries: 0,
        name: channel,
        isGroup: false,
        expiresAt,
        resolve,
        reject,
      });
    });
  }

  /** Resolves when the message has been sent to the hub, or was given up because no hub answers. */
  groupSend(group: string, payload: Uint8Array, except: readonly string[]): Promise<void> {
    const expiresAt = this.#local.now() + this.#local.settings.expiry;
    const record = encode('groupSend', { group, expires: expiresAt, except, payload });
    const item: Item = {
      record,
      tries: 0,
      name: group,
      isGroup: true,
      expiresAt,
      resolve: undefined,
      reject: undefined,
    };
    if (this.#canSend) {
      this.#transmit(item);
      return RESOLVED;
    }
    return new Promise((resolve) => {
      item.resolve = resolve;
      item.reject = () => resolve();
      this.#post(item);
    });
  }

  /** The hub answers, and resumes the session: settles messages up to `taken`, and repeats the rest. */
  resume(fates: Fates): void {
    this.#settle(fates);
    for (let i = 0; i < this.#sent.length; i++) this.#again(this.#sent.at(i)!);
    this.#open = true;
    this.#drain();
  }

  /** The hub answers, and does not know this process. `another`: it is a new one, and what the last one held is lost. */
  restart(another: boolean): void {
    if (another) this.#local.lost(this.#held, 'in a hub that is gone');
    this.#held = 0;
    this.#acked = 0;
    let lost = 0;
    for (let item = this.#sent.shift(); item !== undefined; item = this.#sent.shift()) {
      this.#octets -= item.record.length;
      lost++;
      item.reject?.(unconfirmed(this.#local.bare(item.name), 'the hub that had it is gone'));
    }
    this.#local.lost(lost, 'not confirmed by a hub that is gone');
    this.#open = true;
    this.#drain();
  }

  /** The connection is lost: messages wait until the hub answers. */
  lost(): void {
    this.#open = false;
  }

  ack(ack: RecordOf<'ack'>): void {
    this.#held = ack.held;
    this.#settle(ack);
    this.#drain();
  }

  sweep(now: number): void {
    for (;;) {
      const item = this.#waiting.peek();
      if (item === undefined || item.expiresAt > now) break;
      this.#waiting.shift();
      this.#giveUp(item, 'no hub answered before the message expired');
    }
    for (let i = 0; i < this.#sent.length; i++) {
      const item = this.#sent.at(i)!;
      if (item.expiresAt > now) break;
      const why = 'the hub has not said what became of it';
      item.reject?.(unconfirmed(this.#local.bare(item.name), why));
      item.resolve = undefined;
      item.reject = undefined;
    }
  }

  /** Resolves when all messages are confirmed; without waiting if no hub answers. */
  idle(): Promise<void> {
    if (!this.#open || this.unconfirmedCount === 0) return RESOLVED;
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  close(): void {
    const closed = new LayerClosed();
    const count = this.unconfirmedCount;
    for (const queue of [this.#sent, this.#waiting]) {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
        item.reject?.(closed);
      }
    }
    this.#local.lost(count, 'not confirmed when the layer was closed');
  }

  get #canSend(): boolean {
    return (
      this.#open &&
      this.#waiting.length === 0 &&
      this.#sent.length < UNCONFIRMED_MAX &&
      this.#octets < OCTETS_MAX
    );
  }

  #post(item: Item): void {
    if (this.#canSend) {
      this.#transmit(item);
      return;
    }
    if (!this.#open && this.#waiting.length >= WAITING_MAX) {
      this.#giveUp(item, `no hub answers, and ${WAITING_MAX} messages wait for it`);
      return;
    }
    this.#waiting.push(item);
  }

  #transmit(item: Item): void {
    this.#sent.push(item);
    this.#octets += item.record.length;
    this.#say(item.record);
    if (!item.isGroup) return;
    item.resolve?.();
    item.resolve = undefined;
    item.reject = undefined;
  }

  /** Repeats a message on a new connection, or `skip` in its place if it is given up. */
  #again(item: Item): void {
    const isBad = item.record.length > SURE_OCTETS && ++item.tries >= TRIES_MAX;
    const isDead = item.expiresAt <= this.#local.now();
    if ((isBad || isDead) && item.record !== SKIP) {
      this.#octets -= item.record.length - SKIP.length;
      item.record = SKIP;
      this.#giveUp(item, isBad ? 'the hub does not take it' : 'it expired before the hub had it');
      item.resolve = undefined;
      item.reject = undefined;
    }
    this.#say(item.record);
  }

  #drain(): void {
    while (
      this.#open &&
      this.#waiting.length > 0 &&
      this.#sent.length < UNCONFIRMED_MAX &&
      this.#octets < OCTETS_MAX
    ) {
      this.#transmit(this.#waiting.shift()!);
    }
    if (this.unconfirmedCount === 0) for (const wake of this.#idle.splice(0)) wake();
  }

  #settle({ taken, refused, denied }: Fates): void {
    const [isRefused, isDenied] = [within(refused), within(denied)];
    while (this.#acked < taken) {
      const item = this.#sent.shift();
      if (item === undefined) {
        throw new LayerError('ERR_PROTOCOL', `taken is ${taken}, more than was sent`);
      }
      const number = ++this.#acked;
      this.#octets -= item.record.length;
      if (isRefused(number)) item.reject?.(new ChannelFull(this.#local.bare(item.name)));
      else if (isDenied(number)) this.#denied(item);
      else item.resolve?.();
    }
  }

  #denied({ name, isGroup, reject }: Item): void {
    const action = isGroup ? 'groupSend' : 'send';
    this.#local.denied('', action, name);
    reject?.(denied(action, this.#local.bare(name)));
  }

  #giveUp(item: Item, why: string): void {
    this.#local.lost(1, why);
    item.reject?.(unconfirmed(this.#local.bare(item.name), why));
  }
}

function unconfirmed(channel: string, why: string): LayerError {
  return new LayerError('ERR_UNCONFIRMED', `message to ${channel} may be lost: ${why}`, {
    channel,
  });
}

const RESOLVED = Promise.resolve();
/** Sent in place of a message that was given up, so that both sides count alike. */
const SKIP = encode('skip', {});
/** Octets that every hub takes. A larger record may be what ends the connection, and is sent `TRIES_MAX` times at most. */
const SURE_OCTETS = 1_048_576;
const TRIES_MAX = 3;
const WAITING_MAX = 10_000;
/** The most messages, and octets, that are sent and not confirmed. */
const UNCONFIRMED_MAX = 4096;
const OCTETS_MAX = 16_777_216;

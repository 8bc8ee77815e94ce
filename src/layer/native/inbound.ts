/** Inbound: the messages that a hub has handed to this process, and what it has yet to be told of them. */

import { Letter } from '../local/letter.ts';
import type { LocalState } from '../local/local-state.ts';
import type { RemoteClock } from '../local/remote-clock.ts';
import { type Range, toRanges } from './fields.ts';
import { Numbered } from './numbered.ts';
import { encode, type RecordOf } from './records.ts';

/**
 * When records are sent: at the end of this tick; at the end of this turn, but not more often than every few milliseconds; or
 * within a few milliseconds.
 */
export type When = 'tick' | 'turn' | 'later';

/** What Inbound calls. */
export interface InboundHost {
  /** `report` is to be called; `when` says how soon. */
  wake(when: When): void;
  /** A letter has left all channels of this process. Hot. */
  settled(token: Token): void;
  /** The hub was told that the messages with these numbers are given back. */
  returned(numbers: readonly number[]): void;
}

/** The `token` of a letter that a hub has handed over: what it is acknowledged by. */
export class Token {
  readonly inbound: Inbound;
  readonly number: number;
  readonly kind: 'direct' | 'letter' | 'group';
  readonly channel: string;

  constructor(inbound: Inbound, number: number, kind: Token['kind'], channel: string) {
    this.inbound = inbound;
    this.number = number;
    this.kind = kind;
    this.channel = channel;
  }
}

type Handed = RecordOf<'direct' | 'letter' | 'group' | 'late'>;

export class Inbound {
  readonly #local: LocalState;
  readonly #host: InboundHost;
  /** The last number that the hub has handed over, and the last one it was told to have arrived. */
  #received = 0;
  #told = 0;
  /** Messages handed over that are unread here. */
  readonly #kept = new Numbered<Token>();
  /** Messages that are no longer here, of which the hub was not told. */
  #settled = new NumberList();
  #back: number[] = [];
  /** Messages given back, of which the hub may not have heard. */
  #returned = new Set<number>();

  constructor(local: LocalState, host: InboundHost) {
    this.#local = local;
    this.#host = host;
  }

  get received(): number {
    return this.#received;
  }

  /** Whether messages have arrived of which the hub was not told. */
  get isUntold(): boolean {
    return this.#received !== this.#told;
  }

  /** Fields of the next `hello`: messages received that are neither in `kept` nor in `back` have been read. */
  greet(): { received: number; kept: Range[]; back: Range[] } {
    this.#settled = new NumberList();
    this.#back = [];
    const kept = new NumberList();
    for (const { number } of this.#kept.items()) kept.add(number);
    const back = [...this.#returned].sort(ascending);
    return { received: this.#received, kept: kept.take(), back: toRanges(back) };
  }

  /** The hub has resumed the session, and so has received what `greet` returned. */
  resume(): void {
    this.#told = this.#received;
  }

  /** The hub does not know this process: numbers begin anew. */
  restart(): void {
    this.#kept.clear();
    // What was read or given back since `greet` has numbers of the hub before.
    this.#settled = new NumberList();
    this.#back = [];
    this.#returned = new Set();
    this.#received = 0;
    this.#told = 0;
  }

  /** The letter of a message handed over at `now`, under the next number; undefined if it expired on its way. Hot. */
  letter(
    { payload, expires, sender }: Handed,
    kind: Token['kind'],
    channel: string,
    group: string | undefined,
    place: number,
    clock: RemoteClock,
    now: number,
  ): Letter | undefined {
    const number = ++this.#received;
    const expiresAt = Math.min(clock.toOurs(expires), now + this.#local.settings.localExpiry);
    if (expiresAt <= now) {
      this.#local.expired(channel, 1);
      this.#settle(number);
      return undefined;
    }
    const letter = new Letter(payload, expiresAt, place, sender, group);
    const token = new Token(this, number, kind, channel);
    letter.token = token;
    this.#kept.add(number, token);
    return letter;
  }

  /** A record was handed over that no channel here gets: counts as read. */
  skip(): void {
    this.#settle(++this.#received);
  }

  /** A record was handed over that is no message: only its arrival counts. */
  word(): void {
    this.#received++;
  }

  /** A letter was handed over that goes back unread. */
  refuse(): void {
    this.#return(++this.#received);
    this.#host.wake('tick');
  }

  /** A letter has left all channels of this process. Hot. */
  settled(token: Token): void {
    // A letter of a hub that is gone needs no acknowledgement.
    if (!this.#forget(token)) return;
    this.#host.settled(token);
    // Others could read an ordinary message again until the hub knows: it is told of these sooner.
    this.#settle(token.number, token.kind === 'letter' ? 'turn' : 'later');
  }

  /** Gives letters that were taken out of their channels back to the hub, for others. Returns whether it has handed over any. */
  giveBack(letters: readonly Letter[]): boolean {
    const before = this.#back.length;
    for (const { token } of letters) {
      if (this.#forget(token)) this.#return((token as Token).number);
    }
    this.#host.wake('tick');
    return this.#back.length > before;
  }

  /** Settles letters that were taken out of their channels because others have them already. */
  drop(letters: readonly Letter[]): void {
    for (const { token } of letters) {
      if (this.#forget(token)) this.#settle((token as Token).number);
    }
  }

  /** Tells the hub, by `say`, what has arrived, was read or goes back since the last report. */
  report(say: (record: Buffer) => void): void {
    const received = this.#received;
    if (this.#back.length > 0) {
      const back = this.#back.sort(ascending);
      say(encode('back', { received, numbers: toRanges(back) }));
      this.#back = [];
      this.#host.returned(back);
    }
    if (!this.#settled.isEmpty || this.isUntold) {
      say(encode('settled', { received, numbers: this.#settled.take() }));
    }
    this.#told = received;
  }

  /** The hub has heard that the messages with these numbers were given back. */
  forgetReturned(numbers: readonly number[]): void {
    for (const number of numbers) this.#returned.delete(number);
  }

  #forget(token: unknown): boolean {
    if (!(token instanceof Token) || this.#kept.get(token.number) !== token) return false;
    return this.#kept.remove(token.number);
  }

  #settle(number: number, when: When = 'later'): void {
    this.#settled.add(number);
    const isMuch = this.#settled.count >= SETTLED_MAX || this.#local.boxes.pressed;
    this.#host.wake(isMuch ? 'tick' : when);
  }

  #return(number: number): void {
    this.#back.push(number);
    this.#returned.add(number);
  }
}

/** Collects numbers as ranges; nearly all come in ascending order. */
class NumberList {
  #ranges: { from: number; count: number }[] = [];
  #isSorted = true;
  count = 0;

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** Hot. */
  add(number: number): void {
    this.count++;
    const last = this.#ranges[this.#ranges.length - 1];
    if (last !== undefined && last.from + last.count === number) {
      last.count++;
      return;
    }
    if (last !== undefined && number < last.from) this.#isSorted = false;
    this.#ranges.push({ from: number, count: 1 });
  }

  /** Removes all numbers, and returns them in ascending order. */
  take(): Range[] {
    const ranges = this.#ranges;
    if (!this.#isSorted) ranges.sort((a, b) => a.from - b.from);
    this.#ranges = [];
    this.#isSorted = true;
    this.count = 0;
    return ranges;
  }
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** So many messages read are reported at the end of the tick. */
const SETTLED_MAX = 64;

/** Inbound: what a hub has handed to this process, and what the hub has not been told of it yet. */

import { Letter } from '../local/letter.ts';
import type { LocalState } from '../local/local-state.ts';
import type { RemoteClock } from '../local/remote-clock.ts';
import { type Range, toRanges } from './fields.ts';
import { Numbered } from './numbered.ts';
import { encode, type RecordOf } from './records.ts';

/**
 * When something is said: at the end of this tick; at the end of this turn, but not more often than every few milliseconds; or
 * within a few milliseconds.
 */
export type When = 'tick' | 'turn' | 'later';

/** What is told of a message that was handed over. */
export interface InboundHost {
  /** The hub is to be told what was read. */
  wake(when: When): void;
  /** A letter is out of all channels here. Hot. */
  settled(token: Token): void;
  /** The hub was told that these are given back. */
  returned(numbers: readonly number[]): void;
}

/** What a letter of a hub carries. */
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
  /** The last number that the hub has handed over, and that it was told. */
  #received = 0;
  #told = 0;
  /** What it handed over and is here unread. */
  readonly #kept = new Numbered<Token>();
  /** Not here any more, which the hub was not told. */
  #settled = new NumberList();
  #back: number[] = [];
  /** Given back, and the hub may not have heard of it. */
  #returned = new Set<number>();

  constructor(local: LocalState, host: InboundHost) {
    this.#local = local;
    this.#host = host;
  }

  get received(): number {
    return this.#received;
  }

  /** Whether the hub is to be told what has arrived, at least. */
  get isUntold(): boolean {
    return this.#received !== this.#told;
  }

  /** What the next `hello` says of it; whatever is not in there has been read. */
  greet(): { received: number; kept: Range[]; back: Range[] } {
    this.#settled = new NumberList();
    this.#back = [];
    const kept = new NumberList();
    for (const { number } of this.#kept.items()) kept.add(number);
    const back = [...this.#returned].sort(ascending);
    return { received: this.#received, kept: kept.take(), back: toRanges(back) };
  }

  /** The hub remembers this process, and has heard what `greet` said. */
  resume(): void {
    this.#told = this.#received;
  }

  /** The hub does not know this process: numbers begin anew. */
  restart(): void {
    this.#kept.clear();
    this.#returned = new Set();
    this.#received = 0;
    this.#told = 0;
  }

  /** What was handed over at `now`, under the next number; undefined if it has expired on its way. Hot. */
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

  /** Something was handed over that is no message for anybody here. */
  skip(): void {
    this.#settle(++this.#received);
  }

  /** Something was handed over that the hub does not wait for. */
  word(): void {
    this.#received++;
  }

  /** A letter was handed over that goes back at once. */
  refuse(): void {
    this.#return(++this.#received);
  }

  /** A letter is out of all channels here. Hot. */
  settled(token: Token): void {
    // Of a hub that is gone, nobody wants to know.
    if (!this.#forget(token)) return;
    this.#host.settled(token);
    // What others could read again should not be: the sooner the hub knows, the seldomer that happens.
    this.#settle(token.number, token.kind === 'letter' ? 'turn' : 'later');
  }

  /** These were taken out of their channels, and go to others. */
  giveBack(letters: readonly Letter[]): void {
    for (const { token } of letters) {
      if (this.#forget(token)) this.#return((token as Token).number);
    }
    this.#host.wake('tick');
  }

  /** These were taken out of their channels: others have got them already. */
  drop(letters: readonly Letter[]): void {
    for (const { token } of letters) {
      if (this.#forget(token)) this.#settle((token as Token).number);
    }
  }

  /** Tells the hub, by `say`, what it has not been told. */
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

  /** The hub has heard that these were given back. */
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

/** Numbers that are collected, nearly all in ascending order, as ranges. */
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

  /** All of them, ascending; none is left. */
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

/** Messages read that are told at once. */
const SETTLED_MAX = 64;

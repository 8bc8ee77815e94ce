/** Ledger: the messages handed to one process and not yet read there, by number. */

import type { Letter } from '../local/letter.ts';
import { routeOf } from '../local/names.ts';
import type { Range } from './fields.ts';
import { Numbered } from './numbered.ts';
import type { Parcel } from './parcel.ts';

/** `word`: a record that is no message, and must not be lost. */
type EntryKind = 'direct' | 'letter' | 'group' | 'word';

/** One message that was handed over. */
export class Entry {
  /** Its number, from 1; 0 until it is in a ledger. */
  number = 0;
  readonly kind: EntryKind;
  /** Its channel; for a group message the group. */
  readonly channel: string;
  /** When it expires, in milliseconds on the hub's clock. */
  readonly expiresAt: number;
  readonly parcel: Parcel | undefined;
  /** For `direct` and `letter`: the letter to put back. */
  readonly letter: Letter | undefined;
  /** Its octets, until the process has received them. */
  record: Buffer | undefined;
  /** Given up or put back while the process was away, and counted already. */
  settled = false;

  constructor(
    kind: EntryKind,
    channel: string,
    record: Buffer,
    expiresAt: number = Number.POSITIVE_INFINITY,
    parcel: Parcel | undefined = undefined,
    letter: Letter | undefined = undefined,
  ) {
    this.kind = kind;
    this.channel = channel;
    this.record = record;
    this.expiresAt = expiresAt;
    this.parcel = parcel;
    this.letter = letter;
  }
}

/** A process names a number that it cannot have. */
export class LedgerError extends Error {}

export class Ledger {
  readonly #entries = new Numbered<Entry>();
  /** Messages handed over and not read, by the route of their channel. */
  readonly #unread = new Map<string, number>();
  /** The last number handed over, and the last one that the process has received. */
  handed = 0;
  received = 0;
  /** Octets of the messages that the process has not received yet. */
  octets = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** All entries by ascending number; they may be removed meanwhile. */
  entries(): IterableIterator<Entry> {
    return this.#entries.items();
  }

  unreadOf(route: string): number {
    return this.#unread.get(route) ?? 0;
  }

  /** Adds `entry` under the next number. Hot. */
  add(entry: Entry): void {
    const number = ++this.handed;
    entry.number = number;
    this.#entries.add(number, entry);
    this.octets += entry.record?.length ?? 0;
    entry.parcel?.hold();
    if (entry.kind === 'direct') this.#count(routeOf(entry.channel), 1);
  }

  /** @throws LedgerError if `number` cannot be the last one that the process has received */
  check(number: number): void {
    if (number >= this.received && number <= this.handed) return;
    throw new LedgerError(`received is ${number}, expected ${this.received} to ${this.handed}`);
  }

  /** The process has received everything up to `number`. @throws LedgerError */
  receive(number: number): void {
    this.check(number);
    for (let each = this.received + 1; each <= number; each++) {
      const entry = this.#entries.get(each);
      if (entry !== undefined) this.#received(entry);
    }
    this.received = number;
  }

  /** Removes the entries with these numbers, and calls `each`. @throws LedgerError for a number that is not outstanding */
  take(ranges: readonly Range[], each: (entry: Entry) => void): void {
    for (const { from, count } of ranges) {
      for (let number = from; number < from + count; number++) {
        const entry = this.#entries.get(number);
        if (entry === undefined || number > this.received) {
          throw new LedgerError(`numbers has ${number}, which is not outstanding`);
        }
        this.remove(entry);
        each(entry);
      }
    }
  }

  /** Removes `entry`, which the process can no longer name. */
  remove(entry: Entry): void {
    this.#entries.remove(entry.number);
    this.giveUp(entry);
  }

  /** Stops counting `entry`, but keeps it: the process may still name its number. */
  giveUp(entry: Entry): void {
    if (entry.settled) return;
    entry.settled = true;
    if (entry.kind === 'direct') this.#count(routeOf(entry.channel), -1);
    if (entry.number > this.received) {
      this.octets -= entry.record?.length ?? 0;
      entry.parcel?.letGo();
    }
  }

  #received(entry: Entry): void {
    if (entry.settled) return;
    this.octets -= entry.record?.length ?? 0;
    entry.record = undefined;
    entry.parcel?.letGo();
    if (entry.kind === 'word') this.#entries.remove(entry.number);
  }

  #count(route: string, by: number): void {
    const unread = (this.#unread.get(route) ?? 0) + by;
    if (unread === 0) this.#unread.delete(route);
    else this.#unread.set(route, unread);
  }
}

/** Ledger: what was handed to one process and not yet read there, by its number. */

import type { Letter } from '../local/letter.ts';
import { routeOf } from '../local/names.ts';
import type { Range } from './fields.ts';
import type { Parcel } from './parcel.ts';

/** `word`: no message, but something said that must not be lost. */
type EntryKind = 'direct' | 'letter' | 'group' | 'word';

/** One message that was handed over. */
export class Entry {
  /** From 1; 0 until it is in a ledger. */
  number = 0;
  readonly kind: EntryKind;
  /** Its channel; the group for one of a group. */
  readonly channel: string;
  /** On the hub's clock. */
  readonly expiresAt: number;
  readonly parcel: Parcel | undefined;
  /** For `direct` and `letter`: to put it back. */
  readonly letter: Letter | undefined;
  /** Its octets, until the process has them. */
  record: Buffer | undefined;
  /** Counted elsewhere already: given up or put back while the process was away. */
  over = false;

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

/** The process says what cannot be. */
export class LedgerError extends Error {}

export class Ledger {
  /** By number, in pages, as numbers only grow: a map of single entries costs a multiple of that. */
  readonly #pages = new Map<number, Page>();
  /** The page that was asked for last. */
  #page: Page | undefined;
  #size = 0;
  /** Messages handed and not read, by the route of their channel. */
  readonly #unread = new Map<string, number>();
  /** The last number handed, and the last that the process has. */
  handed = 0;
  received = 0;
  /** Octets of those that it does not have yet. */
  octets = 0;

  get size(): number {
    return this.#size;
  }

  /** By ascending number; entries may be removed meanwhile. */
  *entries(): IterableIterator<Entry> {
    for (const { entries } of this.#pages.values()) {
      for (const entry of entries) if (entry !== undefined) yield entry;
    }
  }

  unreadOf(route: string): number {
    return this.#unread.get(route) ?? 0;
  }

  /** Hot. */
  add(entry: Entry): void {
    const number = ++this.handed;
    entry.number = number;
    const page = this.#find(Math.floor(number / PAGE)) ?? this.#turn();
    page.entries[number % PAGE] = entry;
    page.count++;
    this.#size++;
    this.octets += entry.record?.length ?? 0;
    entry.parcel?.hold();
    if (entry.kind === 'direct') this.#count(routeOf(entry.channel), 1);
  }

  /** The process has everything up to `number`. @throws LedgerError */
  receive(number: number): void {
    if (number < this.received || number > this.handed) {
      throw new LedgerError(`received is ${number}, expected ${this.received} to ${this.handed}`);
    }
    for (let each = this.received + 1; each <= number; each++) {
      const entry = this.#get(each);
      if (entry !== undefined) this.#received(entry);
    }
    this.received = number;
  }

  /** Take those out that were handed with these numbers. @throws LedgerError for one that was not, or was taken out before */
  take(ranges: readonly Range[], each: (entry: Entry) => void): void {
    for (const { from, count } of ranges) {
      for (let number = from; number < from + count; number++) {
        const entry = this.#get(number);
        if (entry === undefined || number > this.received) {
          throw new LedgerError(`numbers has ${number}, which is not outstanding`);
        }
        this.remove(entry);
        each(entry);
      }
    }
  }

  /** It is of no concern any more. */
  remove(entry: Entry): void {
    this.#drop(entry.number);
    this.giveUp(entry);
  }

  /** Its fate is settled, but the process may still speak of it. */
  giveUp(entry: Entry): void {
    if (entry.over) return;
    entry.over = true;
    if (entry.kind === 'direct') this.#count(routeOf(entry.channel), -1);
    if (entry.number > this.received) {
      this.octets -= entry.record?.length ?? 0;
      entry.parcel?.letGo();
    }
  }

  #received(entry: Entry): void {
    if (entry.over) return;
    this.octets -= entry.record?.length ?? 0;
    entry.record = undefined;
    entry.parcel?.letGo();
    if (entry.kind === 'word') this.#drop(entry.number);
  }

  #find(index: number): Page | undefined {
    if (this.#page?.index === index) return this.#page;
    const page = this.#pages.get(index);
    if (page !== undefined) this.#page = page;
    return page;
  }

  /** A page for `handed`, in place of the one before where nothing is left in that. */
  #turn(): Page {
    const index = Math.floor(this.handed / PAGE);
    if (this.#pages.get(index - 1)?.count === 0) this.#pages.delete(index - 1);
    const page = { index, entries: new Array<Entry | undefined>(PAGE).fill(undefined), count: 0 };
    this.#pages.set(index, page);
    this.#page = page;
    return page;
  }

  #get(number: number): Entry | undefined {
    return this.#find(Math.floor(number / PAGE))?.entries[number % PAGE];
  }

  #drop(number: number): void {
    const page = this.#find(Math.floor(number / PAGE));
    if (page?.entries[number % PAGE] === undefined) return;
    page.entries[number % PAGE] = undefined;
    this.#size--;
    page.count--;
    // The page that is being filled stays: one message at a time would make a page for each.
    if (page.count > 0 || page.index === Math.floor(this.handed / PAGE)) return;
    this.#pages.delete(page.index);
    this.#page = undefined;
  }

  #count(route: string, by: number): void {
    const unread = (this.#unread.get(route) ?? 0) + by;
    if (unread === 0) this.#unread.delete(route);
    else this.#unread.set(route, unread);
  }
}

/** Entries whose numbers follow each other. */
interface Page {
  readonly index: number;
  readonly entries: (Entry | undefined)[];
  /** How many there are. */
  count: number;
}

/** Numbers in a page. */
const PAGE = 64;

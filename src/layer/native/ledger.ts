/** Ledger: what was handed to one process and not yet read there, by its number. */

import type { Letter } from '../local/letter.ts';
import type { Range } from './fields.ts';
import type { Parcel } from './parcel.ts';

/** One message that was handed over. */
export interface Entry {
  readonly number: number;
  /** `word`: no message, but something said that must not be lost. */
  readonly kind: 'direct' | 'letter' | 'group' | 'word';
  /** Its channel; the group for one of a group. */
  readonly channel: string;
  readonly route: string;
  /** On the hub's clock. */
  readonly expiresAt: number;
  readonly parcel: Parcel | undefined;
  /** For `direct` and `letter`: to put it back. */
  readonly letter: Letter | undefined;
  /** Its octets, until the process has them. */
  record: Buffer | undefined;
  /** Counted elsewhere already: given up or put back while the process was away. */
  over: boolean;
}

/** The process says what cannot be. */
export class LedgerError extends Error {}

export class Ledger {
  readonly #entries = new Map<number, Entry>();
  /** Messages handed and not read, by the route of their channel. */
  readonly #unread = new Map<string, number>();
  /** The last number handed, and the last that the process has. */
  handed = 0;
  received = 0;
  /** Octets of those that it does not have yet. */
  octets = 0;

  get size(): number {
    return this.#entries.size;
  }

  entries(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  unreadOf(route: string): number {
    return this.#unread.get(route) ?? 0;
  }

  add(entry: Omit<Entry, 'number' | 'over'>): Entry {
    const added: Entry = { ...entry, number: ++this.handed, over: false };
    this.#entries.set(added.number, added);
    this.octets += added.record?.length ?? 0;
    added.parcel?.hold();
    if (entry.kind === 'direct') this.#count(entry.route, 1);
    return added;
  }

  /** The process has everything up to `number`. @throws LedgerError */
  receive(number: number): void {
    if (number < this.received || number > this.handed) {
      throw new LedgerError(`received is ${number}, expected ${this.received} to ${this.handed}`);
    }
    for (let each = this.received + 1; each <= number; each++) {
      const entry = this.#entries.get(each);
      if (entry !== undefined) this.#received(entry);
    }
    this.received = number;
  }

  /** Take those out that were handed with these numbers. @throws LedgerError for one that was not, or was taken out before */
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

  /** It is of no concern any more. */
  remove(entry: Entry): void {
    this.#entries.delete(entry.number);
    this.giveUp(entry);
  }

  /** Its fate is settled, but the process may still speak of it. */
  giveUp(entry: Entry): void {
    if (entry.over) return;
    entry.over = true;
    if (entry.kind === 'direct') this.#count(entry.route, -1);
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
    if (entry.kind === 'word') this.#entries.delete(entry.number);
  }

  #count(route: string, by: number): void {
    const unread = (this.#unread.get(route) ?? 0) + by;
    if (unread === 0) this.#unread.delete(route);
    else this.#unread.set(route, unread);
  }
}

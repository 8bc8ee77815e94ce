/** Box: one channel in the mailboxes, what waits in it, and what it shares with others. */

import type { Letter } from './letter.ts';
import type { Queue } from './queue.ts';

/** A call that waits for the next message of a channel, of one at a time. */
export abstract class Reader {
  /** @internal Where it waits, and between which others: a set would take new memory for each message. */
  box: Box | undefined = undefined;
  before: Reader | undefined = undefined;
  after: Reader | undefined = undefined;

  abstract take(letter: Letter): void;

  /** Ends the wait: there will be no message. */
  cancel(_reason: unknown): void {}
}

/** One channel: its unread messages or its waiting readers, never both. */
export class Box {
  readonly channel: string;
  readonly route: Route;
  /** Undefined until the first one is kept. */
  parcels: Queue<Parcel> | undefined = undefined;
  /** Who has waited longest. */
  first: Reader | undefined = undefined;
  last: Reader | undefined = undefined;
  readers = 0;

  constructor(channel: string, route: Route) {
    this.channel = channel;
    this.route = route;
  }

  add(reader: Reader): void {
    const { last } = this;
    reader.box = this;
    reader.before = last;
    if (last === undefined) this.first = reader;
    else last.after = reader;
    this.last = reader;
    this.readers++;
  }

  /** False if `reader` does not wait here. */
  remove(reader: Reader): boolean {
    if (reader.box !== this) return false;
    const { before, after } = reader;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.last = before;
    else after.before = before;
    reader.box = reader.before = reader.after = undefined;
    this.readers--;
    return true;
  }
}

/** The channels that share a capacity. */
export interface Route {
  readonly name: string;
  readonly boxes: Set<Box>;
  count: number;
  changed: boolean;
  /** No message of this route expires before this time. */
  firstExpiry: number;
}

/** A letter in the boxes of one route; it counts once until the last of them has let go of it. */
export interface Parcel {
  readonly letter: Letter;
  left: number;
}

/** One letter on its way into many channels. */
export class Spread {
  readonly letter: Letter;
  /** Channels that hold the letter, or whose waiting reader has got it. */
  delivered = 0;
  /** Channels that were full. */
  readonly skipped: string[] = [];
  /** By route; null = the route had no room. Undefined while all members have one route, the usual case. */
  parcels: Map<string, Parcel | null> | undefined;
  lastRoute: string | undefined;
  lastParcel: Parcel | null | undefined;

  constructor(letter: Letter) {
    this.letter = letter;
  }
}

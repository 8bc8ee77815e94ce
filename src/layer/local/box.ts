/** Box: one channel in the mailboxes, what waits in it, and what it shares with others. */

import type { Letter } from './letter.ts';
import type { Queue } from './queue.ts';

/** A call that waits for the next message of a channel. */
export interface Reader {
  take(letter: Letter): void;
  /** Ends the wait: there will be no message. */
  cancel?(reason: unknown): void;
}

/** One channel: its unread messages or its waiting readers, never both. */
export interface Box {
  readonly channel: string;
  readonly route: Route;
  readonly parcels: Queue<Parcel>;
  readers: Set<Reader> | undefined;
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

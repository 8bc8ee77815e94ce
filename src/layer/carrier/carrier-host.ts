/** CarrierHost: what a carrier may know of its layer, and whom it tells what arrives and what happens. */

import type { Letter } from '../local/letter.ts';
import type { Delivery } from '../local/mailboxes.ts';

/** The options of the layer that concern a carrier, complete and checked. */
export interface CarrierSettings {
  /** Milliseconds a message may stay unread. */
  readonly expiry: number;
  /** Milliseconds a message may stay unread in this process; at most `expiry` counts. */
  readonly localExpiry: number;
  /** Milliseconds a membership lasts after the last `groupAdd`. */
  readonly groupExpiry: number;
  /** Stands before every qualified name: empty, or a text that ends in a colon. */
  readonly prefix: string;
  /** Unread messages that this process keeps at most, all channels together; Infinity = no limit. */
  readonly localCapacity: number;
  /** Octets of an encoded message, without what encryption adds. */
  readonly maxMessageSize: number;
}

/** Options of a letter that goes to a group. */
export interface GroupDelivery {
  /** Channels that do not get it. */
  readonly except?: ReadonlySet<string> | undefined;
  /** By `now()`: only channels that had joined by then get it. Default: all members. */
  readonly sentAt?: number | undefined;
}

/**
 * The narrow side of a layer that its carrier sees. All names are qualified; none is checked, so names from the wire are as
 * good as those of the program.
 */
export interface CarrierHost {
  /** Options of the layer. */
  readonly settings: CarrierSettings;
  /** Identifies this process (this layer): 16 hexadecimal digits, in every name that its `newChannel` makes. */
  readonly key: string;

  // — names —

  /** The name as the program knows it, without the prefix. For error texts and events. */
  bare(name: string): string;
  /** The key of the process whose `newChannel` has made `channel`; undefined for any other name. */
  processOf(channel: string): string | undefined;
  /** How many unread messages `channel` may have, by `capacity` and `channelCapacity`. */
  capacityOf(channel: string): number;

  // — time —

  /** Milliseconds on a clock that only goes forward. It means nothing in another process. */
  now(): number;
  /**
   * When a message expires in this process, by `now()`, that had `ttl` milliseconds to live `age` milliseconds ago (default 0);
   * at the latest after `localExpiry`. Deadlines travel
   * between processes as what is left of them, never as a time of day.
   */
  expiryOf(ttl: number, age?: number): number;

  // — what arrives —

  /**
   * Puts `letter` into `channel`, or hands it to the `receive` that waits there. `full`: it was not taken, and is settled
   * as dropped; `expired`: it was too old, and is counted and settled. `capacity`: unread messages that the route may have,
   * by default those of the settings; Infinity for a message that was counted where it was accepted.
   */
  deliver(channel: string, letter: Letter, capacity?: number): Delivery;
  /**
   * Puts `letter` into each channel of this process that is a member of `group`; full members are counted and reported. That
   * goes on over several turns of the event loop for many members; what is delivered meanwhile keeps its order.
   */
  deliverToGroup(group: string, letter: Letter, options?: GroupDelivery): void;
  /**
   * Hands `letter`, which the carrier knows to be alive, to a `receive` that waits at `channel`. False: nobody waits, and the
   * letter is still the carrier's.
   */
  offer(channel: string, letter: Letter): boolean;
  /** Takes up to `count` unread letters out of `channel`, the last ones first: the carrier has them back, unsettled. */
  takeBack(channel: string, count: number): Letter[];
  /**
   * To be called after each message that is taken in. A promise has to be awaited before the next one: it gives readers a
   * turn before their channels are full. Hot.
   */
  pace(): Promise<void> | undefined;
  /** Settles when every message to groups is in all its members; undefined if it is. */
  readonly busy: Promise<void> | undefined;

  // — memberships of this process —

  /** Adds a member or renews it; true for the first member of the group in this process: subscribe, or bind, now. */
  addMember(group: string, channel: string): boolean;
  /** Removes a member, if it is one; true if it was the last of the group in this process: unsubscribe, or unbind, now. */
  removeMember(group: string, channel: string): boolean;
  /** Whether `channel` is a member by `addMember`. */
  hasMember(group: string, channel: string): boolean;
  /** How many members `group` has by `addMember`. */
  memberCountOf(group: string): number;
  /** Groups with members in this process: to be subscribed to again on another connection. */
  groupNames(): Iterable<string>;
  /** All members by `addMember`, with the time by `now()` when each was last added. */
  memberships(): Iterable<readonly [group: string, channel: string, joinedAt: number]>;

  // — readers of this process —

  /** Channels at which a `receive` waits, and how many wait there. */
  waiting(): Iterable<readonly [channel: string, count: number]>;
  /** How many wait at `channel`. */
  waitingAt(channel: string): number;
  /** Unread messages of all channels with `route`; one that several of them hold counts once. */
  unreadOf(route: string): number;
  /** The channels with most unread messages, up to `count` of them, most first; names as the program knows them. */
  largest(count: number): [channel: string, count: number][];
  /** The routes whose number of unread messages has changed since the last call, with that number. */
  takeLevels(): Iterable<{ readonly name: string; readonly count: number }>;
  /** Forgets unread messages and memberships with the prefix of this layer; `Carrier.emptied` is called for the groups. */
  clear(): void;

  // — what happens —

  /** The connection to `address` works. `hub` identifies who answers; `restarted`: not who answered before. */
  connected(event: { address: string; hub: string; restarted: boolean }): void;
  /** The connection to `address` broke, and is sought again. */
  disconnected(event: { address: string }): void;
  /** `count` messages are gone, or may be; nothing happens for less than 1. */
  lost(count: number, why: string): void;
  /** `count` messages of `channel` expired where this process does not see them. */
  expired(channel: string, count: number): void;
  /** A message of `group` did not get to these full channels. */
  skipped(group: string, channels: readonly string[]): void;
  /** A message of process `from` cannot be decoded and was dropped. */
  undecodable(from: string, error: Error): void;
  /** A message from `address` was too old by `late` milliseconds when it came, by clocks that should agree. */
  skewed(address: string, late: number): void;
  /** A connection at `address` ended in its handshake. */
  refused(address: string, error: Error & { code?: string; status?: number }): void;
}

/** CarrierHost: what a carrier sees of its layer: its options, and the calls for what arrives and what happens. */

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
  /** Put before every qualified name: empty, or a text that ends in a colon. */
  readonly prefix: string;
  /** Unread messages that this process keeps at most, all channels together; Infinity = no limit. */
  readonly localCapacity: number;
  /** Maximum octets of an encoded message, without what encryption adds. */
  readonly maxMessageSize: number;
}

/** Options of `CarrierHost.deliverToGroup`. */
export interface GroupDelivery {
  /** Channels that do not get it. */
  readonly except?: ReadonlySet<string> | undefined;
  /** By `now()`: only channels that had joined by then get it. Default: all members. */
  readonly sentAt?: number | undefined;
}

/**
 * The part of a layer that its carrier may use. All names are qualified, and none is checked, so names from the wire can be
 * passed as they are.
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
   * The time by `now()` when a message expires in this process that had `ttl` milliseconds left `age` milliseconds ago (default
   * 0); at most `localExpiry` from now. Deadlines travel between processes as the time left, never as a time of day.
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
   * Puts `letter` into each channel of this process that is a member of `group`; full members are counted and reported. With
   * many members that takes several turns of the event loop; messages delivered meanwhile keep their order.
   */
  deliverToGroup(group: string, letter: Letter, options?: GroupDelivery): void;
  /**
   * Hands `letter`, which must not have expired, to a `receive` that waits at `channel`. Returns false if none waits: the letter
   * still belongs to the carrier.
   */
  offer(channel: string, letter: Letter): boolean;
  /** Takes up to `count` unread letters out of `channel`, the last first; they are not settled, and belong to the carrier. */
  takeBack(channel: string, count: number): Letter[];
  /**
   * To be called after each message that is taken in. A returned promise has to be awaited before the next message: it gives
   * readers a turn before their channels are full. Hot.
   */
  pace(): Promise<void> | undefined;
  /** Settles when all messages to groups are in all their members; undefined if they are. */
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

  /** The channels at which calls of `receive` wait, and how many at each. */
  waiting(): Iterable<readonly [channel: string, count: number]>;
  /** How many calls of `receive` wait at `channel`. */
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

  /** The connection to `address` is established. `hub` identifies the run that answers; `restarted`: another run did before. */
  connected(event: { address: string; hub: string; restarted: boolean }): void;
  /** The connection to `address` is lost; the carrier connects again. */
  disconnected(event: { address: string }): void;
  /** At most `count` messages may be lost; less than 1 is ignored. */
  lost(count: number, why: string): void;
  /** `count` messages of `channel` expired outside the channels of this process. */
  expired(channel: string, count: number): void;
  /** A message of `group` was not put into these channels, which are full. */
  skipped(group: string, channels: readonly string[]): void;
  /** A message of process `from` cannot be decoded and was dropped. */
  undecodable(from: string, error: Error): void;
  /** A message from `address` was too old by `late` milliseconds when it came, by clocks that should agree. */
  skewed(address: string, late: number): void;
  /** A connection at `address` failed in its handshake. */
  refused(address: string, error: Error & { code?: string; status?: number }): void;
}

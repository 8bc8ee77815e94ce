/** LocalState: what a layer has of its own and its carrier may use: channels, memberships, counters, the clock. */

import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { clearInterval, setInterval } from 'node:timers';
import { ProcessHold } from '../../base/process-hold.ts';
import { Turns } from '../../base/turns.ts';
import type { Carrier } from '../carrier/carrier.ts';
import type { CarrierHost, GroupDelivery } from '../carrier/carrier-host.ts';
import type { Counters, HubAction, LayerEvents } from '../events.ts';
import type { Settings } from '../options.ts';
import type { Spread } from './box.ts';
import { FanOut } from './fan-out.ts';
import { Groups } from './groups.ts';
import { keyOf } from './keys.ts';
import type { Letter } from './letter.ts';
import { type Delivery, Mailboxes } from './mailboxes.ts';
import { Reports } from './reports.ts';

/** The state of one layer, or one hub. Its carrier sees the part of it that CarrierHost declares. */
export class LocalState implements CarrierHost {
  readonly settings: Settings;
  readonly boxes: Mailboxes;
  readonly groups: Groups;
  readonly events: EventEmitter<LayerEvents>;
  readonly counters: Counters = {
    sent: 0,
    groupSent: 0,
    received: 0,
    delivered: 0,
    full: 0,
    denied: 0,
    skipped: 0,
    expired: 0,
    undecodable: 0,
    lost: 0,
  };
  /** Proves that this process is the one with `key`, its hash. */
  readonly secret: Buffer = randomBytes(16);
  readonly key: string = keyOf(this.secret);
  readonly #mark: string;
  readonly #reports: Reports;
  readonly #fanOut: FanOut;
  #carrier: Served | undefined;
  readonly #turns = new Turns(true);
  readonly #processHold = new ProcessHold();
  #sweeper: NodeJS.Timeout | undefined;

  constructor(settings: Settings, events: EventEmitter<LayerEvents> = new EventEmitter()) {
    this.settings = settings;
    this.events = events;
    this.#mark = `.${this.key}!`;
    this.#reports = new Reports(this);
    this.groups = new Groups(settings.groupExpiry);
    this.#fanOut = new FanOut(this);
    this.boxes = new Mailboxes(
      {
        capacityOf: (channel) => this.capacityOf(channel),
        expired: (channel, count) => this.expired(channel, count),
        settled: (letter, how) => this.#carrier?.settled?.(letter, how),
        levelsChanged: () => this.#carrier?.levelsChanged?.(),
      },
      settings.localCapacity,
    );
  }

  /** Calls `carrier` from now on. */
  attach(carrier: Served): void {
    this.#carrier = carrier;
    if (carrier.levelsChanged !== undefined) this.boxes.tracking = true;
    if (!carrier.capabilities.groupExpiry) this.groups.expiry = Number.POSITIVE_INFINITY;
  }

  now(): number {
    return this.settings.clock();
  }

  /** A name as it is on the wire. */
  qualify(name: string): string {
    return this.settings.prefix + name;
  }

  bare(name: string): string {
    return name.slice(this.settings.prefix.length);
  }

  /** Makes up a unique channel name that begins with `prefix`. */
  newChannel(prefix: string): string {
    return `${prefix}${this.#mark}${randomBytes(9).toString('base64url')}`;
  }

  processOf(channel: string): string | undefined {
    return MADE.exec(channel)?.[1];
  }

  /** Whether `newChannel` of this process has made `channel`, which only this process reads. */
  isOwn(channel: string): boolean {
    return channel.includes(this.#mark);
  }

  /** Whether `newChannel` of another process has made `channel`. */
  isForeign(channel: string): boolean {
    return !this.isOwn(channel) && MADE.test(channel);
  }

  capacityOf(channel: string): number {
    return this.settings.capacities.of(this.bare(channel));
  }

  expiryOf(ttl: number, age = 0): number {
    return this.now() + Math.min(ttl - age, this.settings.localExpiry);
  }

  deliver(channel: string, letter: Letter, capacity?: number): Delivery {
    const now = this.now();
    if (letter.expiresAt <= now) return this.boxes.tooOld(channel, letter);
    this.catchUp(channel);
    const delivery = this.boxes.put(channel, letter, now, capacity);
    if (delivery !== 'full') this.counters.delivered++;
    return delivery;
  }

  deliverToGroup(group: string, letter: Letter, options: GroupDelivery = {}): void {
    const now = this.now();
    if (letter.expiresAt <= now) {
      this.boxes.tooOld(group, letter);
      return;
    }
    const only = this.busy === undefined ? this.groups.only(group, now, options.sentAt) : undefined;
    if (only !== undefined && !options.except?.has(only)) {
      // What most processes have of a group, in half the memory.
      if (this.boxes.put(only, letter, now) === 'full') this.skipped(group, [only]);
      else this.counters.delivered++;
      return;
    }
    letter.shared = this.groups.sizeOf(group) > 1;
    const spread = this.boxes.beginSpread(letter);
    const message = {
      into: (channel: string, now: number) => this.boxes.spreadTo(spread, channel, now),
      end: () => this.#spread(group, spread),
    };
    this.#fanOut.add(group, message, options.except, options.sentAt);
  }

  offer(channel: string, letter: Letter): boolean {
    this.catchUp(channel);
    if (!this.boxes.offer(channel, letter)) return false;
    this.counters.delivered++;
    return true;
  }

  takeBack(channel: string, count: number): Letter[] {
    return this.boxes.takeBack(channel, count);
  }

  pace(): Promise<void> | undefined {
    if (!this.boxes.pressed && !this.#turns.due(1)) return this.busy;
    return (this.busy ?? this.#turns.later(undefined)).then(() => {
      this.boxes.pressed = false;
    });
  }

  addMember(group: string, channel: string): boolean {
    return this.groups.add(group, channel, this.now());
  }

  removeMember(group: string, channel: string): boolean {
    return this.groups.discard(group, channel);
  }

  hasMember(group: string, channel: string): boolean {
    return this.groups.hasMember(group, channel);
  }

  memberCountOf(group: string): number {
    return this.groups.sizeOf(group);
  }

  groupNames(): Iterable<string> {
    return this.groups.names();
  }

  memberships(): Iterable<readonly [group: string, channel: string, joinedAt: number]> {
    return this.groups.entries();
  }

  waiting(): Iterable<readonly [channel: string, count: number]> {
    return this.boxes.waiting();
  }

  waitingAt(channel: string): number {
    return this.boxes.readersOf(channel);
  }

  unreadOf(route: string): number {
    return this.boxes.countOf(route);
  }

  largest(count: number): [channel: string, count: number][] {
    return this.boxes.largest(count).map(([channel, unread]) => [this.bare(channel), unread]);
  }

  takeLevels(): Iterable<{ readonly name: string; readonly count: number }> {
    return this.boxes.takeChanged();
  }

  clear(prefix: string = this.settings.prefix): void {
    this.boxes.clear(prefix);
    const cleared = this.groups.clear(prefix);
    this.#fanOut.clear((group) => !this.groups.has(group));
    for (const group of cleared) this.#carrier?.emptied?.(group);
  }

  /** Removes all unread messages; returns their number. */
  clearAll(): number {
    return this.#fanOut.clear(() => true) + this.boxes.clear();
  }

  connected(event: { address: string; hub: string; restarted: boolean }): void {
    this.events.emit('connect', event);
  }

  disconnected(event: { address: string }): void {
    this.events.emit('disconnect', event);
  }

  lost(count: number, why: string): void {
    if (!(count > 0)) return;
    this.counters.lost += count;
    this.events.emit('lost', { count, why });
  }

  expired(channel: string, count: number): void {
    this.counters.expired += count;
    this.events.emit('expired', { channel: this.bare(channel), count });
  }

  /** Reports that process `from`, or this one if it is empty, may not do `action`. */
  denied(from: string, action: HubAction, name: string): void {
    this.#reports.denied(from, action, name);
  }

  skipped(group: string, channels: readonly string[]): void {
    this.#reports.skipped(group, channels);
  }

  undecodable(from: string, error: Error): void {
    this.#reports.undecodable(from, error);
  }

  skewed(address: string, late: number): void {
    this.#reports.skewed(address, late);
  }

  refused(address: string, error: Error & { code?: string; status?: number }): void {
    this.#reports.refused(address, error);
  }

  get busy(): Promise<void> | undefined {
    return this.#fanOut.busy;
  }

  /** Puts group messages that are still on their way into `channel`, before something else is put there. */
  catchUp(channel: string): void {
    if (this.busy !== undefined) this.#fanOut.catchUp(channel);
  }

  /** A message of `group` has been put into all members. */
  #spread(group: string, spread: Spread): void {
    this.boxes.endSpread(spread);
    const { delivered, skipped } = spread;
    this.counters.delivered += delivered;
    if (skipped.length > 0) this.skipped(group, skipped);
  }

  /** Keeps the process alive until `release`; calls are counted. */
  hold(): void {
    this.#processHold.hold();
  }

  release(): void {
    this.#processHold.release();
  }

  /** Removes expired messages and memberships periodically, and has the carrier do so; then calls `also`. */
  startSweeping(also?: (now: number) => void): void {
    const { expiry, localExpiry } = this.settings;
    const interval = Math.min(10_000, Math.max(50, Math.min(expiry, localExpiry) / 4));
    this.#sweeper = setInterval(() => {
      const now = this.now();
      this.boxes.sweep(now);
      for (const group of this.groups.sweep(now)) this.#carrier?.emptied?.(group);
      this.#carrier?.sweep?.(now);
      also?.(now);
    }, interval).unref();
  }

  end(): void {
    clearInterval(this.#sweeper);
    this.#processHold.end();
  }
}

/** The methods of a carrier that this state calls. */
type Served = Pick<Carrier, 'capabilities' | 'settled' | 'levelsChanged' | 'emptied' | 'sweep'>;

/** How the names that `newChannel` makes up end: the key of the process, and twelve random characters. */
const MADE = /\.([0-9a-f]{16})![a-zA-Z0-9_-]{12}$/;

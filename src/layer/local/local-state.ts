/** LocalState: what a layer has of its own, and lends to its carrier. Channels, memberships, counters, the clock. */

import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { clearInterval, setInterval } from 'node:timers';
import { type Counters, type LayerEvents, REPORT_INTERVAL } from '../events.ts';
import type { Settings } from '../options.ts';
import { Groups } from './groups.ts';
import type { Letter } from './letter.ts';
import { type Distribution, Mailboxes } from './mailboxes.ts';

export class LocalState {
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
    skipped: 0,
    expired: 0,
    undecodable: 0,
    lost: 0,
  };
  /** By which others know this process, and part of the channel names it makes: 16 characters. */
  readonly key: string = randomBytes(8).toString('hex');
  /** Who wants to know which routes have more or fewer messages unread. */
  readonly changeListeners: Set<(route: string) => void> = new Set();
  /** Capacities that others have set, for their members of groups. */
  readonly capacityOf: Map<string, number> = new Map();
  readonly #mark: string;
  /** What may happen often: how many times since it was last reported, and when that was. */
  readonly #often = new Map<string, { count: number; since: number }>();
  #pressureSince = Number.NEGATIVE_INFINITY;
  #holdCount = 0;
  #holder: NodeJS.Timeout | undefined;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(settings: Settings, events: EventEmitter<LayerEvents> = new EventEmitter()) {
    this.settings = settings;
    this.events = events;
    this.#mark = `.${this.key}!`;
    this.groups = new Groups(settings.groupExpiry);
    this.boxes = new Mailboxes(
      {
        capacityOf: (channel) =>
          this.capacityOf.get(channel) ?? settings.capacities.of(this.bare(channel)),
        expired: (channel, count) => {
          this.counters.expired += count;
          this.events.emit('expired', { channel: this.bare(channel), count });
        },
      },
      settings.localCapacity,
    );
  }

  now(): number {
    return this.settings.clock();
  }

  /** A name as it is on the wire. */
  qualify(name: string): string {
    return this.settings.prefix + name;
  }

  /** A name as the user has it. */
  bare(name: string): string {
    return name.slice(this.settings.prefix.length);
  }

  /** A channel name that nobody else will make up. */
  newChannel(prefix: string): string {
    return `${prefix}${this.#mark}${randomBytes(9).toString('base64url')}`;
  }

  /** Was `channel` made by this process, which therefore is the only one to read it? */
  isOwn(channel: string): boolean {
    return channel.includes(this.#mark);
  }

  /** Was it made by the `newChannel` of another process? */
  isForeign(channel: string): boolean {
    return !this.isOwn(channel) && MADE.test(channel);
  }

  /** When a message that came in with `ttl` seconds to live dies. */
  expiryOf(ttl: number, now: number): number {
    return now + Math.min(ttl, this.settings.localExpiry);
  }

  /** Give a group's message to its members here. `sentAt`: only those who had joined by then. */
  distribute(
    group: string,
    letter: Letter,
    now: number,
    except?: ReadonlySet<string>,
    sentAt?: number,
  ): Distribution {
    letter.shared = this.groups.sizeOf(group) > 1;
    const result = this.boxes.distribute(
      this.groups.members(group, now, sentAt),
      letter,
      now,
      except,
    );
    this.counters.delivered += result.delivered;
    if (result.skipped.length > 0) this.skipped(group, result.skipped);
    return result;
  }

  skipped(group: string, channels: readonly string[]): void {
    this.counters.skipped += channels.length;
    this.events.emit('skipped', {
      group: this.bare(group),
      channels: channels.map((channel) => this.bare(channel)),
    });
    const now = this.now();
    if (now - this.#pressureSince < REPORT_INTERVAL) return;
    this.#pressureSince = now;
    if (this.events.listenerCount('backpressure') === 0) return;
    const largest = this.boxes
      .largest(3)
      .map(([channel, count]) => [this.bare(channel), count] as const);
    this.events.emit('backpressure', { channels: largest });
  }

  /** Something from `from` cannot be read. */
  undecodable(from: string, error: Error): void {
    this.counters.undecodable++;
    const count = this.#due(`undecodable ${from}`);
    if (count > 0) this.events.emit('undecodable', { from, count, error });
  }

  /** A connection at `address` ended in its handshake. */
  refused(address: string, error: Error & { code?: string; status?: number }): void {
    const count = this.#due(`refused ${address} ${error.status ?? error.code}`);
    if (count > 0) this.events.emit('refused', { address, count, error });
  }

  /** How many of these to report now; 0 = not yet. */
  #due(what: string): number {
    const now = this.now();
    const record = this.#often.get(what);
    if (record !== undefined && now - record.since < REPORT_INTERVAL) {
      record.count++;
      return 0;
    }
    if (this.#often.size >= REPORTS_MAX) this.#often.clear();
    this.#often.set(what, { count: 0, since: now });
    return 1 + (record?.count ?? 0);
  }

  lost(count: number, why: string): void {
    if (!(count > 0)) return;
    this.counters.lost += count;
    this.events.emit('lost', { count, why });
  }

  /** Tell the listeners what has changed since the last time. */
  spreadChanges(): void {
    for (const { name } of this.boxes.takeChanged()) {
      for (const listener of this.changeListeners) listener(name);
    }
  }

  /** Keep the process alive, as one who waits does. */
  hold(): void {
    if (this.#holdCount++ > 0) return;
    if (this.#holder === undefined) this.#holder = setInterval(() => {}, 0x7fff_ffff);
    else this.#holder.ref();
  }

  release(): void {
    if (--this.#holdCount === 0) this.#holder?.unref();
  }

  /** Call `also` now and then, when the old have been swept out here. */
  startSweeping(also: (now: number, emptied: readonly string[]) => void): void {
    const { expiry, localExpiry } = this.settings;
    const interval = Math.min(10, Math.max(0.05, Math.min(expiry, localExpiry) / 4));
    this.#sweeper = setInterval(() => {
      const now = this.now();
      this.boxes.sweep(now);
      also(now, this.groups.sweep(now));
    }, interval * 1000).unref();
  }

  end(): void {
    clearInterval(this.#sweeper);
    clearInterval(this.#holder);
    this.#holder = undefined;
  }
}

/** As `newChannel` ends its names. */
const MADE = /\.[0-9a-f]{16}![a-zA-Z0-9_-]{12}$/;
const REPORTS_MAX = 1000;

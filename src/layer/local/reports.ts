/** Reports: events about what may happen often, emitted seldom, with how many times it has happened. */

import type { EventEmitter } from 'node:events';
import { Seldom } from '../../base/seldom.ts';
import { type Counters, type HubAction, type LayerEvents, REPORT_INTERVAL } from '../events.ts';
import type { Mailboxes } from './mailboxes.ts';

/** The owner of the counters and events. */
interface ReportsHost {
  readonly counters: Counters;
  readonly events: EventEmitter<LayerEvents>;
  readonly boxes: Mailboxes;
  now(): number;
  bare(name: string): string;
}

/** Counts everything when it happens, and emits at most one event about the same thing in `REPORT_INTERVAL`. */
export class Reports {
  readonly #local: ReportsHost;
  readonly #seldom = new Seldom(REPORT_INTERVAL);

  constructor(local: ReportsHost) {
    this.#local = local;
  }

  /** A message of `group` did not get to these full channels. Emits `skipped` each time, and seldom `backpressure`. */
  skipped(group: string, channels: readonly string[]): void {
    const local = this.#local;
    local.counters.skipped += channels.length;
    local.events.emit('skipped', {
      group: local.bare(group),
      channels: channels.map((channel) => local.bare(channel)),
    });
    if (this.#due('backpressure') === 0) return;
    if (local.events.listenerCount('backpressure') === 0) return;
    const largest = local.boxes
      .largest(3)
      .map(([channel, count]) => [local.bare(channel), count] as const);
    local.events.emit('backpressure', { channels: largest });
  }

  /** The hub does not let process `from` do `action` with `name`. */
  denied(from: string, action: HubAction, name: string): void {
    const local = this.#local;
    local.counters.denied++;
    const count = this.#due(`denied ${from} ${action}`);
    if (count > 0) local.events.emit('denied', { from, action, name: local.bare(name), count });
  }

  /** Something that process `from` has sent cannot be decoded. */
  undecodable(from: string, error: Error): void {
    this.#local.counters.undecodable++;
    const count = this.#due(`undecodable ${from}`);
    if (count > 0) this.#local.events.emit('undecodable', { from, count, error });
  }

  /** A connection at `address` ended in its handshake. */
  refused(address: string, error: Error & { code?: string; status?: number }): void {
    const count = this.#due(`refused ${address} ${error.status ?? error.code}`);
    if (count > 0) this.#local.events.emit('refused', { address, count, error });
  }

  /** A message from `address` was too old by `late` milliseconds when it came. */
  skewed(address: string, late: number): void {
    const count = this.#due(`skew ${address}`);
    if (count > 0) this.#local.events.emit('skew', { address, count, late });
  }

  /** How many of these to report now; 0 = not yet. */
  #due(what: string): number {
    return this.#seldom.due(what, this.#local.now());
  }
}

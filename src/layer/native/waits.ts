/** Waits: tells the hub at which own channels readers of this process wait, while their route is nearly full. */

import type { LocalState } from '../local/local-state.ts';
import { routeOf } from '../local/names.ts';

/** What Waits calls. */
export interface WaitsHost {
  say(channel: string, count: number): void;
  /** `settle` is to be called soon. */
  wake(): void;
}

/**
 * Channels of one route share a capacity, so one that nobody reads would have messages to all others refused. A message that a
 * reader waits for takes up no room: the hub hands over as many as wait, however full the route is. The hub is told only of
 * routes that are half full, since most never are.
 */
export class Waits {
  readonly #local: LocalState;
  readonly #host: WaitsHost;
  readonly #pressed = new Set<string>();
  /** How many readers the hub was told to wait, by channel. */
  readonly #said = new Map<string, number>();
  /** Channels to tell the hub of; true = even if the number is the same. */
  readonly #due = new Map<string, boolean>();

  constructor(local: LocalState, host: WaitsHost) {
    this.#local = local;
    this.#host = host;
  }

  /** `count` messages of `route` are unread. */
  level(route: string, count: number): void {
    const room = this.#local.capacityOf(route);
    if (this.#pressed.has(route)) {
      if (count * 4 < room) this.#pressed.delete(route);
      return;
    }
    if (count * 2 < room) return;
    this.#pressed.add(route);
    for (const channel of this.#local.boxes.channelsOf(route)) this.changed(channel);
  }

  /** A reader has begun, or ceased, to wait at `channel`. */
  changed(channel: string): void {
    const isDue = this.#said.has(channel) || this.#pressed.has(routeOf(channel));
    if (isDue && !this.#due.has(channel)) this.#add(channel, false);
  }

  /** A message for `channel` has arrived; the hub counts one reader less. Hot. */
  arrived(channel: string): void {
    if (this.#said.size > 0 && this.#said.has(channel)) this.#add(channel, true);
  }

  /** Tells the hub how many readers wait, where that has changed. */
  settle(): void {
    if (this.#due.size === 0) return;
    for (const [channel, isNews] of this.#due) {
      const count = this.#local.waitingAt(channel);
      if (!isNews && count === (this.#said.get(channel) ?? 0)) continue;
      if (count > 0) this.#said.set(channel, count);
      else this.#said.delete(channel);
      this.#host.say(channel, count);
    }
    this.#due.clear();
  }

  /** A new connection: the hub was told nothing on it. */
  reset(): void {
    this.#pressed.clear();
    this.#said.clear();
    this.#due.clear();
  }

  #add(channel: string, isNews: boolean): void {
    if (this.#due.size === 0) this.#host.wake();
    this.#due.set(channel, isNews);
  }
}

/** Levels: tells the hub how many group messages are unread in the channels of this process. */

import { ownerOf } from '../local/keys.ts';
import type { LocalState } from '../local/local-state.ts';
import { encode } from './records.ts';

/** What Levels calls. */
export interface LevelsHost {
  say(record: Buffer): void;
  /** `count` messages of `route`, of all kinds, are unread. */
  route(route: string, count: number): void;
}

/** The hub itself counts messages that were sent to a channel; a level is what is unread beyond those. */
export class Levels {
  readonly #local: LocalState;
  readonly #host: LevelsHost;
  /** Unread messages that were sent to channels of our own, by their route. */
  readonly #directs = new Map<string, number>();
  /** The levels that the hub was told, by route. */
  readonly #said = new Map<string, number>();
  #due = new Map<string, number>();

  constructor(local: LocalState, host: LevelsHost) {
    this.#local = local;
    this.#host = host;
  }

  /** `by` more messages that were sent to a channel of `route` are unread. Hot. */
  direct(route: string, by: number): void {
    const count = (this.#directs.get(route) ?? 0) + by;
    if (count <= 0) this.#directs.delete(route);
    else this.#directs.set(route, count);
  }

  /** `count` messages of `route` are unread. */
  changed(route: string, count: number): void {
    if (ownerOf(route) !== this.#local.key) return;
    this.#due.set(route, count);
    this.#host.route(route, count);
  }

  /** Tells the hub which levels have changed. */
  settle(): void {
    if (this.#due.size === 0) return;
    for (const [route, count] of this.#due) {
      const unread = Math.max(0, count - (this.#directs.get(route) ?? 0));
      if (unread === (this.#said.get(route) ?? 0)) continue;
      if (unread === 0) this.#said.delete(route);
      else this.#said.set(route, unread);
      this.#host.say(encode('level', { route, unread }));
    }
    this.#due = new Map();
  }

  /** The hub does not know this process: earlier messages to its channels count in levels from now on. */
  restart(): void {
    this.#directs.clear();
  }

  /** A new connection: the hub was told nothing on it. */
  reset(): void {
    this.#said.clear();
    this.#due.clear();
  }

  /** Has the hub told all levels, as on a new connection. */
  again(): void {
    const own = (route: string): boolean => ownerOf(route) === this.#local.key;
    for (const [route, count] of this.#local.boxes.counts(own)) this.changed(route, count);
  }
}

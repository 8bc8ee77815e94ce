/** Levels: how many messages of groups are unread in the channels of this process, as the hub is told. */

import { ownerOf } from '../local/keys.ts';
import type { LocalState } from '../local/local-state.ts';
import { encode } from './records.ts';

/** Where that is spoken. */
export interface LevelsHost {
  say(record: Buffer): void;
  /** `count` messages of `route`, of all kinds, are unread. */
  route(route: string, count: number): void;
}

/** The hub knows of messages that were sent to a channel, one by one; a level is what is unread beyond those. */
export class Levels {
  readonly #local: LocalState;
  readonly #host: LevelsHost;
  /** Unread messages that were sent to channels of our own, by their route. */
  readonly #directs = new Map<string, number>();
  /** What the hub was told. */
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

  /** Say what has changed. */
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

  /** Another hub: it knows of no message that was sent to a channel. */
  restart(): void {
    this.#directs.clear();
  }

  /** Another connection: nothing was said. */
  reset(): void {
    this.#said.clear();
    this.#due.clear();
  }

  /** All that there is, is to be said. */
  again(): void {
    const own = (route: string): boolean => ownerOf(route) === this.#local.key;
    for (const [route, count] of this.#local.boxes.counts(own)) this.changed(route, count);
  }
}

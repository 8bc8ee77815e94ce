/** Memberships: what a process says to one hub about groups, of its own channels and of those that other processes read. */

import type { LocalState } from '../local/local-state.ts';
import { encode } from './records.ts';
import type { Requests } from './requests.ts';

/** A member that another process reads, and how many messages it may hold there. */
export type ForeignMember = readonly [group: string, channel: string, capacity: number];

export class Memberships {
  readonly #local: LocalState;
  readonly #requests: Requests;
  /** Kept to be said again to a hub that knows nothing of them. */
  readonly #foreign = new Map<string, ForeignMember>();
  readonly #say: (record: Buffer) => void;
  /** Which groups are this hub's. */
  readonly #mine: (group: string) => boolean;
  /** All are to be said until a hub has heard them. */
  #unheard: { readonly before: 0 | 1 } | undefined;

  constructor(
    local: LocalState,
    requests: Requests,
    say: (record: Buffer) => void,
    mine: (group: string) => boolean,
  ) {
    this.#local = local;
    this.#requests = requests;
    this.#say = say;
    this.#mine = mine;
  }

  /** Makes `channel` a member; resolves when the hub knows, or, if `lenient`, when there is none. */
  join(group: string, channel: string, lenient: boolean): Promise<void> {
    const key = `${group}\n${channel}`;
    if (this.#local.isOwn(channel)) {
      this.#local.addMember(group, channel);
      // Also where it has others: an end by somebody else may be on its way here, and is older than this.
      return this.#requests.ask('subscribe', { before: 0, group }, lenient, {
        begins: key,
        undo: () => this.#remove(group, channel),
      });
    }
    const capacity = Math.min(0xffff_ffff, this.#local.capacityOf(channel));
    this.#foreign.set(key, [group, channel, capacity]);
    const undo = (): void => {
      this.#foreign.delete(key);
    };
    return this.#requests.ask('join', { group, channel, capacity }, lenient, { undo });
  }

  /** Ends the membership of `channel`; resolves as `join` does, and immediately for a channel that this process reads. */
  leave(group: string, channel: string, lenient: boolean): Promise<void> {
    this.#remove(group, channel);
    this.#foreign.delete(`${group}\n${channel}`);
    const done = this.#requests.ask('leave', { group, channel }, lenient);
    if (!this.#local.isOwn(channel)) return done;
    done.catch(() => {});
    return RESOLVED;
  }

  /** Another process, or the hub, has ended the membership of `channel`. */
  ended(group: string, channel: string): void {
    // One that the hub has not heard of yet began after this.
    if (!this.#requests.begins(group, channel)) this.#remove(group, channel);
  }

  /** The last member that this process reads is gone. */
  emptied(group: string): void {
    this.#requests.ask('unsubscribe', { group }, true).catch(() => {});
  }

  /** All messages and memberships of the layer were taken away. */
  flushed(): void {
    this.#foreign.clear();
  }

  /** Those that other processes read. */
  foreign(): Iterable<ForeignMember> {
    return this.#foreign.values();
  }

  /** A hub that knows nothing of this process learns of all memberships. `before`: they began before it did. */
  begin(before: 0 | 1): void {
    this.#unheard = { before };
    this.again();
  }

  /** There is a connection: say what the hub has not heard, memberships and requests. */
  again(): void {
    const claim = this.#unheard;
    if (claim === undefined) {
      this.#requests.joined();
      return;
    }
    const { before } = claim;
    for (const group of this.#local.groupNames()) {
      if (this.#mine(group)) this.#say(encode('subscribe', { request: 0, before, group }));
    }
    for (const [group, channel, capacity] of this.#foreign.values()) {
      this.#say(encode('join', { request: 0, group, channel, capacity }));
    }
    this.#requests.joined();
    // What waits for our channels is handed over behind what was sent to our groups.
    const heard = (): void => {
      if (this.#unheard === claim) this.#unheard = undefined;
    };
    this.#requests.ask('sync', {}, false).then(heard, () => {});
  }

  #remove(group: string, channel: string): void {
    if (this.#local.removeMember(group, channel)) this.emptied(group);
  }
}

const RESOLVED = Promise.resolve();

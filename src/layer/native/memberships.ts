/** Memberships: tells one hub which channels are in groups, those of this process and those that other processes read. */

import type { LocalState } from '../local/local-state.ts';
import { encode } from './records.ts';
import type { Requests } from './requests.ts';

/** A member that another process reads, and its capacity in messages. */
export type ForeignMember = readonly [group: string, channel: string, capacity: number];

export class Memberships {
  readonly #local: LocalState;
  readonly #requests: Requests;
  /** Kept to be repeated to a hub that does not know this process. */
  readonly #foreign = new Map<string, ForeignMember>();
  readonly #say: (record: Buffer) => void;
  /** Whether a group belongs to this hub. */
  readonly #mine: (group: string) => boolean;
  /** Set until the hub has heard all memberships: they are repeated on each connection. */
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

  /** Makes `channel` a member; resolves when the hub has done so, or, if `lenient`, when no hub answers. */
  join(group: string, channel: string, lenient: boolean): Promise<void> {
    const key = `${group}\n${channel}`;
    if (this.#local.isOwn(channel)) {
      this.#local.addMember(group, channel);
      // Also if the group has members: an end by another process may be on its way here, and is older than this.
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
    // A membership that the hub has not heard of yet began after this end.
    if (!this.#requests.begins(group, channel)) this.#remove(group, channel);
  }

  /** The last member of `group` that this process reads is gone. */
  emptied(group: string): void {
    this.#requests.ask('unsubscribe', { group }, true).catch(() => {});
  }

  /** A flush has ended all memberships. */
  flushed(): void {
    this.#foreign.clear();
  }

  /** Members that other processes read. */
  foreign(): Iterable<ForeignMember> {
    return this.#foreign.values();
  }

  /** Tells all memberships to a hub that does not know this process. `before`: they began before the hub did. */
  begin(before: 0 | 1): void {
    this.#unheard = { before };
    this.again();
  }

  /** On a new connection: tells the hub the memberships and requests that it has not heard. */
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
    // On `sync` the hub hands over what waited for our channels, behind what was sent to our groups.
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

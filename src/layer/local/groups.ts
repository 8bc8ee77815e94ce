/** Groups: the members of groups in this process, and when each was last added. */

import { hasPrefix } from './names.ts';

export class Groups {
  readonly #groups = new Map<string, Map<string, number>>();
  /** Milliseconds that a membership lasts after the last `add`; Infinity = they do not expire here. */
  expiry: number;
  #memberCount = 0;
  /** Goes up whenever a membership ends. */
  endCount = 0;

  constructor(expiry: number) {
    this.expiry = expiry;
  }

  /** Groups with members. */
  get size(): number {
    return this.#groups.size;
  }

  get memberCount(): number {
    return this.#memberCount;
  }

  has(group: string): boolean {
    return this.#groups.has(group);
  }

  hasMember(group: string, channel: string): boolean {
    return this.#groups.get(group)?.has(channel) ?? false;
  }

  sizeOf(group: string): number {
    return this.#groups.get(group)?.size ?? 0;
  }

  /** Adds a member, or renews its membership; true for the first member of the group. */
  add(group: string, channel: string, now: number): boolean {
    const members = this.#groups.get(group);
    if (members === undefined) {
      this.#groups.set(group, new Map([[channel, now]]));
      this.#memberCount++;
      return true;
    }
    if (!members.has(channel)) this.#memberCount++;
    members.set(channel, now);
    return false;
  }

  /** Removes a member; true if it was the last one of the group. */
  discard(group: string, channel: string): boolean {
    const members = this.#groups.get(group);
    if (!members?.delete(channel)) return false;
    this.endCount++;
    this.#memberCount--;
    if (members.size > 0) return false;
    this.#groups.delete(group);
    return true;
  }

  /** Members of `group` whose membership has not expired; with `sentAt`, only those that were last added by then. */
  *members(group: string, now: number, sentAt: number = now): Generator<string, void, void> {
    const members = this.#groups.get(group);
    if (members === undefined) return;
    for (const [channel, joinedAt] of members) {
      if (joinedAt + this.expiry > now && joinedAt <= sentAt) yield channel;
    }
  }

  /** The member of a `group` that has one, as `members` gives it; undefined for more. Hot. */
  only(group: string, now: number, sentAt: number = now): string | undefined {
    const members = this.#groups.get(group);
    if (members?.size !== 1) return undefined;
    for (const [channel, joinedAt] of members) {
      if (joinedAt + this.expiry > now && joinedAt <= sentAt) return channel;
    }
    return undefined;
  }

  /** Removes expired memberships; returns the groups that have no members left. */
  sweep(now: number): string[] {
    const emptied: string[] = [];
    for (const [group, members] of this.#groups) {
      for (const [channel, joinedAt] of members) {
        if (joinedAt + this.expiry > now) continue;
        members.delete(channel);
        this.endCount++;
        this.#memberCount--;
      }
      if (members.size > 0) continue;
      this.#groups.delete(group);
      emptied.push(group);
    }
    return emptied;
  }

  /** Removes all groups with `prefix`; returns them. */
  clear(prefix: string): string[] {
    const cleared = [...this.#groups.keys()].filter((group) => hasPrefix(group, prefix));
    for (const group of cleared) {
      this.endCount++;
      this.#memberCount -= this.#groups.get(group)!.size;
      this.#groups.delete(group);
    }
    return cleared;
  }

  /** All memberships: group, channel, and when it was last added. */
  *entries(): Generator<[group: string, channel: string, joinedAt: number], void, void> {
    for (const [group, members] of this.#groups) {
      for (const [channel, joinedAt] of members) yield [group, channel, joinedAt];
    }
  }

  /** The groups with members. */
  names(): IterableIterator<string> {
    return this.#groups.keys();
  }
}

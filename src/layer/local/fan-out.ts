/** FanOut: puts group messages into their members, a slice of time for each turn of the event loop. */

import { setImmediate as turn } from 'node:timers/promises';
import type { Groups } from './groups.ts';

/** The groups to serve. */
interface FanOutHost {
  readonly groups: Groups;
  now(): number;
}

/** One message on its way into members. */
export interface Delivering {
  /** Puts it into one more member. Hot. */
  into(channel: string, now: number): void;
  /** Called when all members have it. */
  end(): void;
}

/**
 * Small groups are served at once. What takes longer than a slice goes on in later turns; group messages that come
 * meanwhile wait behind it. A channel whose turn has not come can be served first, so that its messages stay in order.
 */
export class FanOut {
  readonly #host: FanOutHost;
  readonly #jobs: Job[] = [];
  /** Members served in one turn at most, so that what their readers then do fits into it. */
  #most = MOST_FIRST;
  #busy: Promise<void> | undefined;

  constructor(host: FanOutHost) {
    this.#host = host;
  }

  /** Settles when all messages are in all their members; undefined if they are. */
  get busy(): Promise<void> | undefined {
    return this.#busy;
  }

  /** Puts a message into the members of `group`; with `sentAt`, into those that had joined by then. */
  add(group: string, message: Delivering, except?: ReadonlySet<string>, sentAt?: number): void {
    const { groups } = this.#host;
    const now = this.#host.now();
    const members = groups.members(group, now, sentAt);
    if (this.#busy === undefined && this.#serve(message, members, now, except)) {
      message.end();
      return;
    }
    // Members that join from now on were not there when it was sent; the order of the others is kept.
    const rest = [...members].filter((channel) => !except?.has(channel));
    const { endCount } = groups;
    this.#jobs.push({ group, message, rest, at: 0, ahead: undefined, endCount });
    this.#busy ??= this.#run();
  }

  /** Puts into `channel` the group messages that are on their way there, so that what comes next stays behind them. */
  catchUp(channel: string): void {
    for (const job of this.#jobs) {
      job.ahead ??= new Set(job.rest.slice(job.at));
      if (!job.ahead.delete(channel) || !this.#isMember(job, channel)) continue;
      job.message.into(channel, this.#host.now());
    }
  }

  /** Discards all messages to groups that are `unwanted`; returns how many channels do not get one. */
  clear(unwanted: (group: string) => boolean): number {
    let count = 0;
    for (const job of this.#jobs) {
      if (!unwanted(job.group)) continue;
      count += job.ahead?.size ?? job.rest.length - job.at;
      job.at = job.rest.length;
      job.ahead = new Set();
    }
    return count;
  }

  async #run(): Promise<void> {
    let since = performance.now();
    for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) {
      await turn();
      const now = performance.now();
      this.#adapt(now - since);
      since = now;
      if (!this.#serve(job.message, this.#left(job), this.#host.now())) continue;
      this.#jobs.shift();
      job.message.end();
    }
    this.#busy = undefined;
  }

  /** The turn took `time` milliseconds with all that readers did. */
  #adapt(time: number): void {
    const factor = time > TURN ? TURN / time : 2;
    this.#most = Math.min(MOST_MAX, Math.max(CHECK_COUNT, Math.round(this.#most * factor)));
  }

  /** The channels that `job` has not served, each counted as served when it is given out. */
  *#left(job: Job): Generator<string, void, void> {
    while (job.at < job.rest.length) {
      const channel = job.rest[job.at++]!;
      if (job.ahead !== undefined && !job.ahead.delete(channel)) continue;
      if (this.#isMember(job, channel)) yield channel;
    }
  }

  /** Whether `channel`, which was a member when the message was sent, is one to serve. */
  #isMember({ group, endCount }: Job, channel: string): boolean {
    const { groups } = this.#host;
    return groups.endCount === endCount || groups.hasMember(group, channel);
  }

  /** Serves `members` for a slice of time; false if some may be left. Hot. */
  #serve(
    message: Delivering,
    members: Iterator<string>,
    now: number,
    except?: ReadonlySet<string>,
  ): boolean {
    let start: number | undefined;
    for (let count = 1; ; count++) {
      const next = members.next();
      if (next.done) return true;
      if (!except?.has(next.value)) message.into(next.value, now);
      if (count >= this.#most) return false;
      if (count % CHECK_COUNT !== 0) continue;
      // What a small group takes is not worth a look at the clock.
      start ??= performance.now();
      if (performance.now() - start >= SLICE) return false;
    }
  }
}

/** A message that not all members have. */
interface Job {
  readonly group: string;
  readonly message: Delivering;
  /** Members when it was sent; those from `at` on have not got it, but for the ones served out of turn. */
  readonly rest: readonly string[];
  at: number;
  /** After a member was served out of turn: the members that have not got it. */
  ahead: Set<string> | undefined;
  /** `endCount` of the groups when it was sent: while that is the same, all are still members. */
  readonly endCount: number;
}

/** Members served between two looks at the clock. */
const CHECK_COUNT = 64;
/** Milliseconds in one turn. */
const SLICE = 4;
/** Milliseconds that a turn may take with what readers do in it. */
const TURN = 8;
/** Members in one turn: before it is known what their readers do, and at most. */
const MOST_FIRST = 1024;
const MOST_MAX = 65_536;

/** Session: one process as a hub knows it, over all its connections. */

import { RemoteClock } from '../local/remote-clock.ts';
import { Ledger } from './ledger.ts';
import { Outgoing } from './messages.ts';
import type { ParcelSender } from './parcel.ts';
import { Verdicts } from './verdicts.ts';

/** What a process takes of one ordinary channel. */
export interface SessionCredit {
  count: number;
  change(delta: number): void;
  settle(): void;
  end(): void;
}

export class Session implements ParcelSender {
  /** Of the process: a hash of the secret that it has shown. */
  readonly key: string;
  /** Another one for each session of this hub, from 1: numbers of messages are of one session. */
  readonly number: number;
  /** The connection that it has now. */
  connection: string | undefined;
  /** Since when it has none. */
  awaySince = 0;
  readonly ledger: Ledger = new Ledger();
  readonly out: Outgoing = new Outgoing();
  clock: RemoteClock = new RemoteClock();
  /** Groups with members there. */
  readonly groups: Set<string> = new Set();
  /** Messages of ordinary channels that it will take, and may be on its waiting list at the hub. */
  readonly credits: Map<string, SessionCredit> = new Map();
  /** So much is on its way to it that it gets nothing of ordinary channels for the moment. */
  isLaden = false;
  /** Messages of groups that are unread in its channels, by their route, as it has said. */
  readonly levels: Map<string, number> = new Map();
  /** Readers that wait at its channels, where its routes are nearly full. */
  readonly waits: Map<string, number> = new Map();
  /** Memberships of channels of others that it has made. */
  joins = 0;
  /** The last of its messages taken in, and what it was told last. */
  taken = 0;
  told: { taken: number; held: number } = { taken: 0, held: 0 };
  /** Those of them whose channel was full, and those that it may not send. */
  readonly refused: Verdicts = new Verdicts();
  readonly denied: Verdicts = new Verdicts();
  held = 0;
  /** It has said what it is a member of: what waited for its channels has been handed over. */
  claimed = false;
  /** Octets of group messages of before it came that it was given. */
  replayed = 0;
  /** Ordinary messages that it had were given to others while it was away. */
  revoked = false;

  /** The session that the process had with this hub before, and the last number that it got in that one. */
  readonly before: { readonly session: number; readonly received: number };

  constructor(key: string, number: number, before: Session['before']) {
    this.key = key;
    this.number = number;
    this.before = before;
  }

  /** Whether a message to `channel` would be handed to a reader at once. */
  isAwaited(channel: string): boolean {
    return this.waits.has(channel);
  }

  /** One message to `channel` is on its way there. */
  handed(channel: string): void {
    if (this.waits.size === 0) return;
    const count = (this.waits.get(channel) ?? 0) - 1;
    if (count > 0) this.waits.set(channel, count);
    else this.waits.delete(channel);
  }

  /** Unread messages of all its channels with that route. */
  unreadOf(route: string): number {
    return this.ledger.unreadOf(route) + (this.levels.get(route) ?? 0);
  }
}

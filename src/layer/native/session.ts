/** Session: one process as a hub knows it, over all its connections. */

import { RemoteClock } from '../local/remote-clock.ts';
import { Ledger } from './ledger.ts';
import { Outgoing } from './messages.ts';
import type { ParcelSender } from './parcel.ts';
import { Verdicts } from './verdicts.ts';

/** The credit of a process for one ordinary channel: how many messages it takes. */
export interface SessionCredit {
  count: number;
  change(delta: number): void;
  settle(): void;
  end(): void;
}

export class Session implements ParcelSender {
  /** The key of the process: a hash of the secret in its `hello`. */
  readonly key: string;
  /** The number of the session at this hub, from 1; each session numbers its messages anew. */
  readonly number: number;
  /** Its connection; undefined while it is away. */
  connection: string | undefined;
  /** Since when it has no connection, in milliseconds of the hub's clock. */
  awaySince = 0;
  readonly ledger: Ledger = new Ledger();
  readonly out: Outgoing = new Outgoing();
  clock: RemoteClock = new RemoteClock();
  /** Groups with members in the process. */
  readonly groups: Set<string> = new Set();
  /** Its credits, by ordinary channel. */
  readonly credits: Map<string, SessionCredit> = new Map();
  /** So many octets are on their way to the process that it gets no ordinary messages for the moment. */
  isLaden = false;
  /** Group messages that are unread in its channels, by route, as it has told. */
  readonly levels: Map<string, number> = new Map();
  /** Readers that wait at its channels, by channel, as it has told while their route was nearly full. */
  readonly waits: Map<string, number> = new Map();
  /** Memberships that it has added for ordinary channels and channels of other processes. */
  joins = 0;
  /** The number of its last message taken in, and what its last `ack` said. */
  taken = 0;
  told: { taken: number; held: number } = { taken: 0, held: 0 };
  /** Its messages whose channel was full, and those that `authorize` did not allow. */
  readonly refused: Verdicts = new Verdicts();
  readonly denied: Verdicts = new Verdicts();
  /** Its messages that the hub holds. */
  held = 0;
  /** It has told its memberships, and was handed the messages that waited for its channels. */
  claimed = false;
  /** Octets of retained group messages that it was given. */
  replayed = 0;
  /** Messages of ordinary channels that it had were given to others while it was away. */
  revoked = false;

  /** Its session with this hub before, 0 for none, and the last number that it received there. */
  readonly before: { readonly session: number; readonly received: number };

  constructor(key: string, number: number, before: Session['before']) {
    this.key = key;
    this.number = number;
    this.before = before;
  }

  /** Whether a reader is known to wait at `channel`, so that a message takes up no room there. */
  isAwaited(channel: string): boolean {
    return this.waits.has(channel);
  }

  /** A message to `channel` was handed over: one waiting reader less. */
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

/** LinkOwner: the endpoint that has made a link, as the link sees it. */

import type { Credentials, Verdict } from '../../zmtp/index.ts';
import type { Pipe } from '../routing/pipe.ts';
import type { BusyPoll } from './busy-poll.ts';

export interface LinkOwner<Link> {
  /** Told of the octets that come, where there is one. */
  readonly busyPoll: BusyPoll | undefined;
  /** The handshake has finished. Returns the pipe of this peer, which the link drives from now on. */
  established(link: Link): Pipe;
  /** Decides whether the peer may come in; `signal` aborts when the connection ends before that. */
  judge(link: Link, credentials: Credentials, signal: AbortSignal): Promise<Verdict>;
  /** The connection has ended, for `error` where there is one. Called once. */
  ended(link: Link, error: Error | undefined): void;
}

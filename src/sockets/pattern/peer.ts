/** PeerPattern: talks to other peers, each with a routing id of its own from `connect` on (RFC 51). */

import type { Pipe } from '../routing/pipe.ts';
import { ServerPattern } from './server.ts';

/** A SERVER that gives a peer its routing id at `connect`, so that messages to it are queued before it is connected. */
export class PeerPattern extends ServerPattern {
  /** Routing id of the peer that was attached last; 0 = there was none. */
  lastRoutingId = 0;

  override attach(pipe: Pipe): void {
    this.lastRoutingId = this.number(pipe).readUInt32BE();
    super.attach(pipe);
  }
}

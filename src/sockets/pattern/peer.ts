/** PeerPattern: talks to other peers, each known by a number of its own from `connect` on (RFC 51). */

import type { Pipe } from '../routing/pipe.ts';
import { ServerPattern } from './server.ts';

/** A SERVER that knows whom it connects to before they are there: what it sends to them waits. */
export class PeerPattern extends ServerPattern {
  /** Of the peer that was attached last. */
  lastRoutingId = 0;

  override attach(pipe: Pipe): void {
    this.lastRoutingId = this.number(pipe).readUInt32BE();
    super.attach(pipe);
  }
}

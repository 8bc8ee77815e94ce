/** Link peer: what is known of the peer at the other end of a link. */

import type { ConnectionEnds } from '../events.ts';
import type { PeerInfo } from '../routing/pipe.ts';
import type { Protocol } from './protocol.ts';
import type { PeerConnection } from './transport.ts';

/** A connection over which a protocol is spoken. */
interface Link extends PeerConnection {
  readonly protocol: Protocol;
  /** The addresses of both sides. */
  readonly ends: ConnectionEnds;
}

/** What is known of the peer of a link whose handshake has finished. */
export function peerOf({ protocol, ends, remoteAddress }: Link): PeerInfo {
  // A peer without an address of its own came by ours.
  return { ...protocol.peer!, address: ends.remote ?? ends.local!, remoteAddress };
}

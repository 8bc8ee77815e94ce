/** MessagePeer: what is known of the sender of a message (`zmq_msg_gets`). */

import { property } from '../../zmtp/index.ts';
import type { PeerInfo } from '../routing/pipe.ts';

/** The sender of a message, as it was when the message came. */
export interface MessagePeer {
  /** `Peer-Address`: its IP address; empty for ipc and inproc. */
  readonly address: string;
  /** `Socket-Type`: as on the wire, `DEALER`. */
  readonly socketType: string;
  /** `Identity`: the routing id it announced, if any. */
  readonly routingId: Buffer | undefined;
  /** `User-Id`: the user that the authenticator named; a peer cannot set it itself. */
  readonly userId: string | undefined;
  /** All properties: those that the peer announced, overridden by those of the authenticator. */
  readonly metadata: ReadonlyMap<string, Buffer>;
}

/** @internal */
export function messagePeer(peer: PeerInfo): MessagePeer {
  return {
    address: peer.remoteAddress ?? '',
    socketType: peer.socketType,
    routingId: peer.routingId,
    userId: property(peer.metadata, 'User-Id')?.toString(),
    metadata: peer.metadata,
  };
}

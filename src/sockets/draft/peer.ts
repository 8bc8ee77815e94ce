/** Peer: PEER, talks to other peers by number (RFC 51). */

import type { SocketOptions } from '../api/socket-options.ts';
import { PEER } from '../core/draft-types.ts';
import { SocketError } from '../errors.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type { HiccupOptions } from '../options/options.ts';
import type { PeerPattern } from '../pattern/peer.ts';
import { RoutedSocket } from './routed-socket.ts';

export interface Peer extends HiccupOptions {}

/** A Server that talks to other Peers, and can send to those that it connects to before it has received from them. */
export class Peer extends RoutedSocket {
  constructor(options?: SocketOptions<Peer>) {
    super(PEER, options);
  }

  /**
   * `zmq_connect_peer`. Connect as `connect` does, and return the routing id of that peer: messages to it are queued until it is
   * connected. Throws as `connect`, and `EFAULT` with `immediate`, under which none are queued.
   */
  connectPeer(address: string): number {
    if (this.immediate) {
      throw new SocketError('EFAULT', { message: 'Bad address: immediate is set', address });
    }
    this.connect(address);
    return (this.open().pattern as PeerPattern).lastRoutingId;
  }
}

defineOptions(Peer.prototype, PEER.optionNames);

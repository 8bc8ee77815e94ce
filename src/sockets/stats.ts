/** Stats: the counters of a socket. */

/** Traffic of a socket or peer in one direction. */
export interface Flow {
  /** Whole messages: accepted by `send`, or taken by `receive`. */
  messages: number;
  /** Octets on the wire, framing and commands included; 0 over inproc. */
  bytes: number;
}

/** The counters of one socket since it was created. */
export interface SocketStats {
  /** Messages that were accepted for sending. */
  sent: Flow;
  /** Messages that the program has received. */
  received: Flow;
  /** Messages that will never be delivered: dropped at a high-water mark, malformed, or discarded with a peer. */
  dropped: number;
  /** Connections made again after one was lost. */
  reconnects: number;
  /** Connections that `maxHandshakesPerSecond` has closed. */
  throttled: number;
  /** Messages in queues now: to be sent, and to be received. */
  queued: { out: number; in: number };
  /** The peers that are connected and have finished the handshake, in the order in which they came. */
  peers: PeerStats[];
}

/**
 * The counters of one peer: where we connected, over all connections of that `connect`; where the peer connected, over its current
 * connection.
 */
export interface PeerStats {
  /** The endpoint of the peer's connection. */
  address: string;
  /** The socket type that the peer announced: `PULL`. */
  socketType: string;
  /** The routing id by which a ROUTER, REP or STREAM knows the peer; undefined on other sockets. */
  routingId: Buffer | undefined;
  /** Traffic sent to the peer. */
  sent: Flow;
  /** Traffic received from the peer, including messages that were not read yet. */
  received: Flow;
  /** Messages for the peer, or from it, that will never be delivered. */
  dropped: number;
  /** Messages in the peer's queues now: to be sent, and to be received. */
  queued: { out: number; in: number };
}

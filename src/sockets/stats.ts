/** Stats: what a socket has counted. */

/** One direction of a socket or peer. */
export interface Flow {
  /** Whole messages: accepted by `send`, or taken by `receive`. */
  messages: number;
  /** Octets on the wire, framing and commands included; 0 over inproc. */
  bytes: number;
}

/** The counters of one socket since it was made. */
export interface SocketStats {
  /** Messages that were accepted for sending. */
  sent: Flow;
  /** Messages that the program has received. */
  received: Flow;
  /** Messages that were not delivered and will not be: dropped at a mark, malformed, discarded with a peer. */
  dropped: number;
  /** Connections made again after a first one was lost. */
  reconnects: number;
  /** Connections that `maxHandshakesPerSecond` has closed. */
  throttled: number;
  /** Messages in queues now: to be sent, to be received. */
  queued: { out: number; in: number };
  /** The peers that are connected and have finished the handshake, in the order in which they came. */
  peers: PeerStats[];
}

/** The counters of one peer since its pipe was made: over all its connections, where we connected. */
export interface PeerStats {
  /** The endpoint of its connection. */
  address: string;
  /** The type that it announced: `PULL`. */
  socketType: string;
  /** What a ROUTER, REP or STREAM knows it by; undefined on other sockets. */
  routingId: Buffer | undefined;
  /** What went to it. */
  sent: Flow;
  /** What came from it, read or not. */
  received: Flow;
  /** Messages for it, or from it, that were not delivered and will not be. */
  dropped: number;
  /** Messages in its queues now: to be sent, to be received. */
  queued: { out: number; in: number };
}

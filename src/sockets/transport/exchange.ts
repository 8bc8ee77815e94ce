/** Exchange: what is said on a stream before the protocol of the socket begins, without I/O. */

/** One side of a negotiation: send `first`, give `receive` what comes, send what that returns, until `done`. */
export interface Exchange {
  /** Nothing is left to be said. */
  readonly done: boolean;
  /** Octets that came after the last of the exchange. */
  readonly rest: Buffer;
  /** The octets that open it; empty = the peer begins. */
  first(): Buffer;
  /**
   * Takes octets of the peer, and returns what to answer; empty = nothing yet. Throws when it fails; an error with a
   * `farewell` has octets which the peer is still to get.
   */
  receive(chunk: Buffer): Buffer;
}

/** Mechanism: what a security mechanism is to a connection. NULL is one; PLAIN and CURVE plug in here. */

import type { Metadata } from '../metadata.ts';

/** A mechanism as a value: configured once per socket, asked for one handshake per connection. */
export interface Mechanism {
  /** As it stands in the greeting: upper case, at most 20 octets. */
  readonly name: string;
  /** Begin a handshake that announces `local`, an encoded property list. */
  begin(local: Buffer): Handshake;
}

/** One connection's handshake, without I/O: command bodies in, command bodies out. */
export interface Handshake {
  /** The command to send first, once both greetings are over; undefined for a side that waits. */
  first(): Buffer | undefined;
  /**
   * A command from the peer; returns the one to answer with, if any.
   * @throws ZmtpError when it is not the one that must come now, or is malformed.
   */
  step(command: Buffer): Buffer | undefined;
  /** The peer's properties, from the moment the handshake is over on this side. */
  readonly peer: Metadata | undefined;
}

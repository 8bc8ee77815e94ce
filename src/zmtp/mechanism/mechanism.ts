/** Mechanism: the interface between a connection and its security mechanism: NULL, PLAIN, CURVE. */

import { ZmtpError } from '../errors.ts';
import type { Metadata } from '../metadata.ts';

/** A mechanism as a value: configured once per socket, asked for one handshake per connection. */
export interface Mechanism {
  /** The name in the greeting: upper case, at most 20 octets. */
  readonly name: string;
  /** Begins the handshake of one connection. `local`: our properties, encoded, for the peer. */
  begin(local: Buffer): Handshake;
}

/** One connection's handshake, without I/O: command bodies in, command bodies out. */
export interface Handshake {
  /** The command to send first, after both greetings; undefined for a side that waits. */
  first(): Buffer | undefined;
  /**
   * Takes a command from the peer; returns the command to answer with, if any.
   * @throws ZmtpError when another command was expected, or this one is malformed
   */
  step(command: Buffer): Buffer | undefined;
  /** The peer's properties; undefined until the handshake has finished on this side. */
  readonly peer: Metadata | undefined;
  /** The credentials of the peer. While set, the handshake is suspended: `accept` resumes it, a refusal ends it. */
  readonly credentials?: Credentials | undefined;
  /** Admits the peer; returns the command that tells it so, if there is one. */
  accept?(): Buffer | undefined;
  /** Seals the traffic, from the end of the handshake on; undefined for mechanisms in the clear. */
  readonly box?: Box | undefined;
  /** Erases the secrets, the keys of `box` too: the connection has ended. */
  wipe?(): void;
}

/** What a peer proves itself by. PLAIN: user name and password. CURVE: the client's long-term public key. */
export type Credentials = readonly Buffer[];

/** Seals and opens frames of traffic. */
export interface Box {
  /** Octets that sealing adds to a part. */
  readonly overhead: number;
  /** A whole frame for `payload`. Flags: 1 = more parts follow, 2 = it is a command. */
  seal(flags: number, payload: Uint8Array): Buffer;
  /**
   * Opens the next frame, in its own memory: the payload is a view of it.
   * @throws ZmtpError for a frame that the peer has not sealed, or not in this order
   */
  open(frame: Buffer): Sealed;
  /** Erases the keys. Sealing and opening throw from then on. */
  wipe(): void;
}

/** What was in a sealed frame. */
export interface Sealed {
  /** 1 = more parts follow, 2 = it is a command. */
  readonly flags: number;
  /** The part, or the body of the command. */
  readonly payload: Buffer;
}

/** The error for a peer that has refused us by an ERROR with this reason. */
export function refusedByPeer(reason: string): ZmtpError {
  const status = /^[345]00$/.test(reason) ? Number(reason) : undefined;
  const message = `peer refused: ${JSON.stringify(reason)}`;
  return new ZmtpError('ERR_ZMTP_REFUSED_BY_PEER', message, 'peer', status);
}

/** The error for a peer that has sent command `name` where `expected` had to come. */
export function unexpectedCommand(name: string | undefined, expected: string): ZmtpError {
  return new ZmtpError(
    'ERR_ZMTP_UNEXPECTED_COMMAND',
    `peer sent ${JSON.stringify(name ?? '')} in the handshake, expected ${expected}`,
  );
}

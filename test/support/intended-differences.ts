/** Where we treat a hostile peer otherwise than libzmq 4.3.5 does, and why. Found by the fuzzer of interop/fuzz.test.ts. */

export interface IntendedDifference {
  /** Our outcome; for a connection that we close, the code of the reason. */
  readonly ours: string;
  readonly libzmq: 'closed' | 'answers' | 'silent';
  /** Only against a socket of this type. */
  readonly type?: string;
  /** Only where what comes up to READY is so. */
  readonly when?: (handshake: Buffer) => boolean;
  readonly why: string;
}

/** Is there something behind READY, in one piece with it? */
function runsOn(handshake: Buffer): boolean {
  return handshake.length > 66 + (handshake[65] ?? 0);
}

const NOT_OUR_VERSION = 'ZMTP 1, 2 and what is none are disconnected at once, with an event';
const STRICT_METADATA =
  'a READY without Socket-Type, or with an identity over 255 octets, is refused; libzmq takes it';
const EARLY =
  'libzmq closes where traffic comes before its own READY has left it; RFC 37 lets a peer speak after its own';
const COMMANDS =
  'a libzmq REQ takes SUBSCRIBE and CANCEL for a reply out of turn; RFC 37 has them ignored';

export const INTENDED: readonly IntendedDifference[] = [
  { ours: 'ERR_ZMTP_VERSION_UNSUPPORTED', libzmq: 'silent', why: NOT_OUR_VERSION },
  { ours: 'ERR_ZMTP_NOT_ZMTP', libzmq: 'silent', why: NOT_OUR_VERSION },
  { ours: 'ERR_ZMTP_INVALID_METADATA', libzmq: 'silent', why: STRICT_METADATA },
  { ours: 'ERR_ZMTP_INVALID_METADATA', libzmq: 'answers', why: STRICT_METADATA },
  { ours: 'silent', libzmq: 'closed', when: runsOn, why: EARLY },
  { ours: 'answers', libzmq: 'closed', when: runsOn, why: EARLY },
  { ours: 'answers', libzmq: 'closed', type: 'REQ', why: COMMANDS },
  { ours: 'silent', libzmq: 'closed', type: 'REQ', why: COMMANDS },
];

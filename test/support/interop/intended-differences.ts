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

/** Is the first frame behind the greeting one of a message, though it may say READY? */
function isMessage(handshake: Buffer): boolean {
  return handshake.length > 64 && (handshake[64]! & 4) === 0;
}

/** Is the first frame behind the greeting between 64 KiB and what both sides take as a message, by its header? */
function isHuge(handshake: Buffer): boolean {
  if (handshake.length < 73 || (handshake[64]! & 2) === 0) return false;
  const size = handshake.readBigUInt64BE(65);
  return size > 65_536n && size <= 1_048_576n;
}

/** Does it begin as a peer of ZMTP 1.0 or 2.0, or of none that is versioned? */
function isOlder(handshake: Buffer): boolean {
  const [first = 0, tenth = 0, revision = 0] = [handshake[0], handshake[9], handshake[10]];
  return first !== 0xff || (tenth & 1) === 0 || revision < 3;
}

const NOT_OUR_VERSION = 'what is no ZMTP is disconnected at once, with an event';
const STRICT_METADATA =
  'a READY without Socket-Type, or with an identity over 255 octets, is refused; libzmq takes it';
const EARLY =
  'libzmq closes where traffic comes before its own READY has left it; RFC 37 lets a peer speak after its own';
const COMMANDS =
  'a libzmq REQ takes SUBSCRIBE and CANCEL for a reply out of turn; RFC 37 has them ignored';
const NO_COMMAND = 'READY is a command; libzmq looks at the name alone';
const HUGE =
  'a command of the handshake has 64 KiB at most; libzmq waits for what a message may have';
const TTL =
  'the TTL of a PING counts from what was heard last; libzmq forgets it when anything comes after';

const STRICT_OLDER =
  'flags, sizes, commands and types of peers of ZMTP 1 and 2 are checked, and an identity must come within the handshake interval';

export const INTENDED: readonly IntendedDifference[] = [
  ...[
    'ERR_ZMTP_MALFORMED_MESSAGE',
    'ERR_ZMTP_UNEXPECTED_COMMAND',
    'ERR_ZMTP_SOCKET_TYPE',
    'ERR_ZMTP_TOO_MANY_PARTS',
    'ERR_ZMTP_FRAME_TOO_LARGE',
    'ERR_ZMTP_HANDSHAKE_TIMEOUT',
  ].map((ours) => ({ ours, libzmq: 'silent' as const, when: isOlder, why: STRICT_OLDER })),
  { ours: 'ERR_ZMTP_VERSION_UNSUPPORTED', libzmq: 'silent', why: NOT_OUR_VERSION },
  { ours: 'ERR_ZMTP_NOT_ZMTP', libzmq: 'silent', why: NOT_OUR_VERSION },
  { ours: 'ERR_ZMTP_INVALID_METADATA', libzmq: 'silent', why: STRICT_METADATA },
  { ours: 'ERR_ZMTP_INVALID_METADATA', libzmq: 'answers', why: STRICT_METADATA },
  { ours: 'silent', libzmq: 'closed', when: runsOn, why: EARLY },
  { ours: 'answers', libzmq: 'closed', when: runsOn, why: EARLY },
  { ours: 'answers', libzmq: 'closed', type: 'REQ', why: COMMANDS },
  { ours: 'silent', libzmq: 'closed', type: 'REQ', why: COMMANDS },
  { ours: 'ERR_ZMTP_UNEXPECTED_COMMAND', libzmq: 'silent', when: isMessage, why: NO_COMMAND },
  { ours: 'ERR_ZMTP_UNEXPECTED_COMMAND', libzmq: 'answers', when: isMessage, why: NO_COMMAND },
  { ours: 'ERR_ZMTP_FRAME_TOO_LARGE', libzmq: 'silent', when: isHuge, why: HUGE },
  { ours: 'ERR_ZMTP_HEARTBEAT_TIMEOUT', libzmq: 'silent', why: TTL },
];

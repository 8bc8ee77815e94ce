/** The frame of WebSocket: bits, kinds and mask (RFC 6455, section 5.2), and the flags octet of ZWS 2.0 in it (RFC 45). */

/** Bit of the first octet of a frame: it is the last one of its message. */
export const FINAL = 0x80;
/** Bits of the first octet that belong to extensions. */
export const RESERVED = 0x70;
/** A fragment after the first of a message. */
export const CONTINUATION = 0x0;
/** A message of text, which ZWS does not have. */
export const TEXT = 0x1;
/** A message of octets. */
export const BINARY = 0x2;
/** The sender will send nothing more. */
export const CLOSE = 0x8;
/** Asks the peer for a sign of life. */
export const PING = 0x9;
/** The answer to PING. */
export const PONG = 0xa;
/** Octets in the payload of a control frame, at most. */
export const CONTROL_MAX = 125;

/** The flags octet of ZWS: another part follows. */
export const ZWS_MORE = 0x01;
/** The flags octet of ZWS: a command. */
export const ZWS_COMMAND = 0x02;

/** XORs `octets` in place with `mask`, big endian, from the `phase`-th of its octets on. Returns the phase after them. */
export function applyMask(octets: Buffer, mask: number, phase = 0): number {
  const { length } = octets;
  // Turned so that the first octet of the word is that of the first octet here.
  const turned = phase === 0 ? mask : (mask << (8 * phase)) | (mask >>> (32 - 8 * phase));
  const [a, b, c, d] = [turned >>> 24, turned >>> 16, turned >>> 8, turned];
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    octets[i]! ^= a;
    octets[i + 1]! ^= b;
    octets[i + 2]! ^= c;
    octets[i + 3]! ^= d;
  }
  for (let i = whole; i < length; i++) octets[i]! ^= turned >>> (24 - 8 * (i & 3));
  return (phase + length) & 3;
}

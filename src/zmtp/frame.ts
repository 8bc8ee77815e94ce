/** Frame: flags, size, body (RFC 37, "Framing"). A message is the bodies of the frames up to one without MORE. */

/** A whole message: its parts in order, at least one. */
export type Message = readonly Buffer[];

/** Another part of the message follows. */
export const MORE = 0x01;
/** The size is eight octets, big endian, instead of one. */
export const LONG = 0x02;
/** The body is a command. */
export const COMMAND = 0x04;

/** Largest body that fits the short form. */
export const SHORT_MAX = 0xff;

/** Octets of header before a body of `size`. */
export function headerSize(size: number): 2 | 9 {
  return size <= SHORT_MAX ? 2 : 9;
}

/** Write the header of a body of `size` octets at `offset`; returns where the body begins. */
export function writeHeader(target: Buffer, offset: number, flags: number, size: number): number {
  if (size <= SHORT_MAX) {
    target[offset] = flags;
    target[offset + 1] = size;
    return offset + 2;
  }
  target[offset] = flags | LONG;
  target.writeUInt32BE(Math.floor(size / 0x1_0000_0000), offset + 1);
  target.writeUInt32BE(size >>> 0, offset + 5);
  return offset + 9;
}

/** The header of a frame of ZMTP 1.0 (RFC 13) whose body has `size` octets: the size comes first, and counts the flags, too. */
export function zmtp1Header(flags: number, size: number): Buffer {
  if (size + 1 < ZMTP1_LONG) return Buffer.of(size + 1, flags);
  const header = Buffer.alloc(10, ZMTP1_LONG);
  header.writeBigUInt64BE(BigInt(size + 1), 1);
  header[9] = flags;
  return header;
}

const ZMTP1_LONG = 0xff;

/** Octets as the specification draws them. */

/** Hex with spaces and bars anywhere: `hex('ff 00 | 7f')`. */
export function hex(text: string): Buffer {
  const digits = text.replace(/[\s|]/g, '');
  const octets = Buffer.from(digits, 'hex');
  if (octets.length * 2 !== digits.length) throw new Error(`not hex: ${text}`);
  return octets;
}

/** One octet for each character. */
export function latin(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A frame with exactly these flags, which decide the form of its size too. */
export function frame(flags: number, body: Buffer | string): Buffer {
  const octets = typeof body === 'string' ? latin(body) : body;
  if ((flags & 0x02) === 0) {
    if (octets.length > 255) throw new Error(`${octets.length} octets do not fit a short frame`);
    return Buffer.concat([Buffer.of(flags, octets.length), octets]);
  }
  return Buffer.concat([longHeader(flags, BigInt(octets.length)), octets]);
}

/** The header of a long frame, with a size that need not be true. */
export function longHeader(flags: number, size: bigint): Buffer {
  const header = Buffer.alloc(9);
  header[0] = flags;
  header.writeBigUInt64BE(size, 1);
  return header;
}

/** A command frame. */
export function command(name: string, data: Buffer | string = ''): Buffer {
  const octets = typeof data === 'string' ? latin(data) : data;
  const body = Buffer.concat([Buffer.of(name.length), latin(name), octets]);
  return frame(body.length > 255 ? 0x06 : 0x04, body);
}

/** A message frame by frame, in the shortest form. */
export function message(...parts: (Buffer | string)[]): Buffer {
  return Buffer.concat(
    parts.map((part, i) => {
      const more = i < parts.length - 1 ? 0x01 : 0x00;
      return frame(part.length > 255 ? more | 0x02 : more, part);
    }),
  );
}

/** The greeting of a libzmq peer that announces 3.`minor`. */
export function greeting(minor = 1, mechanism = 'NULL'): Buffer {
  const octets = Buffer.alloc(64);
  hex('ff 0000000000000001 7f 03').copy(octets);
  octets[11] = minor;
  octets.write(mechanism, 12, 'latin1');
  return octets;
}

export function properties(...pairs: (readonly [string, Buffer | string])[]): Buffer {
  return Buffer.concat(
    pairs.flatMap(([name, value]) => {
      const octets = typeof value === 'string' ? latin(value) : value;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(octets.length);
      return [Buffer.of(name.length), latin(name), length, octets];
    }),
  );
}

/** READY of a socket; with an `identity`, even an empty one, that is announced too. */
export function ready(socketType: string, identity?: Buffer | string): Buffer {
  const pairs: [string, Buffer | string][] = [['Socket-Type', socketType]];
  if (identity !== undefined) pairs.push(['Identity', identity]);
  return command('READY', properties(...pairs));
}

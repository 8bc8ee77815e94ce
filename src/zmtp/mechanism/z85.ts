/** Z85: keys as text, five printable characters for four octets (RFC 32). */

/**
 * The text of `octets`.
 * @throws RangeError unless their number is divisible by four
 */
export function encodeZ85(octets: Uint8Array): string {
  if (octets.length % 4 !== 0) {
    throw new RangeError(`${octets.length} octets have no Z85 text, expected a multiple of 4`);
  }
  let text = '';
  for (let i = 0; i < octets.length; i += 4) {
    let value =
      octets[i]! * 0x100_0000 + octets[i + 1]! * 0x1_0000 + octets[i + 2]! * 0x100 + octets[i + 3]!;
    let group = '';
    for (let k = 0; k < 5; k++) {
      group = ALPHABET[value % 85] + group;
      value = Math.floor(value / 85);
    }
    text += group;
  }
  return text;
}

/**
 * The octets of `text`.
 * @throws RangeError for a length, a character or a group that Z85 does not have
 */
export function decodeZ85(text: string): Buffer {
  if (text.length % 5 !== 0) {
    throw new RangeError(`Z85 text of ${text.length} characters, expected a multiple of 5`);
  }
  const octets = Buffer.alloc((text.length / 5) * 4);
  for (let i = 0; i < text.length; i += 5) {
    let value = 0;
    for (let k = i; k < i + 5; k++) {
      const digit = ALPHABET.indexOf(text[k]!);
      if (digit < 0) throw new RangeError(`${JSON.stringify(text[k])} is no Z85 character`);
      value = value * 85 + digit;
    }
    if (value > 0xffff_ffff) {
      throw new RangeError(`${JSON.stringify(text.slice(i, i + 5))} is more than Z85 can mean`);
    }
    octets.writeUInt32BE(value, (i / 5) * 4);
  }
  return octets;
}

const ALPHABET =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/**
 * Buffer: Node's Buffer for pages. A `Uint8Array` with those methods for texts and numbers that this package, and programs that
 * read its messages, use.
 */

/** The encodings of texts: those of Node, without UTF-16. */
export type Encoding =
  | 'utf8'
  | 'utf-8'
  | 'latin1'
  | 'binary'
  | 'ascii'
  | 'hex'
  | 'base64'
  | 'base64url';

/**
 * `Uint8Array` without its static methods, whose arguments differ from Buffer's. The type that `of` returns has an ArrayBuffer
 * behind it; compilers before TypeScript 5.7 have no other name for it.
 */
const Octets: new (
  memory: number | ArrayBuffer,
  offset?: number,
  length?: number,
) => ReturnType<Uint8ArrayConstructor['of']> = Uint8Array;

export interface Buffer {
  subarray(start?: number, end?: number): Buffer;
}

/** A part of a message. Every method does what the same method of Node's Buffer does, but `slice` copies, as that of arrays. */
export class Buffer extends Octets {
  /** The octets of a text in `encoding` (default UTF-8), a copy of an array, or a view of an ArrayBuffer. */
  static from(
    value: string | ArrayLike<number> | ArrayBuffer,
    encodingOrOffset?: Encoding | number,
    length?: number,
  ): Buffer {
    if (typeof value === 'string') return encoded(value, encodingOrOffset as Encoding);
    if (isMemory(value)) return new Buffer(value, (encodingOrOffset as number) ?? 0, length);
    const copy = new Buffer(value.length);
    copy.set(value);
    return copy;
  }

  static of(...octets: number[]): Buffer {
    return Buffer.from(octets);
  }

  /** `size` octets, each 0 or `octet`. */
  static alloc(size: number, octet = 0): Buffer {
    const buffer = new Buffer(size);
    if (octet !== 0) buffer.fill(octet);
    return buffer;
  }

  static allocUnsafe(size: number): Buffer {
    return new Buffer(size);
  }

  static allocUnsafeSlow(size: number): Buffer {
    return new Buffer(size);
  }

  static isBuffer(value: unknown): value is Buffer {
    return value instanceof Buffer;
  }

  /** How many octets `text` has in UTF-8. */
  static byteLength(text: string): number {
    return ENCODER.encode(text).length;
  }

  /** Negative if `one` comes before `other`, 0 if they are equal, positive if it comes after. */
  static compare(one: Uint8Array, other: Uint8Array): number {
    const length = Math.min(one.length, other.length);
    for (let i = 0; i < length; i++) {
      if (one[i] !== other[i]) return one[i]! < other[i]! ? -1 : 1;
    }
    return Math.sign(one.length - other.length);
  }

  /** All of `list` joined, cut or filled with zeros to `length` octets. */
  static concat(list: readonly Uint8Array[], length: number = sum(list)): Buffer {
    const joined = new Buffer(length);
    let end = 0;
    for (const each of list) {
      joined.set(end + each.length > length ? each.subarray(0, length - end) : each, end);
      end += each.length;
      if (end >= length) break;
    }
    return joined;
  }

  /** The text of the octets from `start` to `end`, default UTF-8. */
  override toString(encoding: Encoding = 'utf8', start = 0, end: number = this.length): string {
    return decoded(this.subarray(start, end), encoding);
  }

  /** As Node's: `{ type: 'Buffer', data: [1, 2] }`. */
  toJSON(): { type: 'Buffer'; data: number[] } {
    return { type: 'Buffer', data: [...this] };
  }

  equals(other: Uint8Array): boolean {
    return this.length === other.length && Buffer.compare(this, other) === 0;
  }

  compare(other: Uint8Array): number {
    return Buffer.compare(this, other);
  }

  /** Copies the octets from `start` to `end` to `target`, at `at`. Returns how many fitted. */
  copy(target: Uint8Array, at = 0, start = 0, end: number = this.length): number {
    const part = this.subarray(start, Math.min(end, start + target.length - at));
    target.set(part, at);
    return part.length;
  }

  /** Writes `text` at the offset `at`, default 0. Returns how many octets fitted. */
  write(text: string, at?: number | Encoding, encoding?: Encoding): number {
    const offset = typeof at === 'number' ? at : 0;
    const octets = encoded(text, typeof at === 'string' ? at : encoding);
    return octets.copy(this, offset);
  }

  /** First offset, from `from` on, of an octet, a text in UTF-8 or a sequence of octets; -1 if there is none. */
  override indexOf(value: number | string | Uint8Array, from = 0): number {
    if (typeof value === 'number') return super.indexOf(value, from);
    const octets = typeof value === 'string' ? encoded(value) : value;
    for (let at = from; at + octets.length <= this.length; at++) {
      if (octets.every((octet, i) => this[at + i] === octet)) return at;
    }
    return -1;
  }

  override includes(value: number | string | Uint8Array, from = 0): boolean {
    return this.indexOf(value, from) >= 0;
  }

  readUInt8(offset = 0): number {
    return this.#view(offset, 1).getUint8(0);
  }

  readUInt16BE(offset = 0): number {
    return this.#view(offset, 2).getUint16(0);
  }

  readUInt32BE(offset = 0): number {
    return this.#view(offset, 4).getUint32(0);
  }

  readUInt32LE(offset = 0): number {
    return this.#view(offset, 4).getUint32(0, true);
  }

  readInt32BE(offset = 0): number {
    return this.#view(offset, 4).getInt32(0);
  }

  readDoubleBE(offset = 0): number {
    return this.#view(offset, 8).getFloat64(0);
  }

  readBigUInt64BE(offset = 0): bigint {
    return this.#view(offset, 8).getBigUint64(0);
  }

  /** An integer of 1 to 6 octets. */
  readUIntBE(offset: number, length: number): number {
    const view = this.#view(offset, length);
    let value = 0;
    for (let i = 0; i < length; i++) value = value * 0x100 + view.getUint8(i);
    return value;
  }

  writeUInt8(value: number, offset = 0): number {
    this.#view(offset, 1).setUint8(0, value);
    return offset + 1;
  }

  writeUInt16BE(value: number, offset = 0): number {
    this.#view(offset, 2).setUint16(0, value);
    return offset + 2;
  }

  writeUInt32BE(value: number, offset = 0): number {
    this.#view(offset, 4).setUint32(0, value);
    return offset + 4;
  }

  writeUInt32LE(value: number, offset = 0): number {
    this.#view(offset, 4).setUint32(0, value, true);
    return offset + 4;
  }

  writeInt32BE(value: number, offset = 0): number {
    this.#view(offset, 4).setInt32(0, value);
    return offset + 4;
  }

  writeDoubleBE(value: number, offset = 0): number {
    this.#view(offset, 8).setFloat64(0, value);
    return offset + 8;
  }

  writeBigUInt64BE(value: bigint, offset = 0): number {
    this.#view(offset, 8).setBigUint64(0, value);
    return offset + 8;
  }

  /** An integer of 1 to 6 octets. */
  writeUIntBE(value: number, offset: number, length: number): number {
    const view = this.#view(offset, length);
    let rest = value;
    for (let i = length - 1; i >= 0; i--) {
      view.setUint8(i, rest % 0x100);
      rest = Math.floor(rest / 0x100);
    }
    return offset + length;
  }

  /** @throws RangeError beyond the end */
  #view(offset: number, length: number): DataView {
    if (offset + length > this.length) {
      throw new RangeError(
        `offset ${offset} of ${length} octets, expected them within ${this.length}`,
      );
    }
    return new DataView(this.buffer, this.byteOffset + offset, length);
  }
}

function encoded(text: string, encoding: Encoding = 'utf8'): Buffer {
  switch (encoding) {
    case 'utf8':
    case 'utf-8':
      return viewOf(ENCODER.encode(text));
    case 'hex':
      return Buffer.from((text.match(/[\da-f]{2}/gi) ?? []).map((two) => Number.parseInt(two, 16)));
    case 'base64':
    case 'base64url':
      return encoded(atob(text.replaceAll('-', '+').replaceAll('_', '/')), 'latin1');
    case 'latin1':
    case 'binary':
    case 'ascii': {
      const octets = Buffer.alloc(text.length);
      for (let i = 0; i < text.length; i++) octets[i] = text.charCodeAt(i);
      return octets;
    }
    default:
      throw unknownEncoding(encoding);
  }
}

function decoded(octets: Buffer, encoding: Encoding): string {
  switch (encoding) {
    case 'utf8':
    case 'utf-8':
      return DECODER.decode(octets);
    case 'hex':
      return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
    case 'base64':
      return btoa(decoded(octets, 'latin1'));
    case 'base64url':
      return decoded(octets, 'base64')
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replaceAll('=', '');
    case 'latin1':
    case 'binary':
    case 'ascii': {
      let text = '';
      const mask = encoding === 'ascii' ? 0x7f : 0xff;
      for (let i = 0; i < octets.length; i++) text += String.fromCharCode(octets[i]! & mask);
      return text;
    }
    default:
      throw unknownEncoding(encoding);
  }
}

function viewOf({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): Buffer {
  return new Buffer(buffer, byteOffset, length);
}

/** By its tag: a page that is not isolated has no class `SharedArrayBuffer`, but another page may pass it one. */
function isMemory(value: unknown): value is ArrayBuffer {
  return /Array ?Buffer\]$/.test(Object.prototype.toString.call(value));
}

function sum(list: readonly Uint8Array[]): number {
  return list.reduce((length, each) => length + each.length, 0);
}

function unknownEncoding(encoding: never): TypeError {
  return new TypeError(`unknown encoding ${String(encoding)}`);
}

const ENCODER = new TextEncoder();
/** Without `ignoreBOM`, U+FEFF at the beginning of a text would be removed. */
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

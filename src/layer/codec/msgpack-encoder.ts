/** MsgpackEncoder: writes values that `checkMessage` has passed as msgpack. https://github.com/msgpack/msgpack/blob/master/spec.md */

/**
 * Integers take the fewest octets that hold them, other numbers are doubles; -0 is an extension of no octets, of type 0. A property
 * that is `undefined` is left out.
 */
export class MsgpackEncoder {
  #octets = Buffer.allocUnsafeSlow(KEPT);
  #at = 0;

  /** Returns the octets of `message`, a copy. Hot. */
  encode(message: object): Buffer {
    this.#at = 0;
    this.#map(message as Readonly<Record<string, unknown>>);
    const octets = Buffer.allocUnsafe(this.#at);
    this.#octets.copy(octets, 0, 0, this.#at);
    if (this.#octets.length > KEPT) this.#octets = Buffer.allocUnsafeSlow(KEPT);
    return octets;
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.#text(value);
        break;
      case 'number':
        this.#number(value);
        break;
      case 'boolean':
        this.#head(value ? 0xc3 : 0xc2);
        break;
      case 'bigint':
        if (Number.isSafeInteger(Number(value))) this.#integer(Number(value));
        else this.#wide(value);
        break;
      default:
        if (value === null) this.#head(0xc0);
        else if (value instanceof Uint8Array) this.#bytes(value);
        else if (Array.isArray(value)) this.#list(value);
        else this.#map(value as Readonly<Record<string, unknown>>);
    }
  }

  #map(map: Readonly<Record<string, unknown>>): void {
    const keys = Object.keys(map);
    let count = keys.length;
    for (let i = 0; i < keys.length; i++) if (map[keys[i]!] === undefined) count--;
    if (count < 16) this.#head(0x80 | count);
    else this.#sized(count, 0, 0xde, 0xdf);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const value = map[key];
      if (value === undefined) continue;
      this.#text(key);
      this.#value(value);
    }
  }

  #list(list: readonly unknown[]): void {
    if (list.length < 16) this.#head(0x90 | list.length);
    else this.#sized(list.length, 0, 0xdc, 0xdd);
    for (let i = 0; i < list.length; i++) this.#value(list[i]);
  }

  #bytes(bytes: Uint8Array): void {
    this.#sized(bytes.length, 0xc4, 0xc5, 0xc6);
    this.#room(bytes.length);
    this.#octets.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #text(text: string): void {
    const { length } = text;
    this.#room(5 + 3 * length);
    const octets = this.#octets;
    const start = this.#at;
    if (length < 32) {
      // Short texts are mostly ASCII: this loop costs less than a call of the runtime.
      let at = start + 1;
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code >= 0x80) break;
        octets[at++] = code;
      }
      if (i === length) {
        octets[start] = 0xa0 | length;
        this.#at = at;
        return;
      }
    }
    const guess = headOf(length);
    const count = octets.write(text, start + guess, 'utf8');
    const head = headOf(count);
    if (head !== guess) octets.copyWithin(start + head, start + guess, start + guess + count);
    if (head === 1) this.#head(0xa0 | count);
    else this.#sized(count, 0xd9, 0xda, 0xdb);
    this.#at += count;
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.#integer(value);
      return;
    }
    this.#room(9);
    if (value === 0) {
      this.#octets.set(NEGATIVE_ZERO, this.#at);
      this.#at += NEGATIVE_ZERO.length;
      return;
    }
    this.#octets[this.#at] = 0xcb;
    this.#at = this.#octets.writeDoubleBE(value, this.#at + 1);
  }

  #integer(value: number): void {
    if (value >= 0) {
      if (value < 0x80) this.#head(value);
      else if (value <= 0xffff_ffff) this.#sized(value, 0xcc, 0xcd, 0xce);
      else this.#wide(BigInt(value));
      return;
    }
    if (value >= -0x20) this.#head(value & 0xff);
    else if (value >= -0x80) this.#sized(value & 0xff, 0xd0, 0, 0);
    else if (value >= -0x8000) this.#short(0xd1, value & 0xffff);
    else if (value >= -0x8000_0000) this.#long(0xd2, value >>> 0);
    else this.#wide(BigInt(value));
  }

  #wide(value: bigint): void {
    this.#room(9);
    this.#octets[this.#at] = value < 0n ? 0xd3 : 0xcf;
    this.#at = this.#octets.writeBigUInt64BE(BigInt.asUintN(64, value), this.#at + 1);
  }

  /** A count or number from 0 of 32 bit, behind the head of its length: of 1, 2 or 4 octets; 0 for a head that there is not. */
  #sized(count: number, one: number, two: number, four: number): void {
    if (one > 0 && count < 0x100) {
      this.#room(2);
      this.#octets[this.#at++] = one;
      this.#octets[this.#at++] = count;
    } else if (count < 0x1_0000) this.#short(two, count);
    else this.#long(four, count);
  }

  #short(head: number, value: number): void {
    this.#room(3);
    this.#octets[this.#at] = head;
    this.#at = this.#octets.writeUInt16BE(value, this.#at + 1);
  }

  #long(head: number, value: number): void {
    this.#room(5);
    this.#octets[this.#at] = head;
    this.#at = this.#octets.writeUInt32BE(value, this.#at + 1);
  }

  #head(head: number): void {
    this.#room(1);
    this.#octets[this.#at++] = head;
  }

  #room(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#octets.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#octets.length));
    this.#octets.copy(larger, 0, 0, this.#at);
    this.#octets = larger;
  }
}

/** Octets in front of a text of `count` octets. */
function headOf(count: number): number {
  if (count < 32) return 1;
  return count < 0x100 ? 2 : count < 0x1_0000 ? 3 : 5;
}

const NEGATIVE_ZERO = Uint8Array.of(0xc7, 0, 0);
/** Octets that are kept for the next message. */
const KEPT = 16_384;

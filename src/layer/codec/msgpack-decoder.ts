/** MsgpackDecoder: reads one message in msgpack. https://github.com/msgpack/msgpack/blob/master/spec.md */

import { LayerError } from '../errors.ts';
import { DEPTH_MAX, define } from './value.ts';

/**
 * Integers are `number` up to 53 bit and `bigint` beyond; bytes are copies. A count that the octets cannot hold, a depth of
 * more than 100, a key that is no text and extensions other than -0 are refused before memory is taken for them.
 */
export class MsgpackDecoder {
  readonly #octets: Buffer;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = Buffer.isBuffer(octets)
      ? octets
      : Buffer.from(octets.buffer as ArrayBuffer, octets.byteOffset, octets.byteLength);
  }

  /** The only value in the octets. @throws LayerError `ERR_CODEC` */
  message(): unknown {
    const value = this.#value(0);
    if (this.#at !== this.#octets.length) throw bad('octets after the message');
    return value;
  }

  #value(depth: number): unknown {
    const head = this.#octets[this.#take(1)]!;
    if (head < 0x80) return head;
    if (head < 0x90) return this.#map(head & 0x0f, depth);
    if (head < 0xa0) return this.#list(head & 0x0f, depth);
    if (head < 0xc0) return this.#text(head & 0x1f);
    if (head >= 0xe0) return head - 0x100;
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#bytes(this.#number(1 << (head - 0xc4)));
      case 0xca:
        return this.#view(4).getFloat32(0);
      case 0xcb:
        return this.#view(8).getFloat64(0);
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#number(1 << (head - 0xcc));
      case 0xcf:
        return exact(this.#view(8).getBigUint64(0));
      case 0xd0:
        return this.#view(1).getInt8(0);
      case 0xd1:
        return this.#view(2).getInt16(0);
      case 0xd2:
        return this.#view(4).getInt32(0);
      case 0xd3:
        return exact(this.#view(8).getBigInt64(0));
      case 0xc7:
        // Our one extension: no octets, type 0.
        if (this.#number(1) === 0 && this.#number(1) === 0) return -0;
        throw bad('an unknown extension');
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#number(1 << (head - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#list(this.#number(2 << (head - 0xdc)), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#number(2 << (head - 0xde)), depth);
      default:
        throw bad(`no value begins with 0x${head.toString(16)}`);
    }
  }

  #map(count: number, depth: number): object {
    this.#check(2 * count, depth);
    const map: Record<string, unknown> = {};
    for (let i = 0; i < count; i++) {
      const key = this.#key();
      define(map, key, this.#value(depth + 1));
    }
    return map;
  }

  #list(count: number, depth: number): unknown[] {
    this.#check(count, depth);
    const list: unknown[] = [];
    for (let i = 0; i < count; i++) list.push(this.#value(depth + 1));
    return list;
  }

  /** Whether `count` values, each of one octet at least, may begin here. */
  #check(count: number, depth: number): void {
    if (depth >= DEPTH_MAX) throw bad(`more than ${DEPTH_MAX} values inside each other`);
    if (count > this.#octets.length - this.#at) throw bad('a count beyond the octets');
  }

  #key(): string {
    const head = this.#octets[this.#take(1)]!;
    if (head >= 0xa0 && head < 0xc0) return this.#shortKey(head & 0x1f);
    if (head < 0xd9 || head > 0xdb) throw bad('a key that is no text');
    return this.#text(this.#number(1 << (head - 0xd9)));
  }

  /** Messages repeat their keys: one that was read lately is the same string again. Hot. */
  #shortKey(length: number): string {
    const at = this.#take(length);
    const octets = this.#octets;
    let slot = length;
    for (let i = 0; i < length; i++) slot = (slot * 31 + octets[at + i]!) & (SLOTS - 1);
    const known = keys[slot];
    if (known !== undefined && known.octets.length === length) {
      let i = 0;
      while (i < length && known.octets[i] === octets[at + i]) i++;
      if (i === length) return known.key;
    }
    const key = octets.toString('utf8', at, at + length);
    keys[slot] = { key, octets: new Uint8Array(octets.subarray(at, at + length)) };
    return key;
  }

  #text(length: number): string {
    const at = this.#take(length);
    return this.#octets.toString('utf8', at, at + length);
  }

  /** A view would keep the whole chunk in memory, and change with it. */
  #bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return new Uint8Array(this.#octets.subarray(at, at + length));
  }

  #number(size: number): number {
    const at = this.#take(size);
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + this.#octets[at + i]!;
    return value;
  }

  #view(size: number): DataView {
    const { buffer, byteOffset } = this.#octets;
    return new DataView(buffer, byteOffset + this.#take(size), size);
  }

  /** Moves on by `count` octets; returns where they begin. */
  #take(count: number): number {
    const at = this.#at;
    this.#at = at + count;
    if (this.#at > this.#octets.length) throw bad('the octets end too soon');
    return at;
  }
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function bad(why: string): LayerError {
  return new LayerError('ERR_CODEC', `not a message in msgpack: ${why}`);
}

/** A power of two. */
const SLOTS = 256;
const keys: ({ readonly key: string; readonly octets: Uint8Array } | undefined)[] = new Array(
  SLOTS,
).fill(undefined);

/** MsgpackCodec: messages as msgpack, exact where the library is not. */

import { Decoder, Encoder, ExtensionCodec } from '@msgpack/msgpack';
import { LayerError } from '../errors.ts';
import { asMessage, type Codec } from './codec.ts';
import { checkMessage, DEPTH_MAX, define } from './value.ts';

/**
 * Integers come back as `number` up to 53 bit and as `bigint` beyond, whatever they were sent as; -0 stays -0; bytes come
 * back as `Uint8Array`s of their own. Octets are scanned before they are decoded: a count that the octets cannot hold and a
 * depth of more than 100 are refused.
 */
export class MsgpackCodec implements Codec {
  readonly name = 'msgpack';

  encode(message: object): Uint8Array {
    const special = checkMessage(message, { finite: false });
    // A copy into Node's pool takes a third of the time of the library's own copy.
    return Buffer.from(encoder.encodeSharedRef(special ? prepare(message) : message));
  }

  decode(octets: Uint8Array): object {
    const found = new Scan(octets).message();
    const holder = found.proto ? placeholder(octets) : undefined;
    const source = holder === undefined ? octets : hide(octets, holder);
    const value = (found.wide ? wideDecoder : decoder).decode(source);
    return asMessage(
      found.wide || found.bytes || holder !== undefined ? restore(value, holder) : value,
    );
  }
}

const NEGATIVE_ZERO = 0;
const negativeZero = { negativeZero: true };
const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: NEGATIVE_ZERO,
  encode: (value) => (value === negativeZero ? new Uint8Array(0) : null),
  decode: () => -0,
});

const encoder = new Encoder({ extensionCodec, useBigInt64: true, maxDepth: DEPTH_MAX + 2 });
const decoder = new Decoder({ extensionCodec });
/** Reads integers of 64 bit exactly, always as bigint. */
const wideDecoder = new Decoder({ extensionCodec, useBigInt64: true });

/** Returns a copy of `value` that the encoder encodes exactly. */
function prepare(value: unknown): unknown {
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return negativeZero;
    // With `useBigInt64` the encoder makes doubles of integers beyond 32 bit.
    const wide = value > 0xffff_ffff || value < -0x8000_0000;
    return wide && Number.isSafeInteger(value) ? BigInt(value) : value;
  }
  if (typeof value === 'bigint') {
    return value <= 0xffff_ffffn && value >= -0x8000_0000n ? Number(value) : value;
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(prepare);
  const map: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key];
    if (inner !== undefined) define(map, key, prepare(inner));
  }
  return map;
}

/** Returns what was encoded, from `value` that the decoder has made; lists and maps are corrected in place. */
function restore(value: unknown, holder: string | undefined): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (typeof value === 'string') return value === holder ? '__proto__' : value;
  if (typeof value !== 'object' || value === null) return value;
  // A view would keep the whole chunk in memory, and change with it.
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = restore(value[i], holder);
    return value;
  }
  const map = value as Record<string, unknown>;
  if (holder !== undefined && Object.hasOwn(map, holder)) {
    const renamed: Record<string, unknown> = {};
    for (const key of Object.keys(map)) {
      define(renamed, key === holder ? '__proto__' : key, restore(map[key], holder));
    }
    return renamed;
  }
  for (const key of Object.keys(map)) map[key] = restore(map[key], holder);
  return map;
}

/** Text as long as `__proto__` that does not occur in `octets`: the library refuses that key. */
function placeholder(octets: Uint8Array): string {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  for (let i = 0; ; i++) {
    const text = `proto${String(i).padStart(4, '0')}`;
    if (!buffer.includes(text)) return text;
  }
}

function hide(octets: Uint8Array, holder: string): Uint8Array {
  const copy = Buffer.from(octets);
  for (let at = copy.indexOf(PROTO); at >= 0; at = copy.indexOf(PROTO, at + 1)) {
    copy.write(holder, at, 'latin1');
  }
  return copy;
}

const PROTO = Buffer.from('__proto__');

/** Scans octets without allocating: whether they are msgpack, how deep, and which of these kinds they hold. */
class Scan {
  /** Whether there are integers of 64 bit. */
  wide = false;
  /** Whether there are bytes. */
  bytes = false;
  /** Whether some text is `__proto__`. */
  proto = false;
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  /** @throws LayerError `ERR_CODEC` */
  message(): this {
    this.#value(0);
    if (this.#at !== this.#octets.length) throw bad('octets after the message');
    return this;
  }

  #value(depth: number): void {
    if (this.#at >= this.#octets.length) throw bad('the octets end too soon');
    const head = this.#octets[this.#at++]!;
    if (head < 0x80 || head >= 0xe0) return;
    if (head < 0x90) {
      this.#values((head & 0x0f) * 2, depth, true);
      return;
    }
    if (head < 0xa0) {
      this.#values(head & 0x0f, depth, false);
      return;
    }
    if (head < 0xc0) {
      this.#text(head & 0x1f);
      return;
    }
    switch (head) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        this.bytes = true;
        this.#skip(this.#number(1 << (head - 0xc4)));
        return;
      case 0xca:
        this.#skip(4);
        return;
      case 0xcb:
        this.#skip(8);
        return;
      case 0xcc:
      case 0xd0:
        this.#skip(1);
        return;
      case 0xcd:
      case 0xd1:
        this.#skip(2);
        return;
      case 0xce:
      case 0xd2:
        this.#skip(4);
        return;
      case 0xcf:
      case 0xd3:
        this.wide = true;
        this.#skip(8);
        return;
      case 0xc7:
        // Our one extension: no octets, type 0.
        if (this.#number(1) === 0 && this.#number(1) === NEGATIVE_ZERO) return;
        throw bad('an unknown extension');
      case 0xd9:
      case 0xda:
      case 0xdb:
        this.#text(this.#number(1 << (head - 0xd9)));
        return;
      case 0xdc:
      case 0xdd:
        this.#values(this.#number(2 << (head - 0xdc)), depth, false);
        return;
      case 0xde:
      case 0xdf:
        this.#values(this.#number(2 << (head - 0xde)) * 2, depth, true);
        return;
      default:
        throw bad(`no value begins with 0x${head.toString(16)}`);
    }
  }

  #values(count: number, depth: number, map: boolean): void {
    if (depth >= DEPTH_MAX) throw bad(`more than ${DEPTH_MAX} values inside each other`);
    // Each element takes at least one octet.
    if (count > this.#octets.length - this.#at) throw bad('a count beyond the octets');
    for (let i = 0; i < count; i++) {
      if (map && i % 2 === 0 && !isText(this.#octets[this.#at]!))
        throw bad('a key that is no text');
      this.#value(depth + 1);
    }
  }

  #text(length: number): void {
    const at = this.#at;
    this.#skip(length);
    if (length !== PROTO.length || this.#octets[at] !== PROTO[0]) return;
    for (let i = 1; i < length; i++) if (this.#octets[at + i] !== PROTO[i]) return;
    this.proto = true;
  }

  #skip(count: number): void {
    this.#at += count;
    if (this.#at > this.#octets.length) throw bad('the octets end too soon');
  }

  #number(size: number): number {
    const at = this.#at;
    this.#skip(size);
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + this.#octets[at + i]!;
    return value;
  }
}

function isText(head: number): boolean {
  return (head >= 0xa0 && head < 0xc0) || (head >= 0xd9 && head <= 0xdb);
}

function bad(why: string): LayerError {
  return new LayerError('ERR_CODEC', `not a message in msgpack: ${why}`);
}

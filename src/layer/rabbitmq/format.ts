/** Format: messages as the Python package channels_rabbitmq writes and reads them, with their address in the map. */

import { LayerError } from '../errors.ts';

/** Where a message goes: to one channel, or to the members of a group. */
export interface Address {
  readonly kind: 'channel' | 'group';
  readonly name: string;
}

/** A message, taken apart. */
export interface Parcel {
  readonly address: Address;
  /** The map without the entry of the address. */
  readonly payload: Uint8Array;
}

/**
 * Adds the address to a message, as the last entry of its map:
 * ```
 * 81 | a1 61 | 01                                        {a: 1}
 * 82 | a1 61 | 01 | b0 __asgi_channel__ | a3 x ! y       {a: 1, __asgi_channel__: "x!y"}
 * ```
 * @param payload a map in msgpack, whose entries are not parsed
 */
export function address(payload: Uint8Array, kind: Address['kind'], name: string): Buffer {
  const [count, at] = mapHead(payload, 0);
  const key = kind === 'channel' ? CHANNEL_KEY : GROUP_KEY;
  const size = payload.length - at + key.length + name.length;
  // One allocation: it is the larger part of what a message costs here.
  const octets = Buffer.allocUnsafe(HEAD_MAX + TEXT_HEAD_MAX + size);
  let end = writeHead(octets, count + 1);
  octets.set(payload.subarray(at), end);
  end += payload.length - at;
  octets.set(key, end);
  end = writeText(octets, name, end + key.length);
  return octets.subarray(0, end);
}

/**
 * Takes the address out of a message.
 * @throws LayerError `ERR_CODEC` for what is no map in msgpack, or has no address, or two
 */
export function readAddress(octets: Uint8Array): Parcel {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  return quick(buffer) ?? thorough(buffer);
}

/** Wraps octets that are no map in msgpack, such as an encrypted message, into one. */
export function wrap(octets: Uint8Array): Buffer {
  const size = Buffer.alloc(5);
  size[0] = 0xc6;
  size.writeUInt32BE(octets.length, 1);
  return Buffer.concat([head(1), OCTETS_KEY, size, octets]);
}

/** The octets in a map that `wrap` has made; undefined for any other map. */
export function unwrap(payload: Uint8Array): Uint8Array | undefined {
  const at = 1 + OCTETS_KEY.length;
  if (payload[0] !== 0x81 || payload.length < at + 5 || payload[at] !== 0xc6) return undefined;
  if (!OCTETS_KEY.equals(payload.subarray(1, at))) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return view.getUint32(at + 1) === payload.length - at - 5 ? payload.subarray(at + 5) : undefined;
}

/** The most octets in front of the entries of a map, and of a text. */
const HEAD_MAX = 5;
const TEXT_HEAD_MAX = 2;
const CHANNEL = '__asgi_channel__';
const GROUP = '__asgi_group__';
const MARK = Buffer.from('__asgi_');
const CHANNEL_KEY = text(CHANNEL);
const GROUP_KEY = text(GROUP);
const OCTETS_KEY = text('__octets__');

/** Reads an address that is the last entry, as both packages write it; undefined if something else may be one. */
function quick(octets: Buffer): Parcel | undefined {
  const at = octets.lastIndexOf(MARK) - 1;
  if (at < 1 || octets.indexOf(MARK) !== at + 1) return undefined;
  const kind = octets[at] === CHANNEL_KEY[0] ? 'channel' : 'group';
  const key = kind === 'channel' ? CHANNEL_KEY : GROUP_KEY;
  if (!key.equals(octets.subarray(at, at + key.length))) return undefined;
  const [length, start] = textHead(octets, at + key.length) ?? [-1, 0];
  if (length < 0 || start + length !== octets.length) return undefined;
  const [count, first] = mapHead(octets, 0);
  if (count === 0 || first > at) return undefined;
  const name = octets.toString('latin1', start, start + length);
  return {
    address: { kind, name },
    payload: Buffer.concat([head(count - 1), octets.subarray(first, at)]),
  };
}

/** Reads entry by entry, so that the address may be anywhere. */
function thorough(octets: Buffer): Parcel {
  const [count, first] = mapHead(octets, 0);
  const rest: Buffer[] = [];
  let found: Address | undefined;
  let at = first;
  for (let i = 0; i < count; i++) {
    const key = textHead(octets, at);
    const value = skip(octets, at);
    const end = skip(octets, value);
    const name = key === undefined ? '' : octets.toString('latin1', key[1], value);
    if (name === CHANNEL || name === GROUP) {
      if (found !== undefined) throw bad('two addresses');
      const named = textHead(octets, value);
      if (named === undefined) throw bad('an address that is no text');
      found = {
        kind: name === CHANNEL ? 'channel' : 'group',
        name: octets.toString('latin1', named[1], end),
      };
    } else rest.push(octets.subarray(at, end));
    at = end;
  }
  if (at !== octets.length) throw bad('octets after the message');
  if (found === undefined) throw bad('no address');
  return { address: found, payload: Buffer.concat([head(rest.length), ...rest]) };
}

/** How many entries the map at `at` has, and where the first one begins. */
function mapHead(octets: Uint8Array, at: number): [count: number, next: number] {
  const first = octets[at];
  if (first !== undefined && first >= 0x80 && first < 0x90) return [first & 0x0f, at + 1];
  if (first === 0xde) return [number(octets, at + 1, 2), at + 3];
  if (first === 0xdf) return [number(octets, at + 1, 4), at + 5];
  throw bad('no map');
}

/** How long the text at `at` is, and where its characters begin; undefined for another value. */
function textHead(octets: Uint8Array, at: number): [length: number, start: number] | undefined {
  const first = octets[at];
  if (first === undefined) throw bad('the octets end too soon');
  if (first >= 0xa0 && first < 0xc0) return [first & 0x1f, at + 1];
  if (first < 0xd9 || first > 0xdb) return undefined;
  const size = 1 << (first - 0xd9);
  return [number(octets, at + 1, size), at + 1 + size];
}

/** Where the value that begins at `at` ends. Counts the values left instead of recursing, so that depth costs no stack. */
function skip(octets: Uint8Array, at: number): number {
  let next = at;
  for (let left = 1; left > 0; left--) {
    if (next >= octets.length) throw bad('the octets end too soon');
    const first = octets[next++]!;
    if (first < 0x80 || first >= 0xe0) continue;
    if (first < 0x90) left += (first & 0x0f) * 2;
    else if (first < 0xa0) left += first & 0x0f;
    else if (first < 0xc0) next += first & 0x1f;
    else {
      const shape = SHAPES[first - 0xc0]!;
      const count = shape.size === 0 ? 0 : number(octets, next, shape.size);
      next += shape.size + shape.fixed;
      if (shape.values === 0) next += count;
      else left += count * shape.values;
      // Each value takes at least one octet.
      if (left > octets.length - next + 1) throw bad('a count beyond the octets');
    }
  }
  if (next > octets.length) throw bad('the octets end too soon');
  return next;
}

/** What follows an octet from 0xc0 to 0xdf: `size` octets of a count, which are values or octets, and `fixed` octets. */
interface Shape {
  readonly size: number;
  readonly fixed: number;
  readonly values: 0 | 1 | 2;
}

function shape(size: number, fixed: number, values: 0 | 1 | 2 = 0): Shape {
  return { size, fixed, values };
}

const SHAPES: readonly Shape[] = [
  ...[0, 0, 0, 0].map((fixed) => shape(0, fixed)),
  ...[1, 2, 4].map((size) => shape(size, 0)),
  ...[1, 2, 4].map((size) => shape(size, 1)),
  ...[4, 8, 1, 2, 4, 8, 1, 2, 4, 8].map((fixed) => shape(0, fixed)),
  ...[2, 3, 5, 9, 17].map((fixed) => shape(0, fixed)),
  ...[1, 2, 4].map((size) => shape(size, 0)),
  ...[2, 4].map((size) => shape(size, 0, 1)),
  ...[2, 4].map((size) => shape(size, 0, 2)),
];

function number(octets: Uint8Array, at: number, size: number): number {
  if (at + size > octets.length) throw bad('the octets end too soon');
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + octets[at + i]!;
  return value;
}

/** The first octets of a map with `count` entries. */
function head(count: number): Buffer {
  const octets = Buffer.allocUnsafe(HEAD_MAX);
  return octets.subarray(0, writeHead(octets, count));
}

function writeHead(octets: Buffer, count: number): number {
  if (count < 0x10) return octets.writeUInt8(0x80 | count);
  if (count < 0x1_0000) return octets.writeUInt16BE(count, octets.writeUInt8(0xde));
  return octets.writeUInt32BE(count, octets.writeUInt8(0xdf));
}

/** A text of ASCII with at most 255 characters. */
function text(value: string): Buffer {
  const octets = Buffer.allocUnsafe(TEXT_HEAD_MAX + value.length);
  return octets.subarray(0, writeText(octets, value, 0));
}

function writeText(octets: Buffer, value: string, at: number): number {
  const { length } = value;
  let start = at;
  if (length >= 32) octets[start++] = 0xd9;
  octets[start++] = length < 32 ? 0xa0 | length : length;
  return start + octets.write(value, start, 'latin1');
}

function bad(why: string): LayerError {
  return new LayerError('ERR_CODEC', `not a message of channels_rabbitmq: ${why}`);
}

/** Fields: the types of fields in the hub protocol, each with its range, its writer and its reader. */

import { LayerError } from '../errors.ts';
import { readId, readName, writeId } from './known-names.ts';

/** `from`, `from + 1`, … `from + count - 1`. */
export interface Range {
  readonly from: number;
  readonly count: number;
}

/** One type of field on the wire. `T` is the type of its value. */
export interface FieldType<T> {
  /** Shape and limits, for docs/layer-protocol.md. */
  readonly text: string;
  size(value: T): number;
  write(value: T, into: Buffer, at: number): number;
  /** @throws LayerError `ERR_PROTOCOL` */
  read(cursor: Cursor): T;
}

/** A position in octets that are being read. */
export class Cursor {
  readonly octets: Buffer;
  at = 0;
  /** Where the current record ends. */
  end: number;
  /** The current field, for errors. */
  where = '';

  constructor(octets: Buffer) {
    this.octets = octets;
    this.end = octets.length;
  }

  /** Moves on by `count` octets; returns where they begin. @throws LayerError `ERR_PROTOCOL` */
  take(count: number): number {
    const { at } = this;
    if (at + count > this.end) throw this.violation('ends too early');
    this.at = at + count;
    return at;
  }

  violation(why: string): LayerError {
    return new LayerError('ERR_PROTOCOL', `${this.where} ${why}`);
  }
}

const u8: FieldType<number> = {
  text: '1 octet, 0 to 255',
  size: () => 1,
  write: (value, into, at) => into.writeUInt8(value, at),
  read: (cursor) => cursor.octets[cursor.take(1)]!,
};

const u32: FieldType<number> = {
  text: '4 octets, big endian, 0 to 4 294 967 295',
  size: () => 4,
  write: (value, into, at) => into.writeUInt32BE(Math.min(value, U32_MAX), at),
  read: (cursor) => cursor.octets.readUInt32BE(cursor.take(4)),
};

const delta: FieldType<number> = {
  text: '4 octets, big endian, −4096 to 4096',
  size: () => 4,
  write: (value, into, at) => into.writeInt32BE(value, at),
  read: (cursor) => {
    const value = cursor.octets.readInt32BE(cursor.take(4));
    if (value < -DELTA_MAX || value > DELTA_MAX) {
      throw cursor.violation(`is ${value}, expected −${DELTA_MAX} to ${DELTA_MAX}`);
    }
    return value;
  },
};

const number: FieldType<number> = {
  text: '6 octets, big endian, 0 to 2^48 − 1',
  size: () => 6,
  write: (value, into, at) => into.writeUIntBE(value, at, 6),
  read: (cursor) => cursor.octets.readUIntBE(cursor.take(6), 6),
};

const time: FieldType<number> = {
  text: '8 octets, IEEE 754 double, big endian: milliseconds on the clock of who says it, 0 to 10^15',
  size: () => 8,
  write: (value, into, at) => into.writeDoubleBE(value, at),
  read: (cursor) => {
    const value = cursor.octets.readDoubleBE(cursor.take(8));
    if (!(value >= 0 && value <= TIME_MAX)) throw cursor.violation(`is ${value}, expected a time`);
    return value;
  },
};

const id: FieldType<string> = {
  text: '8 octets; 16 hexadecimal digits for people',
  size: () => 8,
  write: writeId,
  read: (cursor) => readId(cursor.octets, cursor.take(8)),
};

const secret: FieldType<Buffer> = {
  text: '16 octets',
  size: () => 16,
  write: (value, into, at) => at + value.copy(into, at, 0, 16),
  read: (cursor) => {
    const at = cursor.take(16);
    return cursor.octets.subarray(at, at + 16);
  },
};

const name: FieldType<string> = {
  text: '1 octet of length, 1 to 255, then as many of letters, digits, - _ . : !',
  size: (value) => 1 + value.length,
  write: writeText,
  read: (cursor) => {
    const value = readText(cursor);
    if (value === '') throw cursor.violation('is "", expected a name');
    return value;
  },
};

/** A name, or nothing. */
const text: FieldType<string> = {
  text: '1 octet of length, 0 to 255, then as many of letters, digits, - _ . : !',
  size: (value) => 1 + value.length,
  write: writeText,
  read: readText,
};

const names: FieldType<readonly string[]> = {
  text: '2 octets of count, 0 to 1024, then as many names',
  size: (value) => {
    let size = 2;
    for (const each of value) size += 1 + each.length;
    return size;
  },
  write: (value, into, at) => {
    let end = into.writeUInt16BE(value.length, at);
    for (const each of value) end = name.write(each, into, end);
    return end;
  },
  read: (cursor) => {
    const count = cursor.octets.readUInt16BE(cursor.take(2));
    if (count === 0) return NONE;
    if (count > NAMES_MAX) throw cursor.violation(`has ${count} names, at most ${NAMES_MAX}`);
    const value: string[] = [];
    for (let i = 0; i < count; i++) value.push(name.read(cursor));
    return value;
  },
};

const ranges: FieldType<readonly Range[]> = {
  text: '4 octets of count, then as many of: first number (6), how many (4), 1 or more; ascending, apart',
  size: (value) => 4 + 10 * value.length,
  write: (value, into, at) => {
    let end = into.writeUInt32BE(value.length, at);
    for (const { from, count } of value) {
      into.writeUIntBE(from, end, 6);
      end = into.writeUInt32BE(count, end + 6);
    }
    return end;
  },
  read: (cursor) => {
    const length = cursor.octets.readUInt32BE(cursor.take(4));
    if (length === 0) return NONE;
    const at = cursor.take(length * 10);
    const value: Range[] = [];
    let next = 1;
    for (let i = 0; i < length; i++) {
      const from = cursor.octets.readUIntBE(at + i * 10, 6);
      const count = cursor.octets.readUInt32BE(at + i * 10 + 6);
      if (from < next || count === 0) throw cursor.violation('has ranges that do not ascend');
      value.push({ from, count });
      next = from + count;
    }
    return value;
  },
};

const payload: FieldType<Uint8Array> = {
  text: 'the rest of the record',
  size: (value) => value.length,
  write: (value, into, at) => {
    into.set(value, at);
    return at + value.length;
  },
  read: (cursor) => {
    const { at, end, octets } = cursor;
    cursor.at = end;
    return octets.subarray(at, end);
  },
};

/** All types of fields, by name. */
export interface FieldTypes {
  readonly u8: FieldType<number>;
  readonly u32: FieldType<number>;
  readonly delta: FieldType<number>;
  readonly number: FieldType<number>;
  readonly time: FieldType<number>;
  readonly id: FieldType<string>;
  readonly secret: FieldType<Buffer>;
  readonly name: FieldType<string>;
  readonly text: FieldType<string>;
  readonly names: FieldType<readonly string[]>;
  readonly ranges: FieldType<readonly Range[]>;
  readonly payload: FieldType<Uint8Array>;
}
export const FIELD_TYPES: FieldTypes = {
  u8,
  u32,
  delta,
  number,
  time,
  id,
  secret,
  name,
  text,
  names,
  ranges,
  payload,
};
/** The value of a field of that type. */
export type ValueOf<K extends keyof FieldTypes> =
  FieldTypes[K] extends FieldType<infer T> ? T : never;

/** Ascending numbers as ranges. */
export function toRanges(numbers: Iterable<number>): Range[] {
  const all: { from: number; count: number }[] = [];
  for (const each of numbers) {
    const last = all[all.length - 1];
    if (last !== undefined && last.from + last.count === each) last.count++;
    else all.push({ from: each, count: 1 });
  }
  return all;
}

/** Whether a number is in `ranges`, asked for with ascending numbers. */
export function within(ranges: readonly Range[]): (number: number) => boolean {
  let next = 0;
  return (number) => {
    while (next < ranges.length && ranges[next]!.from + ranges[next]!.count <= number) next++;
    return next < ranges.length && ranges[next]!.from <= number;
  };
}

function writeText(value: string, into: Buffer, at: number): number {
  const { length } = value;
  into[at] = length;
  // Names are short: this loop costs less than a call of the runtime.
  for (let i = 0; i < length; i++) into[at + 1 + i] = value.charCodeAt(i);
  return at + 1 + length;
}

function readText(cursor: Cursor): string {
  const length = cursor.octets[cursor.take(1)]!;
  if (length === 0) return '';
  const at = cursor.take(length);
  const value = readName(cursor.octets, at, length);
  if (value !== undefined) return value;
  const text = cursor.octets.toString('latin1', at, at + length);
  throw cursor.violation(`is ${JSON.stringify(text)}, expected a name`);
}

const NONE: readonly never[] = [];
const U32_MAX = 0xffff_ffff;
const TIME_MAX = 1e15;
/** The most names in one list. */
export const NAMES_MAX = 1024;
export const DELTA_MAX = 4096;

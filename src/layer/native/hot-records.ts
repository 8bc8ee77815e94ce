/**
 * Hot records: writers and readers by hand for the records that carry messages, in half the time of the generic code. A test
 * compares them with the table of records.
 */

import { type Cursor, FIELD_TYPES } from './fields.ts';

const { name, text, time, id, number, u32, names } = FIELD_TYPES;

interface Send {
  readonly channel: string;
  readonly expires: number;
  readonly capacity: number;
  readonly payload: Uint8Array;
}

interface GroupSend {
  readonly group: string;
  readonly expires: number;
  readonly except: readonly string[];
  readonly payload: Uint8Array;
}

interface Direct {
  readonly channel: string;
  readonly group: string;
  readonly sender: string;
  readonly expires: number;
  readonly payload: Uint8Array;
}

interface LetterFields extends Direct {
  readonly place: number;
}

interface Group extends GroupSend {
  readonly sender: string;
}

/** A new record with room for `size` octets of fields, to be written from `HEAD` on. */
export function begin(code: number, size: number): Buffer {
  const octets = Buffer.allocUnsafe(HEAD + size);
  octets.writeUInt32BE(size + 1);
  octets[4] = code;
  return octets;
}

export function writeSend({ channel, expires, capacity, payload }: Send): Buffer {
  const octets = begin(0x02, 13 + channel.length + payload.length);
  let at = name.write(channel, octets, HEAD);
  at = time.write(expires, octets, at);
  at = u32.write(capacity, octets, at);
  octets.set(payload, at);
  return octets;
}

export function writeGroupSend({ group, expires, except, payload }: GroupSend): Buffer {
  const octets = begin(0x03, 9 + group.length + names.size(except) + payload.length);
  let at = name.write(group, octets, HEAD);
  at = time.write(expires, octets, at);
  at = names.write(except, octets, at);
  octets.set(payload, at);
  return octets;
}

export function writeDirect({ channel, group, sender, expires, payload }: Direct): Buffer {
  const octets = begin(0x83, 18 + channel.length + group.length + payload.length);
  let at = name.write(channel, octets, HEAD);
  at = text.write(group, octets, at);
  at = id.write(sender, octets, at);
  at = time.write(expires, octets, at);
  octets.set(payload, at);
  return octets;
}

export function writeLetter(fields: LetterFields): Buffer {
  const { channel, group, place, sender, expires, payload } = fields;
  const octets = begin(0x84, 24 + channel.length + group.length + payload.length);
  let at = name.write(channel, octets, HEAD);
  at = text.write(group, octets, at);
  at = number.write(place, octets, at);
  at = id.write(sender, octets, at);
  at = time.write(expires, octets, at);
  octets.set(payload, at);
  return octets;
}

export function writeGroup({ group, sender, expires, except, payload }: Group): Buffer {
  const octets = begin(0x85, 17 + group.length + names.size(except) + payload.length);
  let at = name.write(group, octets, HEAD);
  at = id.write(sender, octets, at);
  at = time.write(expires, octets, at);
  at = names.write(except, octets, at);
  octets.set(payload, at);
  return octets;
}

export function readSend(cursor: Cursor): Send & { kind: 'send' } {
  cursor.where = 'channel';
  const channel = name.read(cursor);
  cursor.where = 'expires';
  const expires = time.read(cursor);
  cursor.where = 'capacity';
  const capacity = u32.read(cursor);
  return { kind: 'send', channel, expires, capacity, payload: rest(cursor) };
}

export function readGroupSend(cursor: Cursor): GroupSend & { kind: 'groupSend' } {
  cursor.where = 'group';
  const group = name.read(cursor);
  cursor.where = 'expires';
  const expires = time.read(cursor);
  cursor.where = 'except';
  const except = names.read(cursor);
  return { kind: 'groupSend', group, expires, except, payload: rest(cursor) };
}

export function readDirect(cursor: Cursor): Direct & { kind: 'direct' } {
  cursor.where = 'channel';
  const channel = name.read(cursor);
  cursor.where = 'group';
  const group = text.read(cursor);
  cursor.where = 'sender';
  const sender = id.read(cursor);
  cursor.where = 'expires';
  const expires = time.read(cursor);
  return { kind: 'direct', channel, group, sender, expires, payload: rest(cursor) };
}

export function readLetter(cursor: Cursor): LetterFields & { kind: 'letter' } {
  cursor.where = 'channel';
  const channel = name.read(cursor);
  cursor.where = 'group';
  const group = text.read(cursor);
  cursor.where = 'place';
  const place = number.read(cursor);
  cursor.where = 'sender';
  const sender = id.read(cursor);
  cursor.where = 'expires';
  const expires = time.read(cursor);
  return { kind: 'letter', channel, group, place, sender, expires, payload: rest(cursor) };
}

export function readGroup(cursor: Cursor): Group & { kind: 'group' } {
  cursor.where = 'group';
  const group = name.read(cursor);
  cursor.where = 'sender';
  const sender = id.read(cursor);
  cursor.where = 'expires';
  const expires = time.read(cursor);
  cursor.where = 'except';
  const except = names.read(cursor);
  return { kind: 'group', group, sender, expires, except, payload: rest(cursor) };
}

function rest(cursor: Cursor): Buffer {
  const { at, end, octets } = cursor;
  cursor.at = end;
  return octets.subarray(at, end);
}

/** Octets before the fields: the length of what follows (4 octets), and the code. */
export const HEAD = 5;

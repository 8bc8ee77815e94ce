/** Greeting: how both sides find out which version the other speaks. These octets are the same in all versions. */

import { HEAD } from './hot-records.ts';
import { RECORDS, VERSION, write } from './records.ts';

/** A `hello` or `refusal` in a message of its own, without the length in front: its code and the version are the first octets. */
export function alone(record: Buffer, now: number): Buffer[] {
  const clock = Buffer.allocUnsafe(8);
  clock.writeDoubleBE(now);
  return [clock, record.subarray(LENGTH)];
}

/** What a hub says to a process of another version. */
export function refusal(): Buffer[] {
  return alone(write('refusal', { version: VERSION, why: '' }), 0);
}

/** The version of a process whose first message this is; undefined if it is no `hello`. */
export function versionOfProcess(parts: readonly Buffer[]): number | undefined {
  return versionIn(parts[1], RECORDS.hello.code);
}

/** The version of a hub that refuses; undefined if the message is something else. */
export function versionOfRefusal(parts: readonly Buffer[]): number | undefined {
  return versionIn(parts[1], RECORDS.refusal.code);
}

/** A record that stands alone, in front of it the length that records have. */
export function framed(record: Buffer): Buffer {
  const length = Buffer.allocUnsafe(LENGTH);
  length.writeUInt32BE(record.length);
  return Buffer.concat([length, record]);
}

function versionIn(part: Buffer | undefined, code: number): number | undefined {
  return part !== undefined && part.length >= 2 && part[0] === code ? part[1] : undefined;
}

/** Octets. */
const LENGTH = HEAD - 1;

/** Greeting: how each side learns the protocol version of the other. These octets are the same in all versions. */

import { HEAD } from './hot-records.ts';
import { RECORDS, VERSION, write } from './records.ts';

/** A message with one `hello` or `refusal` without its length: the code and the version are the first octets. */
export function alone(record: Buffer, now: number): Buffer[] {
  const clock = Buffer.allocUnsafe(8);
  clock.writeDoubleBE(now);
  return [clock, record.subarray(LENGTH)];
}

/** The message with which a hub refuses a process of another version. */
export function refusal(): Buffer[] {
  return alone(write('refusal', { version: VERSION, why: '' }), 0);
}

/** The version in a process's first message; undefined if that is not a `hello`. */
export function versionOfProcess(parts: readonly Buffer[]): number | undefined {
  return versionIn(parts[1], RECORDS.hello.code);
}

/** The version in a hub's refusal; undefined if the message is something else. */
export function versionOfRefusal(parts: readonly Buffer[]): number | undefined {
  return versionIn(parts[1], RECORDS.refusal.code);
}

/** A record that was sent alone, with the length that other records have in front. */
export function framed(record: Buffer): Buffer {
  const length = Buffer.allocUnsafe(LENGTH);
  length.writeUInt32BE(record.length);
  return Buffer.concat([length, record]);
}

function versionIn(part: Buffer | undefined, code: number): number | undefined {
  return part !== undefined && part.length >= 2 && part[0] === code ? part[1] : undefined;
}

/** Octets of the length in front of a record. */
const LENGTH = HEAD - 1;

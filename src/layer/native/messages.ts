/** Messages: how records share a ZMTP message. Its first part is the clock of the sender, its second part the records. */

import { LayerError } from '../errors.ts';

/** Records that wait to be sent. */
export class Outgoing {
  #records: Buffer[] = [];

  get empty(): boolean {
    return this.#records.length === 0;
  }

  push(record: Buffer): void {
    this.#records.push(record);
  }

  clear(): void {
    this.#records = [];
  }

  /** Removes all records, and returns them as messages sent at `now`. */
  take(now: number): Buffer[][] {
    const records = this.#records;
    this.#records = [];
    const clock = Buffer.allocUnsafe(8);
    clock.writeDoubleBE(now);
    const messages: Buffer[][] = [];
    for (let i = 0; i < records.length; ) {
      let octets = records[i]!.length;
      let end = i + 1;
      while (end < records.length && octets + records[end]!.length <= OCTETS_MAX) {
        octets += records[end++]!.length;
      }
      messages.push([clock, end === i + 1 ? records[i]! : joined(records, i, end, octets)]);
      i = end;
    }
    return messages;
  }
}

/** The records from `from` on before `end` in one buffer of `octets` octets. */
function joined(records: readonly Buffer[], from: number, end: number, octets: number): Buffer {
  const part = Buffer.allocUnsafe(octets);
  let at = 0;
  for (let i = from; i < end; i++) {
    const record = records[i]!;
    part.set(record, at);
    at += record.length;
  }
  return part;
}

/** The clock of the sender, in milliseconds, in the first part of a message. @throws LayerError `ERR_PROTOCOL` */
export function clockOf(part: Buffer | undefined): number {
  const clock = part?.length === 8 ? part.readDoubleBE() : Number.NaN;
  if (clock >= 0 && clock <= 1e15) return clock;
  throw new LayerError('ERR_PROTOCOL', 'clock is no time: not of a layer, or of another version');
}

/** The most octets of records that share a message; a larger record has its own. */
const OCTETS_MAX = 65_536;

/** Messages: how records share a ZMTP message. Its first part is the clock of who sends it, each other part one record. */

import { LayerError } from '../errors.ts';

/** Records that wait for the end of a turn. */
export class Outgoing {
  #records: Buffer[] = [];

  get empty(): boolean {
    return this.#records.length === 0;
  }

  push(record: Buffer): void {
    this.#records.push(record);
  }

  /** Say these before all others. */
  unshift(records: readonly Buffer[]): void {
    if (records.length > 0) this.#records = [...records, ...this.#records];
  }

  clear(): void {
    this.#records = [];
  }

  /** All of them, as messages sent at `now`. */
  take(now: number): Buffer[][] {
    const records = this.#records;
    this.#records = [];
    const clock = Buffer.allocUnsafe(8);
    clock.writeDoubleBE(now);
    const messages: Buffer[][] = [];
    let message: Buffer[] = [clock];
    let octets = 0;
    for (const record of records) {
      if (message.length > RECORDS_MAX || octets > OCTETS_MAX) {
        messages.push(message);
        message = [clock];
        octets = 0;
      }
      message.push(record);
      octets += record.length;
    }
    messages.push(message);
    return messages;
  }
}

/** What the clock of the other side showed. @throws LayerError `ERR_PROTOCOL` */
export function clockOf(part: Buffer | undefined): number {
  const clock = part?.length === 8 ? part.readDoubleBE() : Number.NaN;
  if (clock >= 0 && clock <= 1e15) return clock;
  throw new LayerError('ERR_PROTOCOL', 'clock is no time: not of a layer, or of another version');
}

/** What the other side's clock shows, as far as it can be known: the least that a message took is taken for no time. */
export class ClockOffset {
  #least = Number.POSITIVE_INFINITY;
  #leastBefore = Number.POSITIVE_INFINITY;
  #since = 0;

  /** A message that was sent at `theirs` is here at `ours`. */
  observe(theirs: number, ours: number): void {
    if (ours - this.#since > WINDOW) {
      // Clocks drift: what was least long ago says nothing any more.
      this.#leastBefore = this.#least;
      this.#least = Number.POSITIVE_INFINITY;
      this.#since = ours;
    }
    this.#least = Math.min(this.#least, ours - theirs);
  }

  /** A time of theirs, on our clock. */
  toOurs(theirs: number): number {
    return theirs + Math.min(this.#least, this.#leastBefore);
  }
}

/** Records in one message. */
export const RECORDS_MAX = 512;
/** A message takes no more records beyond that. */
const OCTETS_MAX = 262_144;
/** Milliseconds. */
const WINDOW = 300_000;

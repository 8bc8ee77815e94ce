/** LogReader: reads log records from the wire, each once: a replayed record is refused. */

import { decodeRecord, type LogRecord } from './log-record.ts';

/** Options of a LogReader. */
export interface LogReaderOptions {
  /** The key that the records are signed with. */
  readonly key: string;
  /** Milliseconds by which a record's time may differ from this process's clock, before or after it. Default 60 000. */
  readonly maxAge?: number;
  /** Returns milliseconds since 1970; tests replace it. Default `Date.now`. */
  readonly clock?: () => number;
}

/**
 * Accepts only records that are signed with the key, recent, and new, so that a copy of a signed record cannot be replayed. Use
 * one reader for each stream, such as a SUB: records out of order are refused.
 */
export class LogReader {
  readonly #key: string;
  readonly #maxAge: number;
  readonly #clock: () => number;
  /** By logger: its last record. */
  readonly #last = new Map<string, { number: number; time: number }>();
  #forgetAt = FORGET_AT;

  constructor({ key, maxAge = 60_000, clock = Date.now }: LogReaderOptions) {
    this.#key = key;
    this.#maxAge = maxAge;
    this.#clock = clock;
  }

  /**
   * Decodes the record that `frames` contain.
   * @throws Error for frames that are no record, not signed with the key, older than `maxAge` or ahead by more, or not new
   */
  read(frames: readonly Buffer[]): LogRecord {
    const record = decodeRecord(frames, this.#key);
    const { run, number, time } = record;
    const now = this.#clock();
    const age = now - time;
    if (Math.abs(age) > this.#maxAge) {
      throw new Error(`log record of ${age} ms ago, at most ${this.#maxAge} are allowed`);
    }
    const last = this.#last.get(run);
    if (last !== undefined && number <= last.number) {
      throw new Error(`log record ${number} after ${last.number} of the same logger`);
    }
    this.#last.set(run, { number, time: Math.max(time, last?.time ?? time) });
    if (this.#last.size > this.#forgetAt) this.#forget(now);
    return record;
  }

  /** Forgets loggers whose last record is too old: a copy of it would be refused for its age. */
  #forget(now: number): void {
    for (const [run, { time }] of this.#last) {
      if (now - time > this.#maxAge) this.#last.delete(run);
    }
    this.#forgetAt = Math.max(FORGET_AT, 2 * this.#last.size);
  }
}

/** Loggers that are remembered before those whose last record is too old are removed. */
const FORGET_AT = 1000;

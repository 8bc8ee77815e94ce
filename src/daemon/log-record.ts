/** LogRecord on the wire: nine frames over ZeroMQ, signed if there is a key. */

import { createHmac, timingSafeEqual } from 'node:crypto';

/** Severity of a record. */
export type LogLevel = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR';

/** One record. */
export interface LogRecord {
  /** Its severity. */
  readonly level: LogLevel;
  /** The class of the daemon. */
  readonly name: string;
  /** The title of the daemon. */
  readonly processName: string;
  /** Id of the process. */
  readonly process: number;
  /** Name of the machine. */
  readonly hostname: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The text. */
  readonly message: string;
  /** Identifies the logger: 16 hexadecimal digits, chosen at random at each start. */
  readonly run: string;
  /** Counts the records of that logger, from 1. */
  readonly number: number;
}

/**
 * Encodes `record` as the frames of one message:
 *
 *     name | hostname | 'plain' or 'signed' | record as JSON | '1' | digest | '' | '' | 'json'
 *
 * The digest is HMAC-SHA-256 over the other frames, each preceded by its length in four octets; empty without a key.
 * The name comes first, so that a subscriber can choose by it.
 */
export function encodeRecord(record: LogRecord, key?: string): Buffer[] {
  const kind = key === undefined ? 'plain' : 'signed';
  const texts = [record.name, record.hostname, kind, JSON.stringify(record), VERSION, '', '', ''];
  const frames: Buffer[] = [...texts, 'json'].map((text) => Buffer.from(text));
  if (key !== undefined) frames[DIGEST] = digest(frames, key);
  return frames;
}

/**
 * Decodes the record that `frames` contain. With a key, only records signed with it are accepted, but also a replayed one:
 * LogReader refuses those.
 * @throws Error for frames that are no record, or not signed with `key`
 */
export function decodeRecord(frames: readonly Buffer[], key?: string): LogRecord {
  const [, , kind, body, version, found, , , form] = frames;
  if (frames.length !== FRAME_COUNT || String(version) !== VERSION || String(form) !== 'json') {
    throw new Error(`not a log record of version ${VERSION}: ${frames.length} frames`);
  }
  if (key !== undefined) {
    const expected = digest(frames, key);
    const signed = String(kind) === 'signed' && found!.length === expected.length;
    if (!signed || !timingSafeEqual(found!, expected)) {
      throw new Error('log record with a wrong signature');
    }
  }
  const record: unknown = JSON.parse(String(body));
  if (!isRecord(record)) throw new Error('log record whose fields are missing, or of another type');
  return record;
}

function isRecord(value: unknown): value is LogRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  return (
    LEVELS.includes(record['level'] as LogLevel) &&
    TEXTS.every((name) => typeof record[name] === 'string') &&
    NUMBERS.every((name) => Number.isSafeInteger(record[name]))
  );
}

function digest(frames: readonly Buffer[], key: string): Buffer {
  const hmac = createHmac('sha256', key);
  for (const [i, frame] of frames.entries()) {
    if (i === DIGEST) continue;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    hmac.update(length).update(frame);
  }
  return hmac.digest();
}

/** From the least to the most severe. */
export const LEVELS: readonly LogLevel[] = ['DEBUG', 'INFO', 'WARNING', 'ERROR'];
const TEXTS = ['name', 'processName', 'hostname', 'message', 'run'];
const NUMBERS = ['process', 'time', 'number'];
const VERSION = '1';
const FRAME_COUNT = 9;
const DIGEST = 5;

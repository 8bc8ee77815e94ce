/** Log: formats the records of a daemon and passes them to the configured handlers. */

import { randomBytes } from 'node:crypto';
import { appendFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { format as formatted } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { Publisher } from '../sockets/index.ts';
import { encodeRecord, LEVELS, type LogLevel, type LogRecord } from './log-record.ts';

/** One destination of log records. */
export interface LogHandlerConfig {
  /** The kind of destination; `null` discards. */
  readonly kind: 'stderr' | 'stdout' | 'file' | 'zmq' | 'null';
  /** `file`: its path. `zmq`: the endpoint that a PUB connects to. */
  readonly target?: string | undefined;
  /** `zmq`: the key to sign records with. Default: they are not signed. */
  readonly key?: string | undefined;
  /** The least severe level that this handler takes. Default: all. */
  readonly level?: LogLevel | undefined;
  /** The line for a record, as in Python: `%(processName)-13s %(message)s`. Default `%(message)s`. */
  readonly format?: string | undefined;
}

/** What is logged, and where. */
export interface LogConfig {
  /** The least severe level that is logged. */
  readonly level: LogLevel;
  /** The destinations; each gets every record of its level. */
  readonly handlers: readonly LogHandlerConfig[];
}

/**
 * Formats records and passes them to the handlers. Values are put into the text as `console.log` does; a message is shown as
 * the list of its parts.
 */
export class Logger {
  /** The class of the daemon. */
  readonly name: string;
  /** The title of the daemon. */
  readonly processName: string;
  readonly #run = randomBytes(8).toString('hex');
  #count = 0;
  #level = 0;
  #sinks: Sink[] = [];

  constructor(name: string, processName: string, config: LogConfig) {
    this.name = name;
    this.processName = processName;
    this.configure(config);
  }

  /** Replaces levels and handlers. */
  configure(config: LogConfig): void {
    const before = this.#sinks;
    this.#level = LEVELS.indexOf(config.level);
    this.#sinks = config.handlers.map(sinkOf);
    for (const sink of before) void sink.close();
  }

  /** Logs at level DEBUG. */
  debug(text: string, ...values: unknown[]): void {
    this.#say('DEBUG', text, values);
  }

  /** Logs at level INFO. */
  info(text: string, ...values: unknown[]): void {
    this.#say('INFO', text, values);
  }

  /** Logs at level WARNING. */
  warning(text: string, ...values: unknown[]): void {
    this.#say('WARNING', text, values);
  }

  /** Logs at level ERROR. */
  error(text: string, ...values: unknown[]): void {
    this.#say('ERROR', text, values);
  }

  /** Closes the handlers. Resolves when all records are written. Later records are discarded. */
  async close(): Promise<void> {
    await Promise.all(this.#sinks.splice(0).map((sink) => sink.close()));
  }

  #say(level: LogLevel, text: string, values: readonly unknown[]): void {
    const rank = LEVELS.indexOf(level);
    if (rank < this.#level) return;
    const record: LogRecord = {
      level,
      name: this.name,
      processName: this.processName,
      process: process.pid,
      hostname: hostname(),
      time: Date.now(),
      message: formatted(text, ...values.map(shown)),
      run: this.#run,
      number: ++this.#count,
    };
    for (const sink of this.#sinks) if (rank >= sink.level) sink.write(record);
  }
}

/** Formats a record: `%(name)s`, `%(levelname)-8s`, `%(process)d` and so on, as in Python. */
export function formatRecord(record: LogRecord, format: string): string {
  const fields: Record<string, unknown> = {
    ...record,
    levelname: record.level,
    asctime: new Date(record.time).toISOString().replace('T', ' ').replace('Z', ''),
    created: record.time / 1_000,
  };
  return format.replace(/%\((\w+)\)(-?)(\d*)(?:\.\d+)?[sdif]|%%/g, (whole, name, left, width) => {
    if (whole === '%%') return '%';
    const text = String(fields[name as string] ?? '');
    return left ? text.padEnd(Number(width)) : text.padStart(Number(width));
  });
}

/** Logs to stderr, from INFO up. */
export const DEFAULT_LOG: LogConfig = {
  level: 'INFO',
  handlers: [{ kind: 'stderr', format: '%(processName)-13s %(message)s' }],
};

interface Sink {
  readonly level: number;
  write(record: LogRecord): void;
  close(): Promise<void>;
}

function sinkOf({ kind, target = '', key, level = 'DEBUG', format }: LogHandlerConfig): Sink {
  const line = (record: LogRecord) => `${formatRecord(record, format ?? '%(message)s')}\n`;
  const rank = LEVELS.indexOf(level);
  const none = async () => {};
  switch (kind) {
    case 'stderr':
      return { level: rank, write: (record) => print(2, line(record)), close: none };
    case 'stdout':
      return { level: rank, write: (record) => print(1, line(record)), close: none };
    case 'file':
      return { level: rank, write: (record) => append(target, line(record)), close: none };
    case 'zmq': {
      const socket = new Publisher({ linger: LINGER });
      socket.connect(target);
      return {
        level: rank,
        write: (record) => void socket.trySend(encodeRecord(record, key)),
        close: () => socket[Symbol.asyncDispose](),
      };
    }
    case 'null':
      return { level: rank, write: () => {}, close: none };
    default:
      return kind satisfies never;
  }
}

/** Appends a line to a file, or to stderr with the reason where that fails: a full disk must not end a daemon. */
function append(path: string, line: string): void {
  try {
    appendFileSync(path, line);
  } catch (error) {
    print(2, `${(error as Error).message}: ${line}`);
  }
}

/**
 * Writes from a thread to the descriptor itself: its standard streams go through the main thread, so that lines of several
 * threads would come out of order.
 */
function print(descriptor: 1 | 2, line: string): void {
  if (!isMainThread) {
    try {
      writeSync(descriptor, line);
      return;
    } catch {
      // The pipe is full: the stream writes it later.
    }
  }
  (descriptor === 1 ? process.stdout : process.stderr).write(line);
}

/** A message as the list of its parts, `['job', '1']`; any other value as it is. */
function shown(value: unknown): unknown {
  if (!Array.isArray(value) || !value.every(Buffer.isBuffer)) return value;
  return `[${value.map((part) => `'${part}'`).join(', ')}]`;
}

/** Milliseconds that the last records have to leave when a logger is closed. */
const LINGER = 1_000;

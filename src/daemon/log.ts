/** Log: what a daemon says, and where that goes. */

import { randomBytes } from 'node:crypto';
import { appendFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { format as formatted } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { Publisher } from '../sockets/index.ts';
import { encodeRecord, LEVELS, type LogLevel, type LogRecord } from './log-record.ts';

/** One place where records go. */
export interface LogHandlerConfig {
  readonly kind: 'stderr' | 'stdout' | 'file' | 'zmq' | 'null';
  /** `file`: its path. `zmq`: the endpoint a PUB connects to. */
  readonly target?: string | undefined;
  /** `zmq`: the key to sign records with. */
  readonly key?: string | undefined;
  /** Less grave ones are left out here. Default: none. */
  readonly level?: LogLevel | undefined;
  /** As in Python: `%(processName)-13s %(message)s`. */
  readonly format?: string | undefined;
}

/** What is logged, and where. */
export interface LogConfig {
  /** Less grave records are not made. */
  readonly level: LogLevel;
  readonly handlers: readonly LogHandlerConfig[];
}

/** Says things. Arguments are put into the text as `console.log` does; a message is shown as the list of its parts. */
export class Logger {
  readonly name: string;
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

  /** From now on log as `config` says. */
  configure(config: LogConfig): void {
    const before = this.#sinks;
    this.#level = LEVELS.indexOf(config.level);
    this.#sinks = config.handlers.map(sinkOf);
    for (const sink of before) void sink.close();
  }

  debug(text: string, ...values: unknown[]): void {
    this.#say('DEBUG', text, values);
  }

  info(text: string, ...values: unknown[]): void {
    this.#say('INFO', text, values);
  }

  warning(text: string, ...values: unknown[]): void {
    this.#say('WARNING', text, values);
  }

  error(text: string, ...values: unknown[]): void {
    this.#say('ERROR', text, values);
  }

  /** Settles when all records are out. Nothing can be said afterwards. */
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

/** The line that `format` makes of a record: `%(name)s`, `%(levelname)-8s`, `%(process)d` and so on, as in Python. */
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

/** To stderr, from INFO up. */
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

/** To a file; to stderr, with the reason, what that does not take: a full disk must not end a daemon. */
function append(path: string, line: string): void {
  try {
    appendFileSync(path, line);
  } catch (error) {
    print(2, `${(error as Error).message}: ${line}`);
  }
}

/**
 * In a thread the standard streams go by way of the main one, and lines of several threads change places: one says that it has
 * received what another has not yet said to have sent.
 */
function print(descriptor: 1 | 2, line: string): void {
  if (!isMainThread) {
    try {
      writeSync(descriptor, line);
      return;
    } catch {
      // A pipe that is full: then late is better than never.
    }
  }
  (descriptor === 1 ? process.stdout : process.stderr).write(line);
}

/** Parts of a message as text, the way the guide's transcript shows them. */
function shown(value: unknown): unknown {
  if (!Array.isArray(value) || !value.every(Buffer.isBuffer)) return value;
  return `[${value.map((part) => `'${part}'`).join(', ')}]`;
}

/** Milliseconds for the last records at the end. */
const LINGER = 1_000;

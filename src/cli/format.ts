/** Format: reads and writes messages as text, for people and scripts. */

import { isUtf8 } from 'node:buffer';
import { UsageError } from './arguments.ts';

/** How a message is written on one line; `raw`: its octets, unchanged. */
export type Format = 'text' | 'json' | 'hex' | 'raw';

export const FORMATS: readonly [Format, ...Format[]] = ['text', 'json', 'hex', 'raw'];

/** Separates the parts of a message in the format `text`, by default. */
export const SEPARATOR: string = '\t';

/**
 * Parses `line` to the parts of one message.
 *
 *     text   hello⇥world                       separated by tabs
 *     json   ["hello",{"n":1},{"hex":"00ff"}]   an array of parts; any other value is the only part
 *     hex    68656c6c6f 00ff               separated by spaces; - is an empty part
 *
 * @throws UsageError for a line that is not in that format
 */
export function parseMessage(
  line: string,
  format: Format,
  separator: string = SEPARATOR,
): Buffer[] {
  switch (format) {
    case 'text':
      return line.split(separator).map((part) => Buffer.from(part));
    case 'hex':
      return line.trim().split(/\s+/).map(fromHex);
    case 'json': {
      const value = parseJson(line);
      if (!Array.isArray(value)) return [partOf(value)];
      if (value.length === 0) throw new UsageError('[] is a message without parts');
      return value.map(partOf);
    }
    case 'raw':
      return [Buffer.from(line)];
  }
}

/** Parses one argument of the command line to a part. */
export function parsePart(word: string, format: Format): Buffer {
  if (format === 'hex') return fromHex(word);
  return format === 'json' ? partOf(parseJson(word)) : Buffer.from(word);
}

/** A line that `parseMessage` reads as `message`. In the format `text`, octets that cannot be shown are escaped as \x00. */
export function formatMessage(
  message: readonly Buffer[],
  format: Exclude<Format, 'raw'>,
  separator: string = SEPARATOR,
): string {
  switch (format) {
    case 'text':
      return message.map(showText).join(separator);
    case 'hex':
      return message.map((part) => part.toString('hex') || '-').join(' ');
    case 'json':
      return JSON.stringify(
        message.map((part) => (isUtf8(part) ? part.toString() : { hex: part.toString('hex') })),
      );
  }
}

/** Writes a routing id as text: as it is where it can be shown, else `0x` and its octets in hex. */
export function formatId(id: Buffer): string {
  return isUtf8(id) && !UNSHOWABLE.test(id.toString()) && !/^0x/.test(id.toString())
    ? id.toString()
    : `0x${id.toString('hex')}`;
}

/** Parses what `formatId` wrote to the routing id. */
export function parseId(text: Buffer): Buffer {
  const [, hex] = /^0x((?:[0-9a-f]{2})+)$/i.exec(text.toString('latin1')) ?? [];
  return hex === undefined ? text : Buffer.from(hex, 'hex');
}

/** `text` on one line of a terminal: control characters are escaped as \x00. */
export function showLine(text: string): string {
  return text.replace(UNSHOWABLES, (c) => escaped(Buffer.from(c)));
}

function showText(part: Buffer): string {
  if (isUtf8(part)) return showLine(part.toString());
  const octets = part.toString('latin1');
  return octets.replace(/[^\x20-\x7e]/g, (c) => escaped(Buffer.from(c, 'latin1')));
}

function escaped(octets: Buffer): string {
  return [...octets].map((octet) => `\\x${octet.toString(16).padStart(2, '0')}`).join('');
}

function fromHex(word: string): Buffer {
  if (word === '-') return Buffer.alloc(0);
  if (/^(?:[0-9a-f]{2})+$/i.test(word)) return Buffer.from(word, 'hex');
  throw new UsageError(`"${word}" is not hexadecimal`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`not JSON: ${(error as Error).message}`);
  }
}

function partOf(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.from(value);
  if (typeof value === 'object' && value !== null) {
    const [[name, hex] = [], ...more] = Object.entries(value);
    if (name === 'hex' && typeof hex === 'string' && more.length === 0) {
      return hex === '' ? Buffer.alloc(0) : fromHex(hex);
    }
  }
  return Buffer.from(JSON.stringify(value));
}

/** Control characters, which a terminal would obey. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant
const UNSHOWABLE = /[\x00-\x1f\x7f-\x9f]/;
const UNSHOWABLES = new RegExp(UNSHOWABLE, 'g');

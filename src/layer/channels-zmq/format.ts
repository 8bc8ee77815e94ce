/**
 * The wire format of the Python package channels_zmq, version 0.1: one frame.
 *
 * ```
 * topic LF expiry LF json
 * ```
 *
 * The topic is the name of a group or channel; of a process-specific channel the part up to and including `!`, whose full name
 * is in the message as `__asgi_channel__`. The expiry is seconds since 1970 as Python writes a float.
 */

import { asMessage, type Codec } from '../codec/codec.ts';
import { checkDepth, replaceIntegers } from '../codec/json-text.ts';
import { checkMessage, define } from '../codec/value.ts';
import { InvalidMessage, LayerError } from '../errors.ts';
import type { LayerOptions } from '../options.ts';

/** The key under which a message holds the name of its process-specific channel. */
export const CHANNEL_KEY = '__asgi_channel__';

/** One frame, decoded. */
export interface ZmqFrame {
  readonly topic: string;
  /** Seconds since 1970. */
  readonly expiry: number;
  readonly json: Buffer;
}

/** The options of a layer, with the codec of its wire. @throws LayerError for options that the wire does not support */
export function wireOptions<O extends LayerOptions & { wire?: string }>(options: O): LayerOptions {
  const { wire = 'native' } = options;
  if (wire === 'native') return options;
  if (wire !== 'channels_zmq') {
    throw new LayerError('ERR_INVALID_OPTION', `wire is ${wire}, expected native or channels_zmq`);
  }
  for (const name of ['codec', 'prefix', 'symmetricEncryptionKeys'] as const) {
    if (options[name] === undefined || options[name] === 'json') continue;
    throw new LayerError('ERR_UNSUPPORTED', `the wire of channels_zmq has no ${name}`);
  }
  return { ...options, codec: new ZmqCodec() };
}

/** Encodes a frame as Python does; `expiry` is seconds since 1970. */
export function writeFrame(topic: string, expiry: number, json: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${topic}\n${pythonFloat(expiry)}\n`), json]);
}

/** Decodes a frame. @throws LayerError `ERR_PROTOCOL` */
export function readFrame(frame: Buffer): ZmqFrame {
  const first = frame.indexOf(LF);
  const second = first < 0 ? -1 : frame.indexOf(LF, first + 1);
  if (second < 0) throw new LayerError('ERR_PROTOCOL', 'not of channels_zmq: two line feeds');
  const text = frame.toString('latin1', first + 1, second);
  const expiry = Number(text);
  if (text.trim() === '' || !Number.isFinite(expiry)) {
    throw new LayerError('ERR_PROTOCOL', `not of channels_zmq: expiry ${JSON.stringify(text)}`);
  }
  return { topic: frame.toString('utf8', 0, first), expiry, json: frame.subarray(second + 1) };
}

/** JSON as Python's `json.dumps` writes it. Bytes, NaN and the infinities are refused. */
export class ZmqCodec implements Codec {
  readonly name = 'channels_zmq';

  encode(message: object): Uint8Array {
    checkMessage(message, { finite: true });
    return Buffer.from(dumps(message, '$'), 'latin1');
  }

  decode(octets: Uint8Array): object {
    const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString();
    checkDepth(text);
    const value: unknown = JSON.parse(text);
    if (!/\d{16}/.test(text)) return asMessage(value);
    // Integers that a double would round are marked as text, and then become bigints. The text is known to be JSON by now.
    const mark = text.includes('int:') ? `int:${text.length}:` : 'int:';
    const marked = replaceIntegers(text, 16, (digits) => {
      if (digits.length <= DIGITS_MAX) return JSON.stringify(mark + digits);
      throw new LayerError('ERR_CODEC', `an integer of ${digits.length} characters`);
    });
    return asMessage(
      JSON.parse(marked, (_key, value: unknown) => {
        if (typeof value !== 'string' || !value.startsWith(mark)) return value;
        const digits = value.slice(mark.length);
        return Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits);
      }),
    );
  }
}

/** `json` of a message, with the name of its channel added as `CHANNEL_KEY`. */
export function withChannel(json: Uint8Array, channel: string): Buffer {
  const open = Buffer.from(json.buffer, json.byteOffset, json.byteLength - 1);
  const comma = json.byteLength > 2 ? ', ' : '';
  return Buffer.concat([open, Buffer.from(`${comma}"${CHANNEL_KEY}": "${channel}"}`)]);
}

/** The message without `CHANNEL_KEY`, and the channel named there, if any. */
export function takeChannel(message: object): { channel: string | undefined; message: object } {
  const { [CHANNEL_KEY]: channel, ...rest } = message as Record<string, unknown>;
  if (typeof channel !== 'string') return { channel: undefined, message };
  if (!Object.hasOwn(message, '__proto__')) return { channel, message: rest };
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(message)) {
    if (key !== CHANNEL_KEY) define(copy, key, value);
  }
  return { channel, message: copy };
}

function dumps(value: unknown, path: string): string {
  if (value instanceof Uint8Array) {
    throw new InvalidMessage(path, 'the wire of channels_zmq has no bytes');
  }
  if (typeof value === 'string') {
    return JSON.stringify(value).replaceAll(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }
  if (typeof value === 'number' && !Number.isInteger(value)) return pythonFloat(value);
  if (typeof value === 'bigint') return String(value);
  if (Object.is(value, -0)) return '-0.0';
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return pythonFloat(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    return `[${value.map((inner, i) => dumps(inner, `${path}[${i}]`)).join(', ')}]`;
  }
  const pairs = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => `${dumps(key, path)}: ${dumps(inner, `${path}.${key}`)}`);
  return `{${pairs.join(', ')}}`;
}

/** `value` as Python's `repr` writes a float. */
function pythonFloat(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return `${value}.0`;
  const text = String(value);
  if (!text.includes('e')) {
    // JavaScript writes out numbers up to 1e21, Python up to 1e16.
    return Math.abs(value) < 1e16 && Math.abs(value) >= 1e-4 ? text : exponential(value);
  }
  return exponential(value);
}

function exponential(value: number): string {
  const [mantissa, exponent = '0'] = value.toExponential().split('e');
  const sign = exponent.startsWith('-') ? '-' : '+';
  return `${mantissa}e${sign}${exponent.replace(/^[+-]/, '').padStart(2, '0')}`;
}

const LF = 0x0a;
/** The most digits of an integer that Python reads. */
const DIGITS_MAX = 4300;

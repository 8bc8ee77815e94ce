/** JsonCodec: messages as JSON, which people can read on the wire. Bytes, int64 and -0 are boxed. */

import { LayerError } from '../errors.ts';
import { asMessage, type Codec } from './codec.ts';
import { checkDepth } from './json-text.ts';
import { checkMessage, define } from './value.ts';

/**
 * Text in UTF-8. What JSON lacks stands in a list that begins with a mark: `["\u0000b", base64]` for bytes,
 * `["\u0000i", digits]` for integers beyond 53 bit, `["\u0000-0"]`. A list that begins like a mark itself is written as
 * `["\u0000l", ...]`. NaN and the infinities are refused.
 */
export class JsonCodec implements Codec {
  readonly name = 'json';

  encode(message: object): Uint8Array {
    const special = checkMessage(message, { finite: true });
    return Buffer.from(JSON.stringify(special || hasMark(message) ? box(message) : message));
  }

  decode(octets: Uint8Array): object {
    const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString();
    checkDepth(text);
    const value: unknown = JSON.parse(text);
    return asMessage(text.includes('\\u0000') ? unbox(value) : value);
  }
}

const BYTES = '\0b';
const INTEGER = '\0i';
const NEGATIVE_ZERO = '\0-0';
const LIST = '\0l';

/** A list whose first element looks like a mark. */
function hasMark(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (!Array.isArray(value)) return Object.values(value).some(hasMark);
  return isMark(value[0]) || value.some(hasMark);
}

function isMark(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('\0');
}

function box(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : [INTEGER, String(value)];
  }
  if (Object.is(value, -0)) return [NEGATIVE_ZERO];
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) {
    const { buffer, byteOffset, byteLength } = value;
    return [BYTES, Buffer.from(buffer, byteOffset, byteLength).toString('base64')];
  }
  if (Array.isArray(value)) {
    const list = value.map(box);
    return isMark(value[0]) ? [LIST, ...list] : list;
  }
  const map: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) define(map, key, box(inner));
  return map;
}

function unbox(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value)) {
    const map = value as Record<string, unknown>;
    for (const key of Object.keys(map)) define(map, key, unbox(map[key]));
    return map;
  }
  if (!isMark(value[0])) return value.map(unbox);
  const [mark, text] = value as unknown[];
  if (mark === BYTES && typeof text === 'string') {
    return new Uint8Array(Buffer.from(text, 'base64'));
  }
  if (mark === INTEGER && typeof text === 'string') return BigInt(text);
  if (mark === NEGATIVE_ZERO) return -0;
  if (mark === LIST) return value.slice(1).map(unbox);
  throw new LayerError('ERR_CODEC', `unknown mark ${JSON.stringify(mark)}`);
}

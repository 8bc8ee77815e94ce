/** Value: what a message can hold, and a check that names the path of a value that it cannot. */

import { InvalidMessage } from '../errors.ts';

/** A value in a message. A property that is `undefined` is left out. */
export type Value =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [key: string]: Value };

/** A message: a plain object. Bytes are `Uint8Array` (a `Buffer` is one); a `bigint` is a signed integer of at most 64 bit. */
export interface Message {
  readonly [key: string]: Value;
}

/** What a codec cannot encode, beside what no message can hold. */
export interface ValueLimits {
  /** Whether NaN and the infinities are refused. */
  readonly finite: boolean;
}

/** The most lists and maps inside each other, the message itself included. */
export const DEPTH_MAX = 100;
/** Keys that Django Channels keeps for itself. */
const RESERVED: readonly string[] = ['__asgi_channel__', '__asgi_group__'];
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * Walks through a message before it is encoded.
 * @returns whether it holds a value that JavaScript and the usual encoders treat differently: a bigint, an integer beyond 32 bit,
 * a negative zero, bytes, or `undefined`
 * @throws InvalidMessage
 */
export function checkMessage(message: unknown, limits: ValueLimits): boolean {
  if (!isPlain(message) || Array.isArray(message)) {
    throw new InvalidMessage('$', `a message is a plain object, not ${describe(message)}`);
  }
  for (const key of RESERVED) {
    if (Object.hasOwn(message, key)) {
      throw new InvalidMessage(`$.${key}`, 'the key is reserved for the layer');
    }
  }
  try {
    return checkMap(message as Record<string, unknown>, 1, limits);
  } catch (error) {
    if (!(error instanceof Offence)) throw error;
    throw new InvalidMessage(`$${error.path}`, error.why);
  }
}

/** A deep copy of `value`: they share nothing that can be changed. */
export function copyValue<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const list = new Array(value.length);
    for (let i = 0; i < value.length; i++) list[i] = copyValue(value[i]);
    return list as T;
  }
  if (value instanceof Uint8Array) return new Uint8Array(value) as T;
  const map: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    define(map, key, copyValue((value as Record<string, unknown>)[key]));
  }
  return map as T;
}

/** Sets an own property, also one with the name `__proto__`. */
export function define(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') map[key] = value;
  else {
    const descriptor = { value, enumerable: true, configurable: true, writable: true };
    Object.defineProperty(map, key, descriptor);
  }
}

/** Hot: once per value. The path is put together only when something is wrong. */
function check(value: unknown, depth: number, limits: ValueLimits): boolean {
  switch (typeof value) {
    case 'string':
      // Half a surrogate pair has no UTF-8, and would arrive as something else.
      if (!(value as WellFormed).isWellFormed()) throw new Offence('text with a lone surrogate');
      return false;
    case 'number':
      if (limits.finite && !Number.isFinite(value)) {
        throw new Offence(`${value} has no form in this codec`);
      }
      return value > 0xffff_ffff || value < -0x8000_0000 || Object.is(value, -0);
    case 'boolean':
      return false;
    case 'bigint':
      if (value < INT64_MIN || value > INT64_MAX) {
        throw new Offence(`${value} is beyond a signed integer of 64 bit`);
      }
      return true;
    case 'undefined':
      throw new Offence('undefined');
    case 'object':
      break;
    default:
      throw new Offence(`a ${typeof value} cannot be sent`);
  }
  if (value === null) return false;
  if (value instanceof Uint8Array) return true;
  if (depth >= DEPTH_MAX) {
    throw new Offence(`a cycle, or more than ${DEPTH_MAX} values inside each other`);
  }
  if (!isPlain(value)) throw new Offence(`${describe(value)} cannot be sent`);
  if (!Array.isArray(value)) return checkMap(value as Record<string, unknown>, depth + 1, limits);
  let special = false;
  for (let i = 0; i < value.length; i++) {
    try {
      if (check(value[i], depth + 1, limits)) special = true;
    } catch (error) {
      throw (error as Offence).under(`[${i}]`);
    }
  }
  return special;
}

function checkMap(map: Record<string, unknown>, depth: number, limits: ValueLimits): boolean {
  let special = false;
  const keys = Object.keys(map);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const value = map[key];
    try {
      if (!(key as WellFormed).isWellFormed()) throw new Offence('a key with a lone surrogate');
      if (value === undefined) special = true;
      else if (check(value, depth, limits)) special = true;
    } catch (error) {
      if (!(error instanceof Offence)) throw error;
      throw error.under(/^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);
    }
  }
  return special;
}

/** An object as a literal makes it, or a list. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  // The last one is a literal of another realm, such as a test runner's.
  return (
    prototype === Object.prototype ||
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf'))
  );
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return 'a list';
  return `an object of class ${value.constructor?.name ?? '?'}`;
}

/** A value that cannot be sent. Its path grows while the error passes through the callers, which is cheaper than keeping one. */
class Offence {
  readonly why: string;
  path = '';

  constructor(why: string) {
    this.why = why;
  }

  under(step: string): this {
    this.path = step + this.path;
    return this;
  }
}

/** A string with a method of ES2024, which Node 20 has, and the type library of this package has not. */
type WellFormed = string & { isWellFormed(): boolean };

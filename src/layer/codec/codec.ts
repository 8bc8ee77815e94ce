/** Codec: a message to octets and back. */

import { LayerError } from '../errors.ts';

/** Encodes and decodes messages: the option `codec` is the name of ours, or an object like this. */
export interface Codec {
  /** A name for people. */
  readonly name: string;
  /**
   * Returns the octets of `message`; they are not changed afterwards.
   * @throws InvalidMessage for a value that it cannot encode
   */
  encode(message: object): Uint8Array;
  /** Returns the message. Throws any error for octets that it cannot decode. Keeps no reference to `octets`. */
  decode(octets: Uint8Array): unknown;
}

/** `value` that a codec has decoded, if it is an object. @throws LayerError `ERR_CODEC` */
export function asMessage(value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new LayerError('ERR_CODEC', 'the octets hold a value that is no message');
}

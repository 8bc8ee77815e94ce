/** Codec: encodes messages to octets and decodes them. */

import { LayerError } from '../errors.ts';

/** Encodes and decodes messages: the option `codec` is the name of a codec of this package, or such an object. */
export interface Codec {
  /** The name of the codec, for people to read. */
  readonly name: string;
  /**
   * Returns the octets of `message`; they are not changed afterwards.
   * @throws InvalidMessage for a value that it cannot encode
   */
  encode(message: object): Uint8Array;
  /** Returns the message. Throws any error for octets that it cannot decode. Keeps no reference to `octets`. */
  decode(octets: Uint8Array): unknown;
}

/** Returns `value`, which a codec has decoded, if it is an object and no list. @throws LayerError `ERR_CODEC` */
export function asMessage(value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new LayerError('ERR_CODEC', 'the octets hold a value that is no message');
}

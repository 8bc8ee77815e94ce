/** Codec: a message to octets and back. */

import { LayerError } from '../errors.ts';

/** What `codec` can be: one of ours by name, or an object like this. */
export interface Codec {
  /** Shown in stats and errors. */
  readonly name: string;
  /**
   * The octets of `message`, which stay as they are from here on.
   * @throws InvalidMessage for what it cannot carry
   */
  encode(message: object): Uint8Array;
  /** The message. Throws whatever it likes for octets it cannot read. Keeps no reference to `octets`. */
  decode(octets: Uint8Array): unknown;
}

/** What came out of a codec, if it can be a message. */
export function asMessage(value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new LayerError('ERR_CODEC', 'the octets hold a value that is no message');
}

/** MsgpackCodec: messages as msgpack. */

import { asMessage, type Codec } from './codec.ts';
import { MsgpackDecoder } from './msgpack-decoder.ts';
import { MsgpackEncoder } from './msgpack-encoder.ts';
import { checkMessage } from './value.ts';

/**
 * Integers come back as `number` up to 53 bit and as `bigint` beyond, whatever they were sent as; -0 stays -0; bytes come
 * back as `Uint8Array`s of their own.
 */
export class MsgpackCodec implements Codec {
  readonly name = 'msgpack';
  #encoder: MsgpackEncoder | undefined;

  encode(message: object): Uint8Array {
    checkMessage(message, { finite: false });
    const encoder = this.#encoder ?? new MsgpackEncoder();
    // A getter in the message may call this method.
    this.#encoder = undefined;
    const octets = encoder.encode(message);
    this.#encoder = encoder;
    return octets;
  }

  decode(octets: Uint8Array): object {
    return asMessage(new MsgpackDecoder(octets).message());
  }
}

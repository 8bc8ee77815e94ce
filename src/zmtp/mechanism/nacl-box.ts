/**
 * NaclBox: XSalsa20-Poly1305 (`crypto_secretbox` of NaCl) by TweetNaCl.
 *
 * XSalsa20 takes a nonce of 24 octets: it first derives a key from the 16 at the front, then runs Salsa20 with that key and
 * the 8 at the back. In CURVE the front is a text that stays the same for a whole direction of a connection, so that the
 * derivation is done once.
 */

import nacl from 'tweetnacl';
import { KEY_SIZE } from './curve-key-pair.ts';

/** Octets by which a box is longer than its content. */
export const TAG_SIZE = 16;
/** Octets of room that sealing needs before the content. */
export const SEAL_ROOM: number = KEY_SIZE;
/** Where the last 8 octets of the nonce are in what is opened in place: directly before the tag. */
export const NONCE_BACK_AT: number = SEAL_ROOM - TAG_SIZE - 8;

export class NaclBox {
  /** The key of Salsa20, derived from the key and the front of the nonces. */
  readonly #key: Uint8Array;

  /** `nonceFront`: the first 16 octets of all nonces. */
  constructor(key: Uint8Array, nonceFront: Uint8Array) {
    this.#key = deriveKey(key, nonceFront);
  }

  /** See `StreamBox.sealInPlace`. */
  sealInPlace(nonceBack: Uint8Array, work: Uint8Array): void {
    const octets = plain(work);
    // The first 32 octets of the key stream are the key of the tag, and lie before the content.
    octets.fill(0, 0, KEY_SIZE);
    this.#stream(nonceBack, octets);
    // The key has been read when the tag is written over it.
    crypto_onetimeauth(octets, TAG_AT, octets, KEY_SIZE, octets.length - KEY_SIZE, octets);
    octets.fill(0, 0, TAG_AT);
  }

  /** See `StreamBox.openInPlace`. */
  openInPlace(work: Uint8Array): boolean {
    const size = work.length - SEAL_ROOM;
    const octets = plain(Buffer.allocUnsafe(work.length));
    const sealed = plain(work);
    octets.set(sealed);
    octets.fill(0, 0, KEY_SIZE);
    this.#stream(work.subarray(NONCE_BACK_AT), octets);
    const genuine = verify(sealed, size, octets);
    if (genuine) sealed.set(octets.subarray(SEAL_ROOM), SEAL_ROOM);
    octets.fill(0, 0, genuine ? KEY_SIZE : octets.length);
    return genuine;
  }

  #stream(nonceBack: Uint8Array, octets: Uint8Array): void {
    for (let i = 0; i < 8; i++) NONCE[i] = nonceBack[i]!;
    crypto_stream_salsa20_xor(octets, 0, octets, 0, octets.length, NONCE, this.#key);
  }

  wipe(): void {
    this.#key.fill(0);
  }
}

/** The same octets as a plain Uint8Array, which a Buffer extends: code that has seen both is a third slower. */
function plain({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

function verify(work: Uint8Array, size: number, key: Uint8Array): boolean {
  return crypto_onetimeauth_verify(work, TAG_AT, work, SEAL_ROOM, size, key) === 0;
}

/** HSalsa20: derives a key from `key` and 16 octets. */
export function deriveKey(key: Uint8Array, front: Uint8Array): Uint8Array {
  const derived = new Uint8Array(KEY_SIZE);
  crypto_core_hsalsa20(derived, plain(front), plain(key), SIGMA);
  return derived;
}

/** What is used of `nacl.lowlevel`, which its types leave out. Positions and sizes are octets. */
interface LowLevel {
  crypto_core_hsalsa20(
    target: Uint8Array,
    input: Uint8Array,
    key: Uint8Array,
    constants: Uint8Array,
  ): void;
  /** `target` may be `source`, at the same position. */
  crypto_stream_salsa20_xor(
    target: Uint8Array,
    targetAt: number,
    source: Uint8Array,
    sourceAt: number,
    size: number,
    nonce: Uint8Array,
    key: Uint8Array,
  ): void;
  /** Poly1305; the key is the first 32 octets of `key`. */
  crypto_onetimeauth(
    tag: Uint8Array,
    tagAt: number,
    message: Uint8Array,
    messageAt: number,
    size: number,
    key: Uint8Array,
  ): void;
  /** 0 = the tag is right. Takes the same time for every tag. */
  crypto_onetimeauth_verify(
    tag: Uint8Array,
    tagAt: number,
    message: Uint8Array,
    messageAt: number,
    size: number,
    key: Uint8Array,
  ): number;
}

const {
  crypto_core_hsalsa20,
  crypto_stream_salsa20_xor,
  crypto_onetimeauth,
  crypto_onetimeauth_verify,
} = (nacl as unknown as { readonly lowlevel: LowLevel }).lowlevel;

const NONCE = new Uint8Array(8);
const TAG_AT = KEY_SIZE - TAG_SIZE;
const SIGMA = new Uint8Array(Buffer.from('expand 32-byte k', 'latin1'));

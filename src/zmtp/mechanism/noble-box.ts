/**
 * NobleBox: XSalsa20-Poly1305 (`crypto_secretbox` of NaCl) by @noble/ciphers.
 *
 * XSalsa20 takes a nonce of 24 octets: it first derives a key from the 16 at the front, then runs Salsa20 with that key and
 * the 8 at the back. In CURVE the front is a text that stays the same for a whole direction of a connection, so that the
 * derivation is done once.
 */

import { timingSafeEqual } from 'node:crypto';
import { poly1305 } from '@noble/ciphers/_poly1305.js';
import { hsalsa, salsa20 } from '@noble/ciphers/salsa.js';
import { KEY_SIZE } from './curve-key-pair.ts';

/** Octets that a box is longer than its content. */
export const TAG_SIZE = 16;
/** Octets of room that sealing needs before the content. */
export const SEAL_ROOM: number = KEY_SIZE;

export class NobleBox {
  /** The key of Salsa20, derived from the key and the front of the nonces. */
  readonly #key: Uint8Array;

  /** `nonceFront`: the first 16 octets of all nonces. */
  constructor(key: Uint8Array, nonceFront: Uint8Array) {
    this.#key = deriveKey(key, nonceFront);
  }

  /** See `StreamBox.sealInPlace`. */
  sealInPlace(nonceBack: Uint8Array, work: Uint8Array): void {
    // The first 32 octets of the key stream are the key of the tag, and lie before the content.
    work.fill(0, 0, KEY_SIZE);
    salsa20(this.#key, nonceBack, work, work);
    const tag = poly1305(work.subarray(KEY_SIZE), work.subarray(0, KEY_SIZE));
    work.fill(0, 0, KEY_SIZE - TAG_SIZE);
    work.set(tag, KEY_SIZE - TAG_SIZE);
  }

  /** The content of `box`; undefined if it is forged. */
  open(nonceBack: Uint8Array, box: Uint8Array): Buffer | undefined {
    const work = Buffer.allocUnsafe(KEY_SIZE + box.length - TAG_SIZE);
    work.fill(0, 0, KEY_SIZE);
    const cipherText = box.subarray(TAG_SIZE);
    work.set(cipherText, KEY_SIZE);
    salsa20(this.#key, nonceBack, work, work);
    const tag = poly1305(cipherText, work.subarray(0, KEY_SIZE));
    const genuine = timingSafeEqual(tag, box.subarray(0, TAG_SIZE));
    work.fill(0, 0, genuine ? KEY_SIZE : work.length);
    return genuine ? work.subarray(KEY_SIZE) : undefined;
  }

  wipe(): void {
    this.#key.fill(0);
  }
}

/** HSalsa20: derives a key from `key` and 16 octets. */
export function deriveKey(key: Uint8Array, front: Uint8Array): Uint8Array {
  const derived = new Uint32Array(8);
  const copy = words(key);
  hsalsa(SIGMA, copy, words(front), derived);
  copy.fill(0);
  return new Uint8Array(derived.buffer);
}

function words(octets: Uint8Array): Uint32Array {
  const copy = new Uint8Array(octets);
  return new Uint32Array(copy.buffer);
}

/** "expand 32-byte k", as the words that Salsa20 takes. */
const SIGMA = words(Buffer.from('expand 32-byte k', 'latin1'));

/**
 * CurveBox: the two boxes of CURVE (RFC 26), from X25519 of node:crypto and XSalsa20-Poly1305 of @noble/ciphers, or of
 * libsodium-wrappers where that is installed.
 *
 * XSalsa20 takes a nonce of 24 octets: it first derives a key from the 16 at the front, then runs Salsa20 with that key and
 * the 8 at the back. With @noble/ciphers: in CURVE the front is a text that stays the same for a whole direction of a connection,
 * so that the derivation is done once, in {@link StreamBox}.
 */

import { type KeyObject, timingSafeEqual } from 'node:crypto';
import { poly1305 } from '@noble/ciphers/_poly1305.js';
import { hsalsa, salsa20 } from '@noble/ciphers/salsa.js';
import { ZmtpError } from '../errors.ts';
import { agree, KEY_SIZE } from './curve-key-pair.ts';

/** Octets that a box adds to what is in it. */
export const TAG_SIZE = 16;
/** Octets that {@link StreamBox.sealInPlace} wants in front of what it seals. */
export const SEAL_ROOM: number = KEY_SIZE;

/** What is used of libsodium-wrappers: `crypto_secretbox`. */
export interface Sodium {
  crypto_secretbox_easy(message: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array;
  /** Throws for what does not open. */
  crypto_secretbox_open_easy(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array;
}

/** Have `library` seal and open all boxes that are made from now on; undefined = `@noble/ciphers` does. */
export function sealWith(library: Sodium | undefined): void {
  sodium = library;
}

/**
 * The key of all boxes between a secret and a public key (`crypto_box_beforenm`).
 * @throws ZmtpError `ERR_ZMTP_KEY_EXCHANGE` for a public key that makes the shared secret zero
 */
export function sharedKey(secret: KeyObject, publicKey: KeyObject): Uint8Array {
  const shared = agree(secret, publicKey);
  const key = deriveKey(shared, ZERO_FRONT);
  shared.fill(0);
  return key;
}

/** Seal under a nonce of 24 octets: tag, then cipher text. */
export function seal(key: Uint8Array, nonce: Uint8Array, content: Uint8Array): Buffer {
  const stream = new StreamBox(key, nonce.subarray(0, 16));
  try {
    return stream.seal(nonce.subarray(16), content);
  } finally {
    stream.wipe();
  }
}

/**
 * What {@link seal} sealed.
 * @throws ZmtpError `ERR_ZMTP_CRYPTOGRAPHIC` when key, nonce or a single bit is another
 */
export function open(key: Uint8Array, nonce: Uint8Array, box: Uint8Array): Buffer {
  const stream = new StreamBox(key, nonce.subarray(0, 16));
  try {
    return stream.open(nonce.subarray(16), box);
  } finally {
    stream.wipe();
  }
}

/** Many boxes under one key, whose nonces have the same 16 octets at the front. */
export class StreamBox {
  /** Of Salsa20; with libsodium, that of XSalsa20. */
  readonly #key: Uint8Array;
  readonly #sodium: Sodium | undefined = sodium;
  /** For libsodium, which takes it whole. */
  readonly #nonce = new Uint8Array(24);
  #wiped = false;

  constructor(key: Uint8Array, nonceFront: Uint8Array) {
    this.#key = this.#sodium === undefined ? deriveKey(key, nonceFront) : new Uint8Array(key);
    this.#nonce.set(nonceFront);
  }

  /** `nonceBack`: the last 8 octets. */
  seal(nonceBack: Uint8Array, content: Uint8Array): Buffer {
    const work = Buffer.allocUnsafe(SEAL_ROOM + content.length);
    work.set(content, SEAL_ROOM);
    this.sealInPlace(nonceBack, work);
    return work.subarray(SEAL_ROOM - TAG_SIZE);
  }

  /**
   * Seal what stands in `work` behind {@link SEAL_ROOM} octets: the tag comes in front of it, and what is left of the room is
   * overwritten. Hot.
   */
  sealInPlace(nonceBack: Uint8Array, work: Uint8Array): void {
    // A key of zeros is everybody's.
    if (this.#wiped) throw forgotten();
    if (this.#sodium !== undefined) {
      this.#nonce.set(nonceBack, 16);
      const content = work.subarray(SEAL_ROOM);
      const box = this.#sodium.crypto_secretbox_easy(content, this.#nonce, this.#key);
      work.set(box, SEAL_ROOM - TAG_SIZE);
      return;
    }
    // The first 32 octets of the key stream are the key of the tag, and lie before the content.
    work.fill(0, 0, KEY_SIZE);
    salsa20(this.#key, nonceBack, work, work);
    const tag = poly1305(work.subarray(KEY_SIZE), work.subarray(0, KEY_SIZE));
    work.fill(0, 0, KEY_SIZE - TAG_SIZE);
    work.set(tag, KEY_SIZE - TAG_SIZE);
  }

  /** @throws ZmtpError `ERR_ZMTP_CRYPTOGRAPHIC` */
  open(nonceBack: Uint8Array, box: Uint8Array): Buffer {
    if (this.#wiped) throw forgotten();
    if (box.length < TAG_SIZE) throw forged();
    if (this.#sodium !== undefined) return this.#openWith(this.#sodium, nonceBack, box);
    const work = Buffer.allocUnsafe(KEY_SIZE + box.length - TAG_SIZE);
    work.fill(0, 0, KEY_SIZE);
    const cipherText = box.subarray(TAG_SIZE);
    work.set(cipherText, KEY_SIZE);
    salsa20(this.#key, nonceBack, work, work);
    const tag = poly1305(cipherText, work.subarray(0, KEY_SIZE));
    const genuine = timingSafeEqual(tag, box.subarray(0, TAG_SIZE));
    work.fill(0, 0, genuine ? KEY_SIZE : work.length);
    if (!genuine) throw forged();
    return work.subarray(KEY_SIZE);
  }

  #openWith(library: Sodium, nonceBack: Uint8Array, box: Uint8Array): Buffer {
    this.#nonce.set(nonceBack, 16);
    let content: Uint8Array;
    try {
      content = library.crypto_secretbox_open_easy(box, this.#nonce, this.#key);
    } catch {
      throw forged();
    }
    return Buffer.from(content.buffer, content.byteOffset, content.length);
  }

  /** Wipe the key: nothing is sealed or opened any more. */
  wipe(): void {
    this.#wiped = true;
    this.#key.fill(0);
  }
}

/** HSalsa20: a key out of a key and 16 octets. */
function deriveKey(key: Uint8Array, front: Uint8Array): Uint8Array {
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

function forged(): ZmtpError {
  return new ZmtpError('ERR_ZMTP_CRYPTOGRAPHIC', 'box does not open: wrong key, or forged');
}

function forgotten(): ZmtpError {
  return new ZmtpError('ERR_ZMTP_CRYPTOGRAPHIC', 'keys of this connection are wiped', 'local');
}

let sodium: Sodium | undefined;

/** "expand 32-byte k", as the words that Salsa20 takes. */
const SIGMA = words(Buffer.from('expand 32-byte k', 'latin1'));
const ZERO_FRONT = new Uint8Array(16);

/**
 * CurveBox: the two boxes of CURVE (RFC 26), from X25519 of node:crypto and XSalsa20-Poly1305 of libsodium (WebAssembly), where
 * it is installed, or of TweetNaCl.
 */

import type { KeyObject } from 'node:crypto';
import { ZmtpError } from '../errors.ts';
import { agree, KEY_SIZE } from './curve-key-pair.ts';
import { deriveKey, NaclBox, NONCE_BACK_AT, SEAL_ROOM, TAG_SIZE } from './nacl-box.ts';
import { type Sodium, SodiumBox, SodiumMemory } from './sodium-box.ts';

/**
 * Uses `library` for all boxes that are constructed from now on, if it seals and opens a known box correctly (another version
 * of it might be compiled differently); otherwise, and for undefined, TweetNaCl. Never throws.
 */
export function sealWith(library: Sodium | undefined): void {
  memory = undefined;
  if (library === undefined) return;
  const [key, nonce, content] = [Buffer.alloc(KEY_SIZE, 1), Buffer.alloc(24, 2), Buffer.alloc(100)];
  const expected = seal(key, nonce, content);
  try {
    memory = new SodiumMemory(library);
    if (seal(key, nonce, content).equals(expected) && open(key, nonce, expected).equals(content)) {
      return;
    }
  } catch {
    // Its functions are not those that we know.
  }
  memory = undefined;
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

/** Seals `content` under a nonce of 24 octets. Returns the tag and then the cipher text. */
export function seal(key: Uint8Array, nonce: Uint8Array, content: Uint8Array): Buffer {
  const stream = new StreamBox(key, nonce.subarray(0, 16));
  try {
    return stream.seal(nonce.subarray(16), content);
  } finally {
    stream.wipe();
  }
}

/**
 * The content of a box that {@link seal} returned.
 * @throws ZmtpError `ERR_ZMTP_CRYPTOGRAPHIC` when the key, the nonce or any bit of the box differs
 */
export function open(key: Uint8Array, nonce: Uint8Array, box: Uint8Array): Buffer {
  const stream = new StreamBox(key, nonce.subarray(0, 16));
  try {
    return stream.open(nonce.subarray(16), box);
  } finally {
    stream.wipe();
  }
}

/** Returns what `use` returns for `key`, and overwrites `key` with zeros, even if `use` throws. */
export function useOnce<K extends Uint8Array, T>(key: K, use: (key: K) => T): T {
  try {
    return use(key);
  } finally {
    key.fill(0);
  }
}

/** Seals and opens many boxes under one key. The first 16 octets of their nonces are the same. */
export class StreamBox {
  /** The key (32 octets) and the nonce (24 octets), whose last 8 octets are set for each box. */
  readonly #keyAndNonce = new Uint8Array(KEY_SIZE + 24);
  readonly #sodium: SodiumBox | undefined;
  /** Used where libsodium is not installed, and for boxes that its memory has no room for. */
  #nacl: NaclBox | undefined;
  #wiped = false;

  constructor(key: Uint8Array, nonceFront: Uint8Array) {
    this.#keyAndNonce.set(key);
    this.#keyAndNonce.set(nonceFront, KEY_SIZE);
    this.#sodium = memory === undefined ? undefined : new SodiumBox(memory, this.#keyAndNonce);
  }

  /** `nonceBack`: the last 8 octets. */
  seal(nonceBack: Uint8Array, content: Uint8Array): Buffer {
    const work = Buffer.allocUnsafe(SEAL_ROOM + content.length);
    work.set(content, SEAL_ROOM);
    this.sealInPlace(nonceBack, work);
    return work.subarray(SEAL_ROOM - TAG_SIZE);
  }

  /**
   * Seals in place the octets of `work` that follow the first {@link SEAL_ROOM}: writes the tag directly before them and
   * overwrites the rest of that room. Hot.
   */
  sealInPlace(nonceBack: Uint8Array, work: Uint8Array): void {
    this.#library(work.length).sealInPlace(nonceBack, work);
  }

  /** @throws ZmtpError `ERR_ZMTP_CRYPTOGRAPHIC` */
  open(nonceBack: Uint8Array, box: Uint8Array): Buffer {
    if (box.length < TAG_SIZE) throw forged();
    const work = Buffer.allocUnsafe(SEAL_ROOM - TAG_SIZE + box.length);
    work.set(nonceBack, NONCE_BACK_AT);
    work.set(box, SEAL_ROOM - TAG_SIZE);
    this.openInPlace(work);
    return work.subarray(SEAL_ROOM);
  }

  /**
   * Opens in place what {@link sealInPlace} has sealed, with the end of the nonce directly before the tag: `work` has at least
   * {@link SEAL_ROOM} octets, and the content is where it was. A forged box is left as it is. Hot.
   * @throws ZmtpError `ERR_ZMTP_CRYPTOGRAPHIC`
   */
  openInPlace(work: Uint8Array): void {
    if (!this.#library(work.length).openInPlace(work)) throw forged();
  }

  /** Overwrites the key with zeros. Sealing and opening throw from then on. */
  wipe(): void {
    this.#wiped = true;
    this.#sodium?.wipe();
    this.#nacl?.wipe();
    this.#keyAndNonce.fill(0);
  }

  #library(size: number): SodiumBox | NaclBox {
    // After `wipe` the key is zeros, which anybody could seal and open with.
    if (this.#wiped) throw forgotten();
    if (this.#sodium?.fits(size)) return this.#sodium;
    this.#nacl ??= new NaclBox(
      this.#keyAndNonce.subarray(0, KEY_SIZE),
      this.#keyAndNonce.subarray(KEY_SIZE, KEY_SIZE + 16),
    );
    return this.#nacl;
  }
}

function forged(): ZmtpError {
  return new ZmtpError('ERR_ZMTP_CRYPTOGRAPHIC', 'box does not open: wrong key, or forged');
}

function forgotten(): ZmtpError {
  return new ZmtpError('ERR_ZMTP_CRYPTOGRAPHIC', 'keys of this connection are wiped', 'local');
}

/** Memory of libsodium; undefined while TweetNaCl is used. */
let memory: SodiumMemory | undefined;

const ZERO_FRONT = new Uint8Array(16);

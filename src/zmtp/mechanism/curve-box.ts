/**
 * CurveBox: the two boxes of CURVE (RFC 26), from X25519 of node:crypto and XSalsa20-Poly1305 of libsodium (WebAssembly), where it
 * is installed, or of @noble/ciphers.
 */

import type { KeyObject } from 'node:crypto';
import { ZmtpError } from '../errors.ts';
import { agree, KEY_SIZE } from './curve-key-pair.ts';
import { deriveKey, NobleBox, SEAL_ROOM, TAG_SIZE } from './noble-box.ts';
import { type Sodium, SodiumBox, SodiumMemory } from './sodium-box.ts';

/**
 * Have `library` seal and open all boxes that are made from now on, if it does that rightly: another version might be built in
 * another way. undefined = `@noble/ciphers` does.
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
    // Not the functions that we know.
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

/** What `use` makes of `key`, which is wiped then, even if it throws. */
export function useOnce<K extends Uint8Array, T>(key: K, use: (key: K) => T): T {
  try {
    return use(key);
  } finally {
    key.fill(0);
  }
}

/** Many boxes under one key, whose nonces have the same 16 octets at the front. */
export class StreamBox {
  /** 32 octets, and 24 of which the last 8 come with each box. */
  readonly #keyAndNonce = new Uint8Array(KEY_SIZE + 24);
  readonly #sodium: SodiumBox | undefined;
  /** Where there is no libsodium, and for what is too large for it. */
  #noble: NobleBox | undefined;
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
   * Seal what stands in `work` behind {@link SEAL_ROOM} octets: the tag comes in front of it, and what is left of the room is
   * overwritten. Hot.
   */
  sealInPlace(nonceBack: Uint8Array, work: Uint8Array): void {
    this.#library(work.length).sealInPlace(nonceBack, work);
  }

  /** @throws ZmtpError `ERR_ZMTP_CRYPTOGRAPHIC` */
  open(nonceBack: Uint8Array, box: Uint8Array): Buffer {
    if (box.length < TAG_SIZE) throw forged();
    const content = this.#library(box.length).open(nonceBack, box);
    if (content === undefined) throw forged();
    return content;
  }

  /** Wipe the key: nothing is sealed or opened any more. */
  wipe(): void {
    this.#wiped = true;
    this.#sodium?.wipe();
    this.#noble?.wipe();
    this.#keyAndNonce.fill(0);
  }

  #library(size: number): SodiumBox | NobleBox {
    // A key of zeros is everybody's.
    if (this.#wiped) throw forgotten();
    if (this.#sodium?.fits(size)) return this.#sodium;
    this.#noble ??= new NobleBox(
      this.#keyAndNonce.subarray(0, KEY_SIZE),
      this.#keyAndNonce.subarray(KEY_SIZE, KEY_SIZE + 16),
    );
    return this.#noble;
  }
}

function forged(): ZmtpError {
  return new ZmtpError('ERR_ZMTP_CRYPTOGRAPHIC', 'box does not open: wrong key, or forged');
}

function forgotten(): ZmtpError {
  return new ZmtpError('ERR_ZMTP_CRYPTOGRAPHIC', 'keys of this connection are wiped', 'local');
}

/** Of libsodium, while that is used. */
let memory: SodiumMemory | undefined;

const ZERO_FRONT = new Uint8Array(16);

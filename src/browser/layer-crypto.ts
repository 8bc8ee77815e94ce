/**
 * LayerCrypto: in place of `node:crypto`, those of its functions that layers use. The platform's own return promises, and exist
 * only for pages that came by https.
 */

import { gcm } from '@noble/ciphers/aes.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** `size` octets of the platform's cryptographic random numbers. */
export function randomBytes(size: number): Buffer {
  return crypto.getRandomValues(Buffer.alloc(size));
}

/** A hash with Node's methods; `update` is called once, with all that is hashed. */
export function createHash(name: 'sha1' | 'sha256'): Hash {
  return new Hash(name);
}

class Hash {
  readonly #name: 'sha1' | 'sha256';
  #octets: Uint8Array = new Uint8Array(0);

  constructor(name: 'sha1' | 'sha256') {
    this.#name = name;
  }

  update(value: string | Uint8Array): this {
    this.#octets = typeof value === 'string' ? Buffer.from(value) : value;
    return this;
  }

  digest(): Buffer;
  digest(encoding: 'hex'): string;
  digest(encoding?: 'hex'): Buffer | string {
    const hash = this.#name === 'sha1' ? sha1 : sha256;
    const digest = Buffer.from(hash(this.#octets));
    return encoding === undefined ? digest : digest.toString(encoding);
  }
}

/** Encrypts by AES-256-GCM; `update` is called once, with all octets. */
export function createCipheriv(_name: string, key: Buffer, nonce: Buffer): Gcm {
  return new Gcm(key, nonce, true);
}

/** Decrypts by AES-256-GCM; `update` is called once, with all octets, and throws where the tag does not match. */
export function createDecipheriv(_name: string, key: Buffer, nonce: Uint8Array): Gcm {
  return new Gcm(key, nonce, false);
}

class Gcm {
  readonly #key: Buffer;
  readonly #nonce: Uint8Array;
  readonly #seals: boolean;
  #name: Buffer = Buffer.alloc(0);
  #tag: Uint8Array = new Uint8Array(0);

  constructor(key: Buffer, nonce: Uint8Array, seals: boolean) {
    this.#key = key;
    this.#nonce = nonce;
    this.#seals = seals;
  }

  setAAD(name: Buffer): void {
    this.#name = name;
  }

  setAuthTag(tag: Uint8Array): void {
    this.#tag = tag;
  }

  getAuthTag(): Uint8Array {
    return this.#tag;
  }

  /** Encrypts or decrypts all octets. @throws Error when the tag does not match */
  update(octets: Uint8Array): Uint8Array {
    const cipher = gcm(this.#key, this.#nonce, this.#name);
    if (!this.#seals) return cipher.decrypt(Buffer.concat([octets, this.#tag]));
    const sealed = cipher.encrypt(octets);
    this.#tag = sealed.subarray(-TAG);
    return sealed.subarray(0, -TAG);
  }

  final(): Uint8Array {
    return new Uint8Array(0);
  }
}

const TAG = 16;

/**
 * LayerCrypto: in place of `node:crypto`, those of its functions that layers use. The platform's own return promises, and exist
 * only for pages that came by https.
 */

import { gcm } from '@noble/ciphers/aes.js';

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
    const digest = this.#name === 'sha1' ? sha1(this.#octets) : sha256(this.#octets);
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

/** FIPS 180-4, section 6.1. */
function sha1(octets: Uint8Array): Buffer {
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  return digestOf(octets, state, (words) => {
    let [a, b, c, d, e] = state as [number, number, number, number, number];
    for (let t = 0; t < 80; t++) {
      if (t >= 16) {
        words[t] = rotl(words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!, 1);
      }
      const choice = t < 20 ? (b & c) | (~b & d) : b ^ c ^ d;
      const f = t >= 40 && t < 60 ? (b & c) | (b & d) | (c & d) : choice;
      const k = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6][Math.floor(t / 20)]!;
      [a, b, c, d, e] = [rotl(a, 5) + f + e + k + words[t]!, a, rotl(b, 30), c, d];
    }
    return [a, b, c, d, e];
  });
}

/** FIPS 180-4, section 6.2. */
function sha256(octets: Uint8Array): Buffer {
  const state = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
  return digestOf(octets, state, (words) => {
    const at = [...state];
    for (let t = 0; t < 64; t++) {
      if (t >= 16) {
        const [far, near] = [words[t - 15]!, words[t - 2]!];
        const sigma0 = rotl(far, 25) ^ rotl(far, 14) ^ (far >>> 3);
        const sigma1 = rotl(near, 15) ^ rotl(near, 13) ^ (near >>> 10);
        words[t] = (words[t - 16]! + sigma0 + words[t - 7]! + sigma1) | 0;
      }
      const [a, b, c, d, e, f, g, h] = at as [
        ...[number, number, number, number],
        ...[number, number, number, number],
      ];
      const sum1 = rotl(e, 26) ^ rotl(e, 21) ^ rotl(e, 7);
      const one = h + sum1 + ((e & f) ^ (~e & g)) + K[t]! + words[t]!;
      const sum0 = rotl(a, 30) ^ rotl(a, 19) ^ rotl(a, 10);
      at.unshift((one + sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0);
      at[4] = (d + one) | 0;
      at.pop();
    }
    return at;
  });
}

/** Pads `octets` and has `round` take each block of 16 words, whose result is added to `state` (sections 5.1.1 and 5.2.1). */
function digestOf(
  octets: Uint8Array,
  state: number[],
  round: (words: number[]) => number[],
): Buffer {
  const padded = Buffer.alloc(Math.ceil((octets.length + 9) / 64) * 64);
  padded.set(octets);
  padded[octets.length] = 0x80;
  padded.writeUIntBE(octets.length * 8, padded.length - 6, 6);
  for (let at = 0; at < padded.length; at += 64) {
    const words = Array.from({ length: 16 }, (_, i) => padded.readInt32BE(at + i * 4));
    const sums = round(words);
    for (let i = 0; i < state.length; i++) state[i] = (state[i]! + sums[i]!) | 0;
  }
  const digest = Buffer.alloc(state.length * 4);
  for (const [i, word] of state.entries()) digest.writeInt32BE(word, i * 4);
  return digest;
}

function rotl(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}

/** The first 32 bits of the fraction of `value`. */
function fraction(value: number): number {
  return ((value % 1) * 2 ** 32) | 0;
}

/** The first 64 primes. */
const PRIMES: readonly number[] = Array.from({ length: 312 }, (_, i) => i).filter((n) => {
  for (let i = 2; i * i <= n; i++) if (n % i === 0) return false;
  return n > 1;
});

const K: readonly number[] = PRIMES.map((prime) => fraction(Math.cbrt(prime)));

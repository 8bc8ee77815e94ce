/**
 * SodiumBox: XSalsa20-Poly1305 (`crypto_secretbox`) by libsodium, compiled to WebAssembly.
 *
 * Its functions work on memory of WebAssembly, into and out of which everything is copied. libsodium-wrappers allocates memory
 * for each argument and each result; here one area serves all boxes: 64 octets are sealed in 0.7 µs instead of 2.1 µs.
 */

import { KEY_SIZE } from './curve-key-pair.ts';
import { SEAL_ROOM, TAG_SIZE } from './nacl-box.ts';

/** What is used of libsodium's module. Addresses and sizes are octets; sizes have 64 bits, in two halves. */
export interface Sodium {
  /** Its memory: another view once that has grown. */
  readonly HEAPU8: Uint8Array;
  /** Returns the address of `size` octets; 0 = no memory is left. */
  _malloc(size: number): number;
  _free(address: number): void;
  /** 0 = done. */
  _crypto_secretbox_easy(
    box: number,
    content: number,
    sizeLow: number,
    sizeHigh: number,
    nonce: number,
    key: number,
  ): number;
  /** 0 = done. */
  _crypto_secretbox_open_easy(
    content: number,
    box: number,
    sizeLow: number,
    sizeHigh: number,
    nonce: number,
    key: number,
  ): number;
}

export class SodiumBox {
  readonly #memory: SodiumMemory;
  readonly #keyAndNonce: Uint8Array;

  /** `keyAndNonce`: 32 octets, and 24 of which the last 8 come with each box. The caller wipes them. */
  constructor(memory: SodiumMemory, keyAndNonce: Uint8Array) {
    this.#memory = memory;
    this.#keyAndNonce = keyAndNonce;
  }

  /** Whether there is memory for a box of about `size` octets. Must be asked before each box. */
  fits(size: number): boolean {
    return this.#memory.reaches(size);
  }

  /** See `StreamBox.sealInPlace`. */
  sealInPlace(nonceBack: Uint8Array, work: Uint8Array): void {
    const { library, start } = this.#memory;
    this.#memory.load(this.#keyAndNonce, nonceBack);
    const size = work.length - SEAL_ROOM;
    const box = start + BOX_AT;
    const content = box + TAG_SIZE;
    library.HEAPU8.set(work.subarray(SEAL_ROOM), content);
    library._crypto_secretbox_easy(box, content, size, 0, start + NONCE_AT, start);
    work.set(library.HEAPU8.subarray(box, content + size), SEAL_ROOM - TAG_SIZE);
  }

  /** The content of `box`; undefined if it is forged. */
  open(nonceBack: Uint8Array, box: Uint8Array): Buffer | undefined {
    const { library, start } = this.#memory;
    this.#memory.load(this.#keyAndNonce, nonceBack);
    const { length } = box;
    const at = start + BOX_AT;
    const content = at + TAG_SIZE;
    library.HEAPU8.set(box, at);
    const nonce = start + NONCE_AT;
    if (library._crypto_secretbox_open_easy(content, at, length, 0, nonce, start) !== 0) {
      return undefined;
    }
    const opened = Buffer.allocUnsafe(length - TAG_SIZE);
    opened.set(library.HEAPU8.subarray(content, at + length));
    return opened;
  }

  /** Erases the key from libsodium's memory, if it is still there. */
  wipe(): void {
    this.#memory.forget(this.#keyAndNonce);
  }
}

/** An area of libsodium's memory for a key, a nonce and a box. The box is sealed and opened in place. */
export class SodiumMemory {
  readonly library: Sodium;
  /** Its address. */
  start = 0;
  #capacity = 0;
  /** The key and nonce that were copied there last. */
  #keyAndNonce: Uint8Array | undefined;

  constructor(library: Sodium) {
    this.library = library;
  }

  /** Whether a box of `size` octets fits. Allocates memory for it, if there is none yet. */
  reaches(size: number): boolean {
    return size <= this.#capacity || this.#grow(size);
  }

  load(keyAndNonce: Uint8Array, nonceBack: Uint8Array): void {
    const { HEAPU8 } = this.library;
    if (this.#keyAndNonce !== keyAndNonce) {
      HEAPU8.set(keyAndNonce, this.start);
      this.#keyAndNonce = keyAndNonce;
    }
    HEAPU8.set(nonceBack, this.start + NONCE_AT + 16);
  }

  forget(keyAndNonce: Uint8Array): void {
    if (this.#keyAndNonce === keyAndNonce) this.#wipe();
  }

  #grow(size: number): boolean {
    if (size > BOX_MAX) return false;
    const capacity = Math.max(CAPACITY_MIN, 2 ** Math.ceil(Math.log2(size)));
    const start = this.library._malloc(BOX_AT + capacity);
    if (start === 0) return false;
    if (this.start !== 0) {
      this.#wipe();
      this.library._free(this.start);
    }
    this.start = start;
    this.#capacity = capacity;
    return true;
  }

  #wipe(): void {
    this.library.HEAPU8.fill(0, this.start, this.start + KEY_SIZE);
    this.#keyAndNonce = undefined;
  }
}

const NONCE_AT = KEY_SIZE;
/** The offset of the box, behind key and nonce: a multiple of 16. */
const BOX_AT = 64;
const CAPACITY_MIN = 65_536;
/** Octets of the largest box: WebAssembly's memory never shrinks. */
const BOX_MAX = 16 * 1_048_576;

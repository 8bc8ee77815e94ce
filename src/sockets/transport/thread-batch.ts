/**
 * ThreadBatch: messages on their way to another thread. Small parts are copied into one block; a large one travels beside
 * it, copied once, or not at all when its memory is shared already.
 *
 *     part = head [length] octets
 *     head = MORE | length      up to 125 octets, which follow
 *          = MORE | LONG        4 octets of length (little-endian) and the octets follow
 *          = MORE | LARGE       the next of the large parts beside the block
 */

import type { Message } from '../message.ts';

/** What is posted to a port. */
export interface Batch {
  readonly block: ArrayBuffer;
  /** Large parts, in order: memory of their own, or a view of memory that is shared. */
  readonly large: readonly (ArrayBuffer | Uint8Array)[];
}

/** Encodes messages into a batch. */
export class BatchWriter {
  /** Octets in the parts of the messages so far. */
  octets = 0;
  /** Messages so far. */
  count = 0;
  #block: Buffer = Buffer.allocUnsafeSlow(BLOCK_MIN);
  #end = 0;
  #large: Buffer[] = [];

  /** Whether there is enough for a batch. A received part that is kept keeps its block: hence the smaller limit on that. */
  get full(): boolean {
    return (
      this.count >= MESSAGES_ENOUGH || this.#end >= BLOCK_ENOUGH || this.octets >= OCTETS_ENOUGH
    );
  }

  /** Adds a message, whose large parts must not change before `take`. Hot: once per message. */
  add(message: Message): void {
    this.count++;
    const last = message.length - 1;
    for (let i = 0; i <= last; i++) {
      const part = message[i]!;
      const size = part.length;
      const more = i < last ? MORE : 0;
      this.octets += size;
      if (size >= LARGE_MIN) {
        if (this.#end + 1 > this.#block.length) this.#grow(1);
        this.#block[this.#end++] = more | LARGE;
        this.#large.push(part);
        continue;
      }
      if (this.#end + size + 5 > this.#block.length) this.#grow(size + 5);
      const block = this.#block;
      let end = this.#end;
      if (size < LONG) {
        block[end++] = more | size;
      } else {
        block[end] = more | LONG;
        block.writeUInt32LE(size, end + 1);
        end += 5;
      }
      // As in the encoder of ZMTP: a call of `set` costs more than a few octets by hand.
      if (size <= 24) for (let k = 0; k < size; k++) block[end + k] = part[k]!;
      else block.set(part, end);
      this.#end = end + size;
    }
  }

  /** The batch of all messages so far, and the memory in it that is to be transferred. The writer is empty again. */
  take(): [batch: Batch, transfer: ArrayBuffer[]] {
    const block = new ArrayBuffer(this.#end);
    Buffer.from(block).set(this.#block.subarray(0, this.#end));
    const transfer = [block];
    const large = this.#large.map((part): ArrayBuffer | Uint8Array => {
      if (part.buffer instanceof SharedArrayBuffer) return part;
      const copy = Buffer.allocUnsafeSlow(part.length);
      copy.set(part);
      transfer.push(copy.buffer);
      return copy.buffer;
    });
    const batch = { block, large };
    this.octets = 0;
    this.count = 0;
    this.#end = 0;
    if (large.length > 0) this.#large = [];
    return [batch, transfer];
  }

  #grow(needed: number): void {
    const old = this.#block;
    this.#block = Buffer.allocUnsafeSlow(Math.max(2 * old.length, this.#end + needed));
    this.#block.set(old.subarray(0, this.#end));
  }
}

/** Decodes a batch, one message at a time. Small parts are views of the block. */
export class BatchReader {
  /** Octets in the parts of the messages so far. */
  octets = 0;
  readonly #block: Buffer;
  readonly #large: Batch['large'];
  #offset = 0;
  #largeCount = 0;

  constructor({ block, large }: Batch) {
    this.#block = Buffer.from(block);
    this.#large = large;
  }

  /** The next message; undefined at the end. Throws RangeError for a malformed block. Hot: once per message. */
  next(): Message | undefined {
    const block = this.#block;
    if (this.#offset === block.length) return undefined;
    const head = block[this.#offset]!;
    const first = this.#part(head & ~MORE);
    if ((head & MORE) === 0) return [first];
    const parts = [first];
    for (let more = true; more; ) {
      const next = block[this.#offset]!;
      more = (next & MORE) !== 0;
      parts.push(this.#part(next & ~MORE));
    }
    return parts;
  }

  #part(kind: number): Buffer {
    const block = this.#block;
    let start = this.#offset + 1;
    let size = kind;
    if (kind === LARGE) {
      this.#offset = start;
      const part = this.#large[this.#largeCount++];
      if (part === undefined) throw new RangeError('a large part is missing');
      this.octets += part.byteLength;
      return part instanceof ArrayBuffer
        ? Buffer.from(part)
        : Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    }
    if (kind === LONG) {
      size = block.readUInt32LE(start);
      start += 4;
    }
    const end = start + size;
    if (end > block.length) throw new RangeError('a part ends beyond the block');
    this.#offset = end;
    this.octets += size;
    return size === 0 ? NO_OCTETS : block.subarray(start, end);
  }
}

const NO_OCTETS = Buffer.alloc(0);

const MORE = 0x80;
const LONG = 0x7e;
const LARGE = 0x7f;

/** Octets from which on a part travels beside the block. */
const LARGE_MIN = 8_192;

const BLOCK_MIN = 1_024;

/** Each of these is enough for a batch, which costs the sender and the receiver some microseconds. */
const MESSAGES_ENOUGH = 512;
const BLOCK_ENOUGH = 65_536;
const OCTETS_ENOUGH = 524_288;

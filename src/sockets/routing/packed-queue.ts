/**
 * PackedQueue: messages that wait, with their small parts side by side in slabs. A separate Buffer for each part would take four
 * times the memory of its octets.
 *
 *     slab:  00 05 "hello"   01 01 "a"   02 00   …        flags, size, octets
 *     kept:                              a large part, by reference
 *
 * Flags are 01 for "more parts follow" and 02 for a part that is kept by reference. Small parts are short frames of ZMTP, so that
 * they may leave as they wait.
 */

import { COPY_LIMIT, type Message } from '../message.ts';
import { Ring } from './ring.ts';

/** Whole messages that waited side by side. */
export interface PackedRun {
  /** Their frames, as RFC 23 has them; never written again. */
  readonly frames: Buffer;
  readonly messageCount: number;
}

/** First in, first out. Parts of up to `COPY_LIMIT` octets are copied when they are put in, larger ones are not. */
export class PackedQueue {
  /** The slab that messages are taken from, and the one that they are put in; undefined while the queue is empty. */
  #first: Slab | undefined;
  #last: Slab | undefined;
  /** Octets of the first slab that have been taken already. */
  #start = 0;
  #kept: Ring<Buffer> | undefined;
  /** Whether the part that was taken last is followed by another part of its message. */
  #more = false;
  #length = 0;
  #size = 0;

  /** Messages in the queue. */
  get length(): number {
    return this.#length;
  }

  /** Octets of their parts. */
  get size(): number {
    return this.#size;
  }

  push(message: Message): void {
    const last = message.length - 1;
    for (let i = 0; i <= last; i++) this.#put(i < last ? MORE : 0, message[i]!);
    this.#length++;
  }

  /** Takes the message that has waited longest. Its small parts are views of a slab, which is never written there again. */
  shift(): Message | undefined {
    if (this.#length === 0) return undefined;
    this.#length--;
    const first = this.#take();
    let message: Message = [first];
    if (this.#more) {
      const parts = [first];
      do parts.push(this.#take());
      while (this.#more);
      message = parts;
    }
    if (this.#length === 0) this.clear();
    return message;
  }

  /** Takes the messages that have waited longest, as far as they are side by side; undefined where the first one is not. */
  shiftRun(): PackedRun | undefined {
    if (this.#length === 0) return undefined;
    const { octets, end } = this.#front();
    const start = this.#start;
    let messageCount = 0;
    let [parts, taken] = [0, 0];
    let [at, whole] = [start, start];
    while (at < end && (octets[at]! & KEPT) === 0) {
      const more = (octets[at]! & MORE) !== 0;
      at += HEAD_SIZE + octets[at + 1]!;
      parts++;
      if (more) continue;
      messageCount++;
      [whole, taken] = [at, parts];
    }
    if (messageCount === 0) return undefined;
    this.#start = whole;
    this.#size -= whole - start - HEAD_SIZE * taken;
    this.#length -= messageCount;
    if (this.#length === 0) this.clear();
    return { frames: octets.subarray(start, whole), messageCount };
  }

  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
    this.#kept = undefined;
    this.#start = 0;
    this.#length = 0;
    this.#size = 0;
  }

  #put(flags: number, part: Buffer): void {
    const size = part.length;
    const copied = size <= COPY_LIMIT;
    this.#size += size;
    let slab = this.#last;
    if (slab === undefined || slab.end + HEAD_SIZE + COPY_LIMIT > slab.octets.length) {
      slab = this.#grow();
    }
    const { octets, end } = slab;
    const body = end + HEAD_SIZE;
    if (copied) {
      octets[end] = flags;
      octets[end + 1] = size;
      // A call into TypedArray.prototype.set costs more than copying a few octets by hand.
      if (size <= 24) for (let i = 0; i < size; i++) octets[body + i] = part[i]!;
      else octets.set(part, body);
      slab.end = body + size;
      return;
    }
    octets[end] = flags | KEPT;
    slab.end = body;
    this.#kept ??= new Ring<Buffer>();
    this.#kept.push(part);
  }

  #take(): Buffer {
    const { octets } = this.#front();
    const flags = octets[this.#start]!;
    const body = this.#start + HEAD_SIZE;
    this.#more = (flags & MORE) !== 0;
    if ((flags & KEPT) !== 0) {
      this.#start = body;
      const part = this.#kept!.shift()!; // the queue has one for each such flag
      this.#size -= part.length;
      return part;
    }
    const end = body + octets[this.#start + 1]!;
    this.#size -= end - body;
    this.#start = end;
    return octets.subarray(body, end);
  }

  /** The slab of the part that has waited longest; there must be one. */
  #front(): Slab {
    let slab = this.#first!;
    if (this.#start === slab.end) {
      slab = slab.next!;
      this.#first = slab;
      this.#start = 0;
    }
    return slab;
  }

  /** Adds a slab, twice as large as the last one up to `SLAB_MAX`: a peer with few messages that wait holds little memory. */
  #grow(): Slab {
    const size = Math.min((this.#last?.octets.length ?? 0) * 2 || SLAB_MIN, SLAB_MAX);
    const slab: Slab = { octets: Buffer.allocUnsafe(size), end: 0, next: undefined };
    if (this.#last === undefined) this.#first = slab;
    else this.#last.next = slab;
    this.#last = slab;
    return slab;
  }
}

interface Slab {
  readonly octets: Buffer;
  /** Octets in use. */
  end: number;
  next: Slab | undefined;
}

const MORE = 0x01;
const KEPT = 0x02;
const HEAD_SIZE = 2;

/** Octets. The smallest slabs come from Node's pool of Buffers. */
const SLAB_MIN = 1_024;
const SLAB_MAX = 65_536;

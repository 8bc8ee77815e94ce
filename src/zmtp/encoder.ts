/**
 * Encoder: messages and commands in, as few buffers to write as possible out.
 *
 * Small bodies are copied into a block, so that hundreds of messages leave in one write; large ones are
 * referenced. Measured on loopback, processor time per 34-octet message: two writes 4.3 µs, `writev` of 256
 * messages 0.49 µs, copied into a block 0.08 µs. Copying costs more than referencing from about 1 KiB.
 */

import { COMMAND, headerSize, type Message, MORE, SHORT_MAX, writeHeader } from './frame.ts';

/** Bodies of up to this many octets are copied into the block. */
export const COPY_MAX = 2048;

/** Frames of up to this many octets together are copied, so that they leave in one write with others. */
const RUN_COPY_MAX = 16_384;

/** Octets of a block. */
export const BLOCK_SIZE = 65_536;

/**
 * Octets of a page: a small block, for connections that send little at a time. A server that answers 500 clients in
 * one tick fills 500 of them, which are kept for the next tick; as many blocks would be new memory every time.
 */
export const PAGE_SIZE = 4096;

/** Encodes messages and commands to octets, in few buffers. */
export class Encoder {
  /** Octets encoded and not yet taken. */
  pending = 0;

  /** A block or a page. */
  #block: Buffer | undefined;
  #size = 0;
  /** The range of the block that is not yet taken: [start, end). */
  #start = 0;
  #end = 0;
  #buffers: Buffer[] = [];
  /** Whether `take` has handed out the block, whose memory `written` gives back. */
  #lent = false;
  /** The last `take` had more than a page holds, so the next run begins with a block. */
  #ample = false;

  /** Encodes a message. Hot: once per message. */
  message(message: Message): void {
    const last = message.length - 1;
    for (let i = 0; i < last; i++) this.#frame(MORE, message[i]!);
    this.#frame(0, message[last]!);
  }

  /** Adds whole frames that are encoded already. They must not change until `written`. */
  frames(octets: Buffer): void {
    const { length } = octets;
    const room = (this.#block === undefined ? BLOCK_SIZE : this.#size) - this.#end;
    if (length > RUN_COPY_MAX || length > room) {
      this.raw(octets);
      return;
    }
    if (length > PAGE_SIZE) this.#ample = true;
    const block = this.#block ?? this.#turn();
    block.set(octets, this.#end);
    this.#end += length;
    this.pending += length;
  }

  /** Encodes a command, given its body. */
  command(body: Buffer): void {
    this.#frame(COMMAND, body);
  }

  /** Adds octets as they are, such as the greeting. They must not change until `written`. */
  raw(octets: Buffer): void {
    this.#cut();
    this.#buffers.push(octets);
    this.pending += octets.length;
  }

  /** The buffers to write, in order. They must not be changed until `written`. */
  take(): Buffer[] {
    let buffers = this.#buffers;
    if (buffers.length === 0 && this.#end > this.#start) {
      // Mostly all of it is one run: an array of one takes a third of the memory of one that grows.
      buffers = [this.#block!.subarray(this.#start, this.#end)];
      this.#start = this.#end;
    } else {
      this.#cut();
      this.#buffers = [];
    }
    this.#ample = this.pending > PAGE_SIZE;
    this.pending = 0;
    this.#lent = true;
    return buffers;
  }

  /** Call when everything taken so far has left this process: its memory may be used again. */
  written(): void {
    if (!this.#lent || this.pending > 0) return;
    this.#lent = false;
    if (this.#block === undefined) return;
    giveBack(this.#block);
    this.#block = undefined;
    this.#size = 0;
    this.#start = 0;
    this.#end = 0;
  }

  #frame(flags: number, body: Buffer): void {
    const size = body.length;
    const copied = size <= COPY_MAX;
    const needed = copied ? size + 9 : 9;
    let block = this.#block;
    if (block === undefined || this.#end + needed > this.#size) block = this.#turn();
    let end = this.#end;
    if (size <= SHORT_MAX) {
      block[end] = flags;
      block[end + 1] = size;
      end += 2;
      // A call into TypedArray.prototype.set costs more than copying a few octets by hand.
      if (size <= 24) for (let i = 0; i < size; i++) block[end + i] = body[i]!;
      else block.set(body, end);
      this.#end = end + size;
      this.pending += size + 2;
      return;
    }
    end = writeHeader(block, end, flags, size);
    this.pending += size + headerSize(size);
    if (copied) {
      block.set(body, end);
      this.#end = end + size;
      return;
    }
    this.#end = end;
    this.#cut();
    this.#buffers.push(body);
  }

  /** Ends the current run of octets in the block, which becomes a buffer to write. */
  #cut(): void {
    if (this.#end === this.#start) return;
    this.#buffers.push(this.#block!.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  /** Returns a block with room. The contents of a page are copied there; a full block lives as long as the buffers over it. */
  #turn(): Buffer {
    const page = this.#block;
    if (page === undefined && !this.#ample) {
      this.#size = PAGE_SIZE;
      this.#block = sparePages.pop() ?? Buffer.allocUnsafeSlow(PAGE_SIZE);
      return this.#block;
    }
    const block = spareBlocks.pop() ?? Buffer.allocUnsafeSlow(BLOCK_SIZE);
    if (page !== undefined && this.#size === PAGE_SIZE && this.#start === 0) {
      // No buffer refers to the page yet, so all of it still leaves in one.
      block.set(page.subarray(0, this.#end));
      giveBack(page);
    } else {
      this.#cut();
      this.#start = 0;
      this.#end = 0;
    }
    this.#size = BLOCK_SIZE;
    this.#block = block;
    return block;
  }
}

/** Memory that no encoder uses at present, for all of them: an idle connection holds none. */
const spareBlocks: Buffer[] = [];
const sparePages: Buffer[] = [];

function giveBack(block: Buffer): void {
  if (block.length === PAGE_SIZE) {
    if (sparePages.length < SPARE_PAGES_MAX) sparePages.push(block);
  } else if (spareBlocks.length < SPARE_BLOCKS_MAX) {
    spareBlocks.push(block);
  }
}

/**
 * 8 MiB of blocks: a publisher fills one for each of its subscribers in one tick. Processor time of a delivery of 64 octets to
 * each of 64, which is for the most part new memory where only 16 are kept: 385 and 187 ns.
 */
const SPARE_BLOCKS_MAX = 128;

/** 8 MiB of pages: so many clients can be answered in one tick without allocating. */
const SPARE_PAGES_MAX = 2048;

/**
 * Encoder: messages and commands in, as few buffers to write as possible out.
 *
 * Small bodies are copied into a block, so that hundreds of messages leave in one write; large ones are
 * referenced. Measured on loopback, processor time per 34-octet message: two writes 4.3 µs, `writev` of 256
 * messages 0.49 µs, copied into a block 0.08 µs. Copying costs more than referencing from about 1 KiB.
 */

import { COMMAND, headerSize, type Message, MORE, SHORT_MAX, writeHeader } from './frame.ts';

/** Bodies up to this many octets are copied into the block. */
export const COPY_MAX = 2048;

/** Octets of a block, and how much is worth a write of its own. */
export const BLOCK_SIZE = 65_536;

/** Messages and commands to octets, in few buffers. */
export class Encoder {
  /** Octets encoded and not yet taken. */
  pending = 0;

  #block: Buffer | undefined;
  /** What of the block is not yet taken: [start, end). */
  #start = 0;
  #end = 0;
  #buffers: Buffer[] = [];
  /** The block that `take` handed out last, whose memory `written` gives back. */
  #lent = false;

  /** Hot: once per message. */
  message(message: Message): void {
    const last = message.length - 1;
    for (let i = 0; i < last; i++) this.#frame(MORE, message[i]!);
    this.#frame(0, message[last]!);
  }

  /** A command, given its body. */
  command(body: Buffer): void {
    this.#frame(COMMAND, body);
  }

  /** Octets as they are: the greeting. */
  raw(octets: Buffer): void {
    this.#cut();
    this.#buffers.push(octets);
    this.pending += octets.length;
  }

  /** The buffers to write, in order. They must not be changed until `written`. */
  take(): Buffer[] {
    this.#cut();
    const buffers = this.#buffers;
    this.#buffers = [];
    this.pending = 0;
    this.#lent = true;
    return buffers;
  }

  /** Everything taken so far has left this process: its memory can serve again. */
  written(): void {
    if (!this.#lent || this.pending > 0) return;
    this.#lent = false;
    if (this.#block === undefined) return;
    if (spare.length < SPARE_MAX) spare.push(this.#block);
    this.#block = undefined;
    this.#start = 0;
    this.#end = 0;
  }

  #frame(flags: number, body: Buffer): void {
    const size = body.length;
    const copied = size <= COPY_MAX;
    const needed = copied ? size + 9 : 9;
    let block = this.#block;
    if (block === undefined || this.#end + needed > BLOCK_SIZE) block = this.#turn();
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

  /** Close the run of octets in the block. */
  #cut(): void {
    if (this.#end === this.#start) return;
    this.#buffers.push(this.#block!.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  /** Go on in an empty block; the full one lives as long as its views do. */
  #turn(): Buffer {
    this.#cut();
    this.#start = 0;
    this.#end = 0;
    this.#block = spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_SIZE);
    return this.#block;
  }
}

/** Blocks that no encoder uses: thousands of idle connections hold none. */
const spare: Buffer[] = [];
const SPARE_MAX = 16;

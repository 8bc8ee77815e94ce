/**
 * Framed streams: the least that can move ZMTP frames over `node:net`, with the best batching we know. No
 * handshake, no queue, no pattern, no options: what is left when all that is free.
 */

import type { Socket } from 'node:net';

/** Frames to one stream, or the same frames to several. */
export class Outbox {
  readonly #streams: readonly Socket[];
  #block = Buffer.allocUnsafeSlow(BLOCK_SIZE);
  #start = 0;
  #end = 0;
  /** What goes out before the open part of the block. */
  #buffers: Buffer[] = [];
  #pending = 0;
  #scheduled = false;
  #blockedCount = 0;
  #waiting: (() => void) | undefined;
  readonly #flushSoon = (): void => {
    this.#scheduled = false;
    if (this.#pending > 0) this.#flush();
  };

  constructor(...streams: readonly Socket[]) {
    this.#streams = streams;
    for (const stream of streams) stream.on('drain', () => this.#drained());
  }

  /** Settles when another frame may be sent. Hot. */
  send(body: Buffer): Promise<void> {
    const size = body.length;
    const copied = size <= COPY_MAX;
    if (this.#end + 9 + (copied ? size : 0) > BLOCK_SIZE) this.#turn();
    const block = this.#block;
    let end = this.#end;
    if (size < 256) {
      block[end] = 0;
      block[end + 1] = size;
      end += 2;
    } else {
      block[end] = 2;
      block.writeUInt32BE(0, end + 1);
      block.writeUInt32BE(size, end + 5);
      end += 9;
    }
    this.#pending += size + 9;
    if (copied) {
      if (size <= 24) for (let i = 0; i < size; i++) block[end + i] = body[i]!;
      else block.set(body, end);
      this.#end = end + size;
    } else {
      this.#end = end;
      this.#cut();
      this.#buffers.push(body);
    }
    if (this.#pending >= FLUSH_AT) {
      this.#flush();
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      process.nextTick(this.#flushSoon);
    }
    if (this.#blockedCount === 0) return RESOLVED;
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #cut(): void {
    if (this.#end > this.#start) this.#buffers.push(this.#block.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  #turn(): void {
    this.#cut();
    this.#block = Buffer.allocUnsafeSlow(BLOCK_SIZE);
    this.#start = 0;
    this.#end = 0;
  }

  #flush(): void {
    this.#cut();
    const buffers = this.#buffers;
    this.#buffers = [];
    this.#pending = 0;
    let written = true;
    for (const stream of this.#streams) {
      if (!writeAll(stream, buffers)) this.#blockedCount++;
      if (stream.writableLength > 0) written = false;
    }
    // All of it is with the kernel: the block can serve again.
    if (written) {
      this.#start = 0;
      this.#end = 0;
    } else {
      this.#turn();
    }
  }

  #drained(): void {
    if (--this.#blockedCount > 0) return;
    const resolve = this.#waiting;
    this.#waiting = undefined;
    resolve?.();
  }
}

/** Returns what `write` said last: false when the kernel takes no more. */
function writeAll(stream: Socket, buffers: readonly Buffer[]): boolean {
  const before = stream.writableNeedDrain;
  if (buffers.length === 1) return stream.write(buffers[0]!) || before;
  stream.cork();
  for (const buffer of buffers) stream.write(buffer);
  stream.uncork();
  return !stream.writableNeedDrain || before;
}

/** Frames from one stream, or from several. */
export class Inbox {
  readonly #ready: Frames[] = [];
  #waiting: ((body: Buffer) => void) | undefined;

  constructor(...streams: readonly Socket[]) {
    for (const stream of streams) this.add(stream);
  }

  /** Receive from `stream` too. */
  add(stream: Socket): void {
    const frames = new Frames();
    stream.on('data', (chunk: Buffer) => {
      frames.push(chunk);
      const resolve = this.#waiting;
      if (resolve === undefined) {
        if (!this.#ready.includes(frames)) this.#ready.push(frames);
        return;
      }
      const body = frames.next();
      if (body === undefined) return;
      this.#waiting = undefined;
      this.#ready.push(frames);
      resolve(body);
    });
  }

  /** The next body. Hot. */
  receive(): Promise<Buffer> {
    const ready = this.#ready;
    while (ready.length > 0) {
      const body = ready[ready.length - 1]!.next();
      if (body !== undefined) return Promise.resolve(body);
      ready.pop();
    }
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}

/** Chunks in, bodies out. */
class Frames {
  #chunk: Buffer = NO_OCTETS;
  #offset = 0;
  /** A body that straddles chunks: its pieces, how much is missing, and at last the whole. */
  #pieces: Buffer[] = [];
  #missing = 0;
  #whole: Buffer | undefined;

  push(chunk: Buffer): void {
    let rest = chunk;
    if (this.#missing > 0) {
      const piece = chunk.subarray(0, this.#missing);
      this.#pieces.push(piece);
      this.#missing -= piece.length;
      if (this.#missing > 0) return;
      this.#whole = Buffer.concat(this.#pieces);
      this.#pieces = [];
      rest = chunk.subarray(piece.length);
    }
    const left = this.#chunk.length - this.#offset;
    this.#chunk = left > 0 ? Buffer.concat([this.#chunk.subarray(this.#offset), rest]) : rest;
    this.#offset = 0;
  }

  next(): Buffer | undefined {
    if (this.#whole !== undefined) {
      const whole = this.#whole;
      this.#whole = undefined;
      return whole;
    }
    const chunk = this.#chunk;
    const offset = this.#offset;
    const available = chunk.length - offset;
    if (available < 2) return undefined;
    const long = chunk[offset] === 2;
    if (long && available < 9) return undefined;
    const size = long ? chunk.readUInt32BE(offset + 5) : chunk[offset + 1]!;
    const body = offset + (long ? 9 : 2);
    const end = body + size;
    if (end <= chunk.length) {
      this.#offset = end;
      return chunk.subarray(body, end);
    }
    this.#pieces.push(chunk.subarray(body));
    this.#missing = end - chunk.length;
    this.#chunk = NO_OCTETS;
    this.#offset = 0;
    return undefined;
  }
}

const BLOCK_SIZE = 65_536;
const FLUSH_AT = 65_536 - 4096;
const COPY_MAX = 2048;
const NO_OCTETS = Buffer.alloc(0);
const RESOLVED = Promise.resolve();

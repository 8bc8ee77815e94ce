/** WsEncoder: messages and commands in, frames of WebSocket (RFC 6455) with the flags octet of ZWS 2.0 (RFC 45) out. */

import { BLOCK_SIZE, COPY_MAX, PAGE_SIZE } from './encoder.ts';
import type { Message } from './frame.ts';
import { applyMask, BINARY, CLOSE, FINAL, PING, PONG, ZWS_COMMAND, ZWS_MORE } from './ws-frame.ts';

/** Encodes messages, commands and control frames to octets, in few buffers. */
export class WsEncoder {
  /** Octets encoded and not yet taken. */
  pending = 0;

  readonly #nextMask: (() => number) | undefined;
  #block: Buffer = NO_OCTETS;
  #start = 0;
  #end = 0;
  #buffers: Buffer[] = [];
  #ample = false;
  #pongCount = 0;

  /** `nextMask`: gives 32 unpredictable bits, for a client; a server does not mask. */
  constructor(nextMask?: () => number) {
    this.#nextMask = nextMask;
  }

  /** Encodes a message: each part is a message of WebSocket. */
  message(message: Message): void {
    const last = message.length - 1;
    for (let i = 0; i < last; i++) this.#frame(BINARY, ZWS_MORE, message[i]!);
    this.#frame(BINARY, 0, message[last]!);
  }

  /** Encodes a command, given its body. */
  command(body: Buffer): void {
    this.#frame(BINARY, ZWS_COMMAND, body);
  }

  /** Encodes WebSocket's own PING, in place of that of ZMTP: the platform of a peer answers it. */
  ping(): void {
    this.#frame(PING, undefined, NO_OCTETS);
  }

  /** Encodes the answer to a PING, unless 64 answers wait already: a peer that does not read must not fill memory. */
  pong(payload: Buffer): void {
    if (this.#pongCount++ < PONGS_MAX) this.#frame(PONG, undefined, payload);
  }

  /** Encodes CLOSE, with the status for an ordinary end, or for a peer that has broken the rules (RFC 6455, section 7.4.1). */
  end(broken: boolean): void {
    this.#frame(CLOSE, undefined, broken ? BROKEN : NORMAL);
  }

  /** Adds octets as they are. */
  raw(octets: Buffer): void {
    this.#cut();
    this.#buffers.push(octets);
    this.pending += octets.length;
  }

  /** The buffers to write, in order. */
  take(): Buffer[] {
    this.#cut();
    const buffers = this.#buffers;
    this.#buffers = [];
    this.#ample = this.pending > PAGE_SIZE;
    this.pending = 0;
    this.#pongCount = 0;
    return buffers;
  }

  /** Does nothing: the memory of what was taken is not used again. */
  written(): void {}

  /** `flags`: the octet before the body of a message; undefined in a control frame. */
  #frame(opcode: number, flags: number | undefined, body: Buffer): void {
    const size = body.length + (flags === undefined ? 0 : 1);
    const copied = body.length <= COPY_MAX;
    const masked = this.#nextMask !== undefined;
    const inside = copied || masked;
    this.#reserve(HEADER_MAX + (inside ? body.length : 0));
    const block = this.#block;
    let end = this.#end;
    block[end++] = FINAL | opcode;
    const bit = masked ? MASKED : 0;
    if (size <= 125) {
      block[end++] = bit | size;
    } else if (size <= 0xffff) {
      block[end++] = bit | 126;
      end = block.writeUInt16BE(size, end);
    } else {
      block[end++] = bit | 127;
      end = block.writeUInt32BE(Math.floor(size / 0x1_0000_0000), end);
      end = block.writeUInt32BE(size >>> 0, end);
    }
    const mask = this.#nextMask?.() ?? 0;
    if (masked) end = block.writeUInt32BE(mask >>> 0, end);
    const payload = end;
    if (flags !== undefined) block[end++] = flags;
    if (inside) {
      block.set(body, end);
      end += body.length;
    }
    if (masked) applyMask(block.subarray(payload, end), mask);
    this.pending += end - this.#end + (inside ? 0 : body.length);
    this.#end = end;
    if (inside) return;
    this.#cut();
    this.#buffers.push(body);
  }

  /** Makes room for `needed` octets in the block. */
  #reserve(needed: number): void {
    if (this.#end + needed <= this.#block.length) return;
    this.#cut();
    const usual = this.#ample || this.#buffers.length > 0 ? BLOCK_SIZE : PAGE_SIZE;
    this.#block = Buffer.allocUnsafeSlow(Math.max(usual, needed));
    this.#start = 0;
    this.#end = 0;
  }

  /** Ends the current run of octets in the block, which becomes a buffer to write. */
  #cut(): void {
    if (this.#end === this.#start) return;
    this.#buffers.push(this.#block.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}

const NO_OCTETS: Buffer = Buffer.alloc(0);
const MASKED = 0x80;
/** Statuses of CLOSE: 1000 and 1002. */
const NORMAL: Buffer = Buffer.of(0x03, 0xe8);
const BROKEN: Buffer = Buffer.of(0x03, 0xea);
/** Two octets, eight of size, four of mask, one of flags. */
const HEADER_MAX = 15;
/** PONGs that may wait for the transport to take them. */
const PONGS_MAX = 64;

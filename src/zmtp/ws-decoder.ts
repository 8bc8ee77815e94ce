/**
 * WsDecoder: frames of WebSocket (RFC 6455) in, the messages and commands of ZWS 2.0 (RFC 45) out. Each message of WebSocket
 * is rewritten as a frame of ZMTP, so that the Decoder checks sizes and parts, as for every transport.
 */

import { type DecoderLimits, ENDED, FAILED, NEED_MORE } from './assembler.ts';
import { Decoder } from './decoder.ts';
import { ZmtpError } from './errors.ts';
import { COMMAND, headerSize, type Message, MORE, SHORT_MAX, writeHeader } from './frame.ts';
import {
  applyMask,
  BINARY,
  CLOSE,
  CONTINUATION,
  CONTROL_MAX,
  FINAL,
  PING,
  PONG,
  RESERVED,
  TEXT,
  ZWS_COMMAND,
  ZWS_MORE,
} from './ws-frame.ts';

/** What a WsDecoder calls for control frames. */
export interface WsControl {
  /** A PING has arrived, with a payload of at most 125 octets, which the answer repeats. */
  pinged(payload: Buffer): void;
}

/** Decodes the octets of a WebSocket to messages and commands, one for each call of `next`. */
export class WsDecoder {
  /** The message, after `next` returned MESSAGE. */
  message: Message = NO_MESSAGE;
  /** The body of the command, after `next` returned COMMAND_FOUND. */
  command: Buffer = NO_OCTETS;
  /** Why decoding failed, after `next` returned FAILED. */
  error: ZmtpError | undefined;
  /** Without effect: the malformed frames that it is for cannot occur in a WebSocket. */
  mendsLongCommands = false;

  readonly #inner: Decoder;
  readonly #masked: boolean;
  readonly #control: WsControl;
  /** Octets that are not decoded yet, and the chunks after these. */
  #chunk: Buffer = NO_OCTETS;
  #offset = 0;
  #waiting: Buffer[] = [];
  /** The payload that is arriving: octets left, its mask, and the position in that. */
  #left = 0;
  #mask = 0;
  #phase = 0;
  #place: Buffer | undefined;
  /** Where the payload is gathered; undefined = it goes to `#inner`. */
  #gathering: Gathering | undefined;
  /** The fragments of a message so far. */
  #fragments: Gathering | undefined;
  #closed = false;

  /** `masked`: the peer is the client, which masks its frames. */
  constructor(limits: DecoderLimits, masked: boolean, control: WsControl) {
    this.#inner = new Decoder(limits);
    this.#masked = masked;
    this.#control = control;
  }

  /** The limits that a peer must not exceed. */
  get limits(): DecoderLimits {
    return this.#inner.limits;
  }

  /** Takes octets from the peer. Their memory is changed: they are unmasked in place. */
  push(chunk: Buffer): void {
    if (this.#closed || this.error !== undefined) return;
    if (this.#offset < this.#chunk.length) this.#waiting.push(chunk);
    else this.#turn(chunk);
  }

  /** Whether there are octets that `next` has not looked at. */
  get pending(): boolean {
    return this.#inner.pending || this.#offset < this.#chunk.length;
  }

  /** Memory for the rest of a large body; see `Decoder.place`. */
  get place(): Buffer | undefined {
    this.#place = this.pending || this.#left === 0 ? undefined : this.#inner.place;
    return this.#place;
  }

  /** `count` octets have been read to the beginning of `place`. */
  placed(count: number): void {
    if (this.#place === undefined) return;
    this.#left -= count;
    this.#unmask(this.#place.subarray(0, count));
    this.#inner.placed(count);
  }

  /** Releases the last message and command. */
  release(): void {
    this.message = NO_MESSAGE;
    this.command = NO_OCTETS;
    this.#inner.release();
  }

  /** Releases all octets that were pushed. */
  clear(): void {
    this.release();
    this.#inner.clear();
    this.#chunk = NO_OCTETS;
    this.#offset = 0;
    this.#waiting = [];
    this.#left = 0;
    this.#place = undefined;
    this.#gathering = undefined;
    this.#fragments = undefined;
  }

  /** Decodes up to the next message or command, as `Decoder.next`; ENDED after CLOSE. */
  next(): number {
    for (;;) {
      if (this.error !== undefined) return FAILED;
      const found = this.#inner.next();
      if (found === FAILED) this.error = this.#inner.error;
      if (found !== NEED_MORE) {
        this.message = this.#inner.message;
        this.command = this.#inner.command;
        return found;
      }
      if (this.#closed) return ENDED;
      if (!this.#step() && !this.#closed) return this.error === undefined ? NEED_MORE : FAILED;
    }
  }

  /** Decodes a header, or octets of a payload; false when more octets must come. */
  #step(): boolean {
    if (this.#left === 0) return this.#header();
    const taken = Math.min(this.#left, this.#chunk.length - this.#offset);
    if (taken === 0) return false;
    const octets = this.#take(taken);
    this.#left -= taken;
    this.#unmask(octets);
    if (this.#gathering === undefined) this.#inner.push(octets);
    else this.#gather(this.#gathering, octets);
    return this.error === undefined;
  }

  #header(): boolean {
    if (!this.#ahead(2)) return false;
    const first = this.#chunk[this.#offset]!;
    const second = this.#chunk[this.#offset + 1]!;
    const form = second & 0x7f;
    const wrong = this.#wrong(first, second >= 0x80, form);
    if (wrong !== undefined) return this.#fail(wrong);
    const sizeLength = form === 126 ? 2 : form === 127 ? 8 : 0;
    const opcode = first & 0x0f;
    // A whole message begins with its flags, which belong to the header as far as we are concerned.
    const whole = opcode === BINARY && first >= FINAL;
    const length = 2 + sizeLength + (this.#masked ? 4 : 0);
    if (!this.#ahead(length)) return false;
    const at = this.#offset + 2;
    const chunk = this.#chunk;
    const size =
      sizeLength === 0
        ? form
        : sizeLength === 2
          ? chunk.readUInt16BE(at)
          : chunk.readUInt32BE(at) * 0x1_0000_0000 + chunk.readUInt32BE(at + 4);
    if (whole && size === 0) return this.#fail('a message without its flags');
    if (whole && !this.#ahead(length + 1)) return false;
    this.#mask = this.#masked ? this.#chunk.readUInt32BE(this.#offset + length - 4) : 0;
    this.#phase = 0;
    this.#gathering = undefined;
    if (whole) return this.#begin(length, size - 1);
    this.#take(length);
    this.#left = size;
    if (opcode >= CLOSE) {
      this.#gathering = { opcode, octets: Buffer.alloc(size), filled: 0, final: true };
    } else {
      this.#fragments ??= { opcode: BINARY, octets: NO_OCTETS, filled: 0, final: false };
      this.#fragments.final = first >= FINAL;
      this.#gathering = this.#fragments;
    }
    if (size === 0) this.#gather(this.#gathering, NO_OCTETS);
    return this.error === undefined;
  }

  /** What is wrong with a frame, by its first two octets; undefined = nothing. */
  #wrong(first: number, masked: boolean, form: number): string | undefined {
    const opcode = first & 0x0f;
    if ((first & RESERVED) !== 0) return 'a frame of an extension that was not agreed on';
    if (masked !== this.#masked)
      return masked ? 'a masked frame of a server' : 'a frame in the clear of a client';
    if (opcode === TEXT) return 'a message of text';
    if (opcode >= CLOSE) {
      if (opcode > PONG) return `a frame of the kind ${opcode}`;
      return first < FINAL || form > CONTROL_MAX ? 'a control frame that is too long' : undefined;
    }
    if (opcode > BINARY) return `a frame of the kind ${opcode}`;
    if ((opcode === CONTINUATION) === (this.#fragments !== undefined)) return undefined;
    return opcode === BINARY ? 'a message within another' : 'a fragment of no message';
  }

  /** Begins a whole message: `length` octets of header, its flags, and a body of `size` octets. */
  #begin(length: number, size: number): boolean {
    const start = this.#offset;
    const body = start + length + 1;
    const flags = this.#chunk[body - 1]! ^ (this.#mask >>> 24);
    if (flags > ZWS_COMMAND) return this.#fail(`a message with the flags ${flags}`);
    this.#phase = 1;
    const ours = zmtpFlags(flags);
    const room = headerSize(size);
    if (room <= length + 1) {
      // Written over octets that were read: one piece to push instead of two.
      writeHeader(this.#chunk, body - room, ours, size);
      this.#offset = body - room;
    } else {
      this.#inner.push(zmtpHeader(ours, size));
      this.#offset = body;
    }
    const end = Math.min(body + size, this.#chunk.length);
    this.#left = size - (end - body);
    this.#unmask(this.#chunk.subarray(body, end));
    this.#inner.push(this.#take(end - this.#offset));
    return true;
  }

  #gather(gathering: Gathering, octets: Buffer): void {
    const filled = gathering.filled + octets.length;
    const { maxFrameSize } = this.limits;
    if (gathering.opcode === BINARY && filled - 1 > Math.max(maxFrameSize, SHORT_MAX)) {
      this.#tooLarge(`peer sends a frame of more than ${maxFrameSize} octets`);
      return;
    }
    if (filled > gathering.octets.length && !this.#grow(gathering, filled)) return;
    gathering.octets.set(octets, gathering.filled);
    gathering.filled = filled;
    if (this.#left === 0) this.#gathered(gathering);
  }

  /** A control frame, or a fragment, has arrived whole. */
  #gathered({ opcode, octets, filled, final }: Gathering): void {
    this.#gathering = undefined;
    if (opcode === PING) this.#control.pinged(octets);
    if (opcode === CLOSE) {
      this.#closed = true;
      this.clear();
    }
    if (opcode !== BINARY || !final) return;
    this.#fragments = undefined;
    const flags = octets[0] ?? 0xff;
    if (filled === 0) this.#fail('a message without its flags');
    else if (flags > ZWS_COMMAND) this.#fail(`a message with the flags ${flags}`);
    else {
      this.#inner.push(zmtpHeader(zmtpFlags(flags), filled - 1));
      this.#inner.push(octets.subarray(1, filled));
    }
  }

  /** Makes room for `needed` octets. Nothing is allocated for octets merely announced: the room doubles as they arrive. */
  #grow(gathering: Gathering, needed: number): boolean {
    try {
      const grown = Buffer.allocUnsafe(Math.max(2 * needed, ROOM_MIN));
      grown.set(gathering.octets.subarray(0, gathering.filled));
      gathering.octets = grown;
      return true;
    } catch {
      this.#tooLarge(`no memory for a frame of ${needed} octets`);
      return false;
    }
  }

  /** Joins chunks until one holds `count` octets, without taking them; false when more octets must come. */
  #ahead(count: number): boolean {
    while (this.#chunk.length - this.#offset < count) {
      const more = this.#waiting.shift();
      if (more === undefined) return false;
      this.#chunk = Buffer.concat([this.#chunk.subarray(this.#offset), more]);
      this.#offset = 0;
    }
    return true;
  }

  #take(count: number): Buffer {
    const { length } = this.#chunk;
    const octets = this.#chunk.subarray(this.#offset, this.#offset + count);
    this.#offset += count;
    if (this.#offset === length) this.#turn(this.#waiting.shift() ?? NO_OCTETS);
    return octets;
  }

  #turn(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#offset = 0;
  }

  #unmask(octets: Buffer): void {
    if (this.#masked) this.#phase = applyMask(octets, this.#mask, this.#phase);
  }

  #tooLarge(message: string): void {
    this.error = new ZmtpError('ERR_ZMTP_FRAME_TOO_LARGE', message);
    this.clear();
  }

  #fail(what: string): false {
    this.error = new ZmtpError('ERR_ZMTP_MALFORMED_MESSAGE', `peer sends ${what} over WebSocket`);
    this.clear();
    return false;
  }
}

/** A payload that arrives in pieces. */
interface Gathering {
  readonly opcode: number;
  octets: Buffer;
  filled: number;
  /** Whether this is the last fragment of its message. */
  final: boolean;
}

function zmtpFlags(flags: number): number {
  return ((flags & ZWS_MORE) !== 0 ? MORE : 0) | ((flags & ZWS_COMMAND) !== 0 ? COMMAND : 0);
}

function zmtpHeader(flags: number, size: number): Buffer {
  const header = Buffer.allocUnsafe(headerSize(size));
  writeHeader(header, 0, flags, size);
  return header;
}

const NO_OCTETS: Buffer = Buffer.alloc(0);
const NO_MESSAGE: Message = [];

const ROOM_MIN = 4096;

/** Decoder: chunks in, messages and commands out, one at a time and only when asked. */

import { Assembler, type DecoderLimits, FAILED, NEED_MORE } from './assembler.ts';
import { ZmtpError } from './errors.ts';
import { COMMAND, LONG } from './frame.ts';

/** Decodes octets to messages and commands, one for each call of `next`. */
export class Decoder extends Assembler {
  /** Whether to accept the malformed commands that libzmq 4.3.3 and 4.3.4 send for topics of about 250 octets; default false. */
  mendsLongCommands: boolean;

  #chunk: Buffer = NO_OCTETS;
  #offset = 0;
  /** Chunks after `#chunk`, from `#waitingStart` on: there are some only while the reader does not keep up. */
  readonly #waiting: Buffer[] = [];
  #waitingStart = 0;

  /** A header that straddles chunks. */
  readonly #header = Buffer.alloc(9);
  #headerLength = 0;

  /** A body that straddles chunks: its flags and size, and the octets that have arrived. */
  #flags = 0;
  #size = 0;
  #body: Buffer = NO_OCTETS;
  #filled = 0;
  #assembling = false;
  /** Octets received so far: also the most that is allocated ahead of a body (memory must be earned by traffic). */
  #received = 0;

  constructor(limits: DecoderLimits, mendsLongCommands = false) {
    super(limits);
    this.mendsLongCommands = mendsLongCommands;
  }

  /** Adds octets; they are not copied, and must not be changed. */
  push(chunk: Buffer): void {
    if (chunk.length === 0 || this.error !== undefined) return;
    this.#received += chunk.length;
    if (this.#offset === this.#chunk.length) {
      this.#chunk = chunk;
      this.#offset = 0;
    } else {
      this.#waiting.push(chunk);
    }
  }

  /**
   * Memory for the next octets from the peer, if they are the rest of a large body and all octets before them have been
   * decoded: reading them into it saves a copy. Report them by `placed`.
   */
  get place(): Buffer | undefined {
    if (!this.#assembling || this.#size < PLACE_MIN || this.#filled === this.#size)
      return undefined;
    if (this.pending) return undefined;
    if (!this.#reserve(this.#filled + 1)) return undefined;
    return this.#body.subarray(this.#filled);
  }

  /** The first `count` octets of `place` have arrived. */
  placed(count: number): void {
    if (!this.#assembling) return;
    this.#received += count;
    this.#filled += count;
  }

  /** Whether there are octets that `next` has not looked at. */
  get pending(): boolean {
    return this.#offset < this.#chunk.length;
  }

  /** Releases all octets that were pushed. */
  override clear(): void {
    super.clear();
    this.#assembling = false;
    this.#headerLength = 0;
    this.#chunk = NO_OCTETS;
    this.#offset = 0;
    this.#waiting.length = 0;
    this.#waitingStart = 0;
    this.#body = NO_OCTETS;
  }

  /** Decodes up to the next message or command: NEED_MORE, MESSAGE, COMMAND_FOUND or FAILED. Hot: once per message. */
  next(): number {
    for (;;) {
      if (this.error !== undefined) return FAILED;
      if (this.#assembling) {
        if (!this.#assemble()) return this.error === undefined ? NEED_MORE : FAILED;
        const body = this.#body;
        this.#body = NO_OCTETS;
        this.#assembling = false;
        const found = this.accept(this.#flags, body);
        if (found !== NEED_MORE) return found;
        continue;
      }
      let chunk = this.#chunk;
      let offset = this.#offset;
      const available = chunk.length - offset;
      if (available < 2 || this.#headerLength > 0) {
        if (!this.#gatherHeader()) return NEED_MORE;
        continue;
      }
      const flags = chunk[offset]!;
      let size: number;
      let body: number;
      if ((flags & LONG) === 0) {
        size = chunk[offset + 1]!;
        body = offset + 2;
        if (size === 0 && flags === COMMAND && this.mendsLongCommands) {
          size = this.#longCommand();
          if (size < 0) return NEED_MORE;
          // It may have joined chunks to look ahead.
          chunk = this.#chunk;
          offset = this.#offset;
          body = offset + (size > 0 ? 9 : 2);
        }
      } else {
        if (available < 9) {
          if (!this.#gatherHeader()) return NEED_MORE;
          continue;
        }
        size = chunk.readUInt32BE(offset + 1) * 0x1_0000_0000 + chunk.readUInt32BE(offset + 5);
        body = offset + 9;
      }
      if (size > this.limits.maxFrameSize && this.exceeds(flags, size)) return FAILED;
      const end = body + size;
      if (end <= chunk.length) {
        this.#offset = end;
        if (end === chunk.length) this.#advance();
        const frame = size === 0 ? NO_OCTETS : chunk.subarray(body, end);
        const found = this.accept(flags, frame);
        if (found !== NEED_MORE) return found;
        continue;
      }
      this.#offset = body;
      if (body === chunk.length) this.#advance();
      this.#begin(flags, size);
    }
  }

  #begin(flags: number, size: number): void {
    this.#flags = flags;
    this.#size = size;
    this.#filled = 0;
    this.#assembling = true;
  }

  /** Copies octets that have arrived to the body; false when more must come, or there is no memory for it. */
  #assemble(): boolean {
    while (this.#filled < this.#size) {
      const available = this.#chunk.length - this.#offset;
      if (available === 0) return false;
      const taken = Math.min(available, this.#size - this.#filled);
      if (!this.#reserve(this.#filled + taken)) return false;
      this.#chunk.copy(this.#body, this.#filled, this.#offset, this.#offset + taken);
      this.#filled += taken;
      this.#offset += taken;
      if (this.#offset === this.#chunk.length) this.#advance();
    }
    return true;
  }

  /**
   * Makes room for the first `needed` octets of the body. Nothing is allocated for octets merely announced: the room doubles as
   * they arrive, and is made whole when a quarter is there, or on a connection that has brought as much before.
   */
  #reserve(needed: number): boolean {
    if (needed <= this.#body.length) return true;
    const enough = Math.max(2 * needed, this.#received, ROOM_MIN);
    const room = this.#size <= Math.max(4 * needed, enough) ? this.#size : enough;
    try {
      const grown = Buffer.allocUnsafe(room);
      this.#body.copy(grown, 0, 0, this.#filled);
      this.#body = grown;
      return true;
    } catch {
      this.fail(noMemory(room));
      return false;
    }
  }

  /** Collects a header that arrives in pieces; false when more octets must come. */
  #gatherHeader(): boolean {
    const header = this.#header;
    for (;;) {
      const needed = this.#headerLength === 0 ? 1 : (header[0]! & LONG) !== 0 ? 9 : 2;
      if (this.#headerLength === needed && needed > 1) break;
      if (this.#offset === this.#chunk.length) return false;
      header[this.#headerLength++] = this.#chunk[this.#offset++]!;
      if (this.#offset === this.#chunk.length) this.#advance();
    }
    const flags = header[0]!;
    if (flags === COMMAND && header[1] === 0 && this.mendsLongCommands) {
      // Rare: put the two octets back in front, so that #longCommand can look ahead in one chunk.
      this.#chunk = Buffer.concat([header.subarray(0, 2), this.#chunk.subarray(this.#offset)]);
      this.#offset = 0;
      this.#headerLength = 0;
      return true;
    }
    this.#headerLength = 0;
    const size =
      (flags & LONG) === 0
        ? header[1]!
        : header.readUInt32BE(1) * 0x1_0000_0000 + header.readUInt32BE(5);
    if (!this.exceeds(flags, size)) this.#begin(flags, size);
    return true;
  }

  /**
   * libzmq 4.3.3 and 4.3.4 write SUBSCRIBE of 246–255 octets and CANCEL of 249–255 with an eight-octet size
   * but without the LONG bit: `04 00 00 00 00 00 00 01 xx 09 "SUBSCRIBE" …`. Read literally, that begins with an
   * empty command, which has no use. Returns the size of such a command, 0 when this is not
   * one, −1 when more octets are needed to tell.
   */
  #longCommand(): number {
    while (
      this.#chunk.length - this.#offset < 9 + LONGEST_NAME &&
      this.#waitingStart < this.#waiting.length
    ) {
      const rest = this.#chunk.subarray(this.#offset);
      this.#chunk = Buffer.concat([rest, this.#shift()]);
      this.#offset = 0;
    }
    const ahead = this.#chunk.subarray(this.#offset, this.#offset + 9 + LONGEST_NAME);
    for (const name of LONG_NAMES) {
      const length = Math.min(ahead.length, 9 + name.length);
      let same = true;
      for (let i = 0; i < length && same; i++) {
        if (i < 8) same = ahead[i] === MISWRITTEN[i];
        else if (i === 8) same = ahead[i]! <= 9;
        else same = ahead[i] === name[i - 9];
      }
      if (!same) continue;
      return length < 9 + name.length ? -1 : 0x100 + ahead[8]!;
    }
    return 0;
  }

  #advance(): void {
    this.#chunk = this.#waitingStart < this.#waiting.length ? this.#shift() : NO_OCTETS;
    this.#offset = 0;
  }

  /** The first of the chunks that wait. `Array.shift` would move all the others, were there many. */
  #shift(): Buffer {
    const chunk = this.#waiting[this.#waitingStart]!;
    this.#waiting[this.#waitingStart++] = NO_OCTETS;
    if (this.#waitingStart === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#waitingStart = 0;
    }
    return chunk;
  }
}

function noMemory(size: number): ZmtpError {
  return new ZmtpError('ERR_ZMTP_FRAME_TOO_LARGE', `no memory for a frame of ${size} octets`);
}

const NO_OCTETS: Buffer = Buffer.alloc(0);
/** Octets of the first room for a body that straddles chunks: small pieces must not be copied again and again. */
const ROOM_MIN = 4096;
/** Octets of a body from which on reads of its own cost less than a copy. */
const PLACE_MIN = 32_768;
const MISWRITTEN = Buffer.from('0400000000000001', 'hex');
const LONG_NAMES = [Buffer.from('\x09SUBSCRIBE'), Buffer.from('\x06CANCEL')];
const LONGEST_NAME = 10;

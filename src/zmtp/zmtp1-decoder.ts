/**
 * Zmtp1Decoder: frames of ZMTP 1.0 (RFC 13), rewritten as frames of later versions and decoded as such.
 *
 *     size | flags | body          size: one octet from 01 to fe, or ff and eight octets; the flags count, too
 *
 * The first frame is the peer's identity.
 */

import { FAILED, NEED_MORE } from './assembler.ts';
import { Decoder } from './decoder.ts';
import { ZmtpError } from './errors.ts';
import { MORE, writeHeader } from './frame.ts';

/** Decodes octets of a peer of ZMTP 1.0 to messages; that version has no commands. */
export class Zmtp1Decoder extends Decoder {
  /** A header that is not whole yet. */
  readonly #header: Buffer = Buffer.alloc(LONG_HEADER);
  #headerLength = 0;
  /** Octets of the body that are still to come. */
  #left = 0;
  /** A frame that is decoded between the first one and the second, until that is done. */
  #second: Buffer | undefined;
  /** The error that ends decoding after the octets pushed so far. */
  #end: ZmtpError | undefined;

  /** `second`: the body of a frame that is decoded after the identity as if the peer had sent it. */
  constructor(second?: Buffer) {
    super({ maxFrameSize: 0, maxParts: 1 });
    if (second !== undefined) this.#second = Buffer.from([0, second.length, ...second]);
  }

  override push(chunk: Buffer): void {
    if (this.#end !== undefined) return;
    if (this.#left > chunk.length) {
      this.#left -= chunk.length;
      super.push(chunk);
      return;
    }
    // No header grows by being rewritten.
    const room = chunk.length + LONG_HEADER + (this.#second?.length ?? 0);
    const written = Buffer.allocUnsafe(room);
    let end = 0;
    for (let offset = 0; offset < chunk.length && this.#end === undefined; ) {
      if (this.#left === 0) {
        this.#header[this.#headerLength++] = chunk[offset++]!;
        const flags = this.#begin();
        if (flags < 0) continue;
        end = writeHeader(written, end, flags, this.#left);
      }
      const taken = Math.min(this.#left, chunk.length - offset);
      end += chunk.copy(written, end, offset, offset + taken);
      offset += taken;
      this.#left -= taken;
      if (this.#left === 0 && this.#second !== undefined) {
        end += this.#second.copy(written, end);
        this.#second = undefined;
      }
    }
    super.push(written.subarray(0, end));
  }

  override placed(count: number): void {
    this.#left -= count;
    super.placed(count);
  }

  override next(): number {
    const found = super.next();
    if (found !== NEED_MORE || this.#end === undefined) return found;
    this.error = this.#end;
    this.clear();
    return FAILED;
  }

  /** Takes another octet of a header. Returns the flags of its frame, once that is whole and valid; otherwise −1. */
  #begin(): number {
    const header = this.#header;
    const length = this.#headerLength;
    const long = header[0] === LONG_MARK;
    if (header[0] === 0) return this.#refuse('a frame of size 0, expected 1 at least');
    if (length < (long ? LONG_HEADER : SHORT_HEADER)) return -1;
    this.#headerLength = 0;
    const flags = header[length - 1]!;
    if (flags > MORE) return this.#refuse(`a frame with the flags ${flags}, expected 0 or 1`);
    const size = long ? Number(header.readBigUInt64BE(1)) : header[0]!;
    if (size === 0) return this.#refuse('a frame of size 0, expected 1 at least');
    // Whatever is too large for a number is too large for a frame as well.
    this.#left = Math.min(size - 1, Number.MAX_SAFE_INTEGER);
    return flags;
  }

  #refuse(what: string): -1 {
    this.#end = new ZmtpError('ERR_ZMTP_MALFORMED_MESSAGE', `peer of ZMTP 1.0 sends ${what}`);
    return -1;
  }
}

const LONG_MARK = 0xff;
const LONG_HEADER = 10;
const SHORT_HEADER = 2;

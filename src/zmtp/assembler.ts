/** Assembler: turns whole frames into messages and commands. The base of the decoders, however their frames arrive. */

import { ZmtpError } from './errors.ts';
import { COMMAND, type Message, MORE, SHORT_MAX } from './frame.ts';

/** `next` found nothing whole: more octets are needed. Numbers, because `next` is called once per message. */
export const NEED_MORE = 0;
/** `next` found a whole message. */
export const MESSAGE = 1;
/** `next` found a command. */
export const COMMAND_FOUND = 2;
/** `next` found octets that are malformed or exceed a limit: `error` says why. */
export const FAILED = 3;
/** `next` found that the peer has ended its traffic, on a transport that shows it; nothing is decoded after that. */
export const ENDED = 4;

/** What a peer may send; may be changed between frames. */
export interface DecoderLimits {
  /** Octets in the body of one frame, at most; checked by its header alone. Commands of up to 255 octets are exempt. */
  maxFrameSize: number;
  /** Parts in one message, at most. */
  maxParts: number;
}

/** Collects the parts of one message at a time. */
export class Assembler {
  /** The message, after `next` returned MESSAGE. Its parts are views of the chunks: copy what is kept long. */
  message: Message = NO_MESSAGE;
  /** The body of the command, after `next` returned COMMAND_FOUND. */
  command: Buffer = NO_OCTETS;
  /** Why decoding failed, after `next` returned FAILED. Nothing is decoded any more. */
  error: ZmtpError | undefined;
  /** The limits that a peer must not exceed. */
  readonly limits: DecoderLimits;

  /** Parts of a message whose last part is still to come. */
  #parts: Buffer[] | undefined;

  constructor(limits: DecoderLimits) {
    this.limits = limits;
  }

  /** Releases the last message and command, so that an idle peer does not pin the memory of what it sent. */
  release(): void {
    this.message = NO_MESSAGE;
    this.command = NO_OCTETS;
  }

  /** Releases all octets that were pushed. */
  clear(): void {
    this.release();
    this.#parts = undefined;
  }

  /** Takes a whole frame. Returns what it completes; NEED_MORE while parts of the message are missing. */
  protected accept(flags: number, frame: Buffer): number {
    if ((flags & COMMAND) !== 0) {
      this.command = frame;
      return COMMAND_FOUND;
    }
    const parts = this.#parts;
    if ((flags & MORE) === 0) {
      if (parts === undefined) {
        this.message = [frame];
      } else {
        // Two parts are common, and an array that grows takes room for seventeen.
        if (parts.length === 1) {
          this.message = [parts[0]!, frame];
        } else {
          parts.push(frame);
          this.message = parts;
        }
        this.#parts = undefined;
      }
      return MESSAGE;
    }
    // With MORE there is at least one part after this one.
    if ((parts?.length ?? 0) + 2 > this.limits.maxParts) return this.fail(tooMany(this.limits));
    if (parts === undefined) this.#parts = [frame];
    else parts.push(frame);
    return NEED_MORE;
  }

  /** Whether a body of `size` octets is too large; decoding fails if it is. */
  protected exceeds(flags: number, size: number): boolean {
    // Short commands are exempt: a small limit on messages must not cost a connection its PINGs.
    const exempt = (flags & COMMAND) !== 0 && size <= SHORT_MAX;
    if (size <= this.limits.maxFrameSize || exempt) return false;
    this.fail(tooLarge(size, this.limits));
    return true;
  }

  /** Sets `error`, after which nothing is decoded. Returns FAILED. */
  protected fail(error: ZmtpError): number {
    this.error = error;
    this.clear();
    return FAILED;
  }
}

function tooLarge(size: number, limits: DecoderLimits): ZmtpError {
  return new ZmtpError(
    'ERR_ZMTP_FRAME_TOO_LARGE',
    `peer announces a frame of ${size} octets, at most ${limits.maxFrameSize} are allowed`,
  );
}

function tooMany(limits: DecoderLimits): ZmtpError {
  return new ZmtpError('ERR_ZMTP_TOO_MANY_PARTS', `message of more than ${limits.maxParts} parts`);
}

const NO_OCTETS: Buffer = Buffer.alloc(0);
const NO_MESSAGE: Message = [];

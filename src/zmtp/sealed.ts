/** SealedTraffic: messages and commands inside frames that a Box seals, one frame for each part (RFC 26, "MESSAGE"). */

import { ZmtpError } from './errors.ts';
import type { Message } from './frame.ts';
import type { FrameEncoder } from './framing.ts';
import type { Box } from './mechanism/mechanism.ts';

export class SealedTraffic {
  /** The body of the command that the last `open` found; undefined when it found a part. */
  command: Buffer | undefined;
  readonly #box: Box;
  readonly #maxParts: number;
  /** Parts of a message whose last part is still to come. */
  #parts: Buffer[] | undefined;

  /** `maxParts`: parts in one message at most; below 1 = no limit. */
  constructor(box: Box, maxParts: number) {
    this.#box = box;
    this.#maxParts = maxParts;
  }

  /**
   * Opens the next frame of the peer. Returns the message that it completes, if it does; otherwise look at `command`.
   * @throws ZmtpError for a frame that the peer has not sealed or not in this order, and for a message of too many parts
   */
  open(frame: Buffer): Message | undefined {
    const { flags, payload } = this.#box.open(frame);
    if ((flags & IS_COMMAND) !== 0) {
      this.command = payload;
      return undefined;
    }
    this.command = undefined;
    const parts = this.#parts ?? [];
    if (this.#maxParts > 0 && parts.length >= this.#maxParts) {
      const told = `message of more than ${this.#maxParts} parts`;
      throw new ZmtpError('ERR_ZMTP_TOO_MANY_PARTS', told);
    }
    parts.push(payload);
    if ((flags & MORE) !== 0) {
      this.#parts = parts;
      return undefined;
    }
    this.#parts = undefined;
    return parts;
  }

  /** Seals `message`, and encodes it by `encoder`. */
  message(message: Message, encoder: FrameEncoder): void {
    const last = message.length - 1;
    for (let i = 0; i <= last; i++) {
      encoder.message([this.#box.seal(i < last ? MORE : 0, message[i]!)]);
    }
  }

  /** Seals the command with this body, and encodes it by `encoder`. */
  commandTo(body: Buffer, encoder: FrameEncoder): void {
    encoder.message([this.#box.seal(IS_COMMAND, body)]);
  }

  /** Discards the parts of a message that will not be completed. */
  clear(): void {
    this.#parts = undefined;
  }
}

/** Flags inside a sealed frame. */
const MORE = 0x01;
const IS_COMMAND = 0x02;

/**
 * The framing of ZWS 2.0 (RFC 45) on a WebSocket of the platform, which moves whole messages: each chunk is one, an octet of
 * flags and a body.
 */

import { Assembler, COMMAND_FOUND, FAILED, MESSAGE, NEED_MORE } from './assembler.ts';
import { ZmtpError } from './errors.ts';
import { COMMAND, type Message, MORE } from './frame.ts';
import type { FrameDecoder, FrameEncoder, Framing } from './framing.ts';
import { ZWS_COMMAND, ZWS_MORE } from './ws-frame.ts';
import { Introduction } from './ws-introduction.ts';
import { BARE } from './ws-protocols.ts';

/**
 * The framing of one connection, under the sub-protocol that was agreed on. A platform sends no PING of WebSocket for us; where
 * there are commands, that of ZMTP replaces it.
 */
export function wsMessageFraming(protocol: string): Framing {
  const introduction = protocol === BARE ? new Introduction() : undefined;
  const encoder = new WsMessageEncoder(introduction);
  const decoder = new WsMessageDecoder(introduction);
  return { decoder, encoder, minor: 0, heartbeats: introduction === undefined };
}

/** Encodes messages and commands to messages of WebSocket. */
class WsMessageEncoder implements FrameEncoder {
  /** Octets encoded and not yet taken. */
  pending = 0;
  readonly #introduction: Introduction | undefined;
  #octets: Buffer[] = [];

  constructor(introduction: Introduction | undefined) {
    this.#introduction = introduction;
  }

  message(message: Message): void {
    const last = message.length - 1;
    for (let i = 0; i <= last; i++) this.#frame(i < last ? ZWS_MORE : 0, message[i]!);
  }

  command(body: Buffer): void {
    if (this.#introduction === undefined) this.#frame(ZWS_COMMAND, body);
    else this.message(this.#introduction.ours(body) ?? []);
  }

  raw(octets: Buffer): void {
    this.#octets.push(octets);
    this.pending += octets.length;
  }

  take(): Buffer[] {
    const taken = this.#octets;
    this.#octets = [];
    this.pending = 0;
    return taken;
  }

  written(): void {}

  #frame(flags: number, body: Buffer): void {
    const octets = Buffer.allocUnsafe(body.length + 1);
    octets[0] = flags;
    octets.set(body, 1);
    this.raw(octets);
  }
}

/** Decodes messages of WebSocket to messages and commands. */
class WsMessageDecoder extends Assembler implements FrameDecoder {
  /** Without effect: the malformed frames that it is for cannot occur in a WebSocket. */
  mendsLongCommands = false;
  readonly place: undefined = undefined;
  readonly #introduction: Introduction | undefined;
  /** Messages of WebSocket that `next` has not looked at, from `#start` on. */
  #octets: Buffer[] = [];
  #start = 0;

  constructor(introduction: Introduction | undefined) {
    super({ maxFrameSize: 0, maxParts: 1 });
    this.#introduction = introduction;
  }

  push(octets: Buffer): void {
    if (this.error === undefined) this.#octets.push(octets);
  }

  get pending(): boolean {
    return this.#start < this.#octets.length;
  }

  override clear(): void {
    super.clear();
    this.#octets = [];
    this.#start = 0;
  }

  next(): number {
    while (this.error === undefined && this.pending) {
      const octets = this.#octets[this.#start++]!;
      if (!this.pending) {
        this.#octets = [];
        this.#start = 0;
      }
      const flags = octets[0] ?? NO_FLAGS;
      if (flags > ZWS_COMMAND) return this.fail(malformed(flags));
      const ours = flags === ZWS_MORE ? MORE : flags === ZWS_COMMAND ? COMMAND : 0;
      const body = octets.subarray(1);
      if (this.exceeds(ours, body.length)) return FAILED;
      const found = this.accept(ours, body);
      if (found === MESSAGE && this.#introduction?.finished === false) {
        this.command = this.#introduction.theirs(this.message);
        return COMMAND_FOUND;
      }
      if (found !== NEED_MORE) return found;
    }
    return this.error === undefined ? NEED_MORE : FAILED;
  }

  placed(): void {}
}

function malformed(flags: number): ZmtpError {
  const what = flags === NO_FLAGS ? 'without its flags' : `with the flags ${flags}`;
  return new ZmtpError('ERR_ZMTP_MALFORMED_MESSAGE', `peer sends a message ${what} over WebSocket`);
}

const NO_FLAGS = 0x100;

/** The framing of ZWS 2.0 (RFC 45) on a stream of octets: what a connection needs in place of greeting, Decoder and Encoder. */

import { COMMAND_FOUND, MESSAGE, NEED_MORE } from './assembler.ts';
import type { Framing } from './framing.ts';
import { WsDecoder } from './ws-decoder.ts';
import { WsEncoder } from './ws-encoder.ts';
import { Introduction } from './ws-introduction.ts';
import { BARE } from './ws-protocols.ts';

/** How a WebSocket is framed. */
export interface WsFramingOptions {
  /** The sub-protocol that was agreed on. */
  readonly protocol: string;
  /** For the client: gives the mask of the next frame, 32 unpredictable bits. A server has none. */
  readonly nextMask?: (() => number) | undefined;
  /** Called when the peer begins with a message though a handshake was agreed on: it agreed to a name that it does not know. */
  readonly echoed?: () => void;
}

/** The framing of one connection. */
export function wsFraming({ protocol, nextMask, echoed = () => {} }: WsFramingOptions): Framing {
  const introduction = protocol === BARE ? new Introduction() : undefined;
  const encoder =
    introduction === undefined ? new WsEncoder(nextMask) : new BareEncoder(nextMask, introduction);
  const control = { pinged: (payload: Buffer) => encoder.pong(payload) };
  const limits = { maxFrameSize: 0, maxParts: 1 };
  const masked = nextMask === undefined;
  const decoder =
    introduction === undefined
      ? new ShakenDecoder(limits, masked, control, echoed)
      : new BareDecoder(limits, masked, control, introduction);
  return { decoder, encoder, minor: 0 };
}

/** Sends no commands: our READY becomes the introduction. */
class BareEncoder extends WsEncoder {
  readonly #introduction: Introduction;

  constructor(nextMask: (() => number) | undefined, introduction: Introduction) {
    super(nextMask);
    this.#introduction = introduction;
  }

  override command(body: Buffer): void {
    const message = this.#introduction.ours(body);
    if (message !== undefined) this.message(message);
  }
}

/** Expects a command before all messages, and reports a peer that begins with a message. */
class ShakenDecoder extends WsDecoder {
  #echoed: (() => void) | undefined;

  constructor(
    ...[limits, masked, control, echoed]: [...ConstructorParameters<typeof WsDecoder>, () => void]
  ) {
    super(limits, masked, control);
    this.#echoed = echoed;
  }

  override next(): number {
    const found = super.next();
    if (this.#echoed !== undefined && found !== NEED_MORE) {
      if (found === MESSAGE) this.#echoed();
      this.#echoed = undefined;
    }
    return found;
  }
}

/** Decodes the first message, which is the peer's introduction, as its READY. */
class BareDecoder extends WsDecoder {
  readonly #introduction: Introduction;

  constructor(
    ...[limits, masked, control, introduction]: [
      ...ConstructorParameters<typeof WsDecoder>,
      Introduction,
    ]
  ) {
    super(limits, masked, control);
    this.#introduction = introduction;
  }

  override next(): number {
    const found = super.next();
    if (found !== MESSAGE || this.#introduction.finished) return found;
    this.command = this.#introduction.theirs(this.message);
    return COMMAND_FOUND;
  }
}

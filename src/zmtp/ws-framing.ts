/** The framing of ZWS 2.0 (RFC 45): sub-protocols, and what a connection needs in place of greeting, Decoder and Encoder. */

import { commandData, commandName, encodeCommand } from './command.ts';
import { COMMAND_FOUND, MESSAGE } from './decoder.ts';
import type { Framing } from './framing.ts';
import { decodeMetadata, encodeMetadata, property } from './metadata.ts';
import { type SocketType, traitsOf } from './socket-type.ts';
import { WsDecoder } from './ws-decoder.ts';
import { WsEncoder } from './ws-encoder.ts';

/** The sub-protocol without a mechanism: each side begins with its routing id. */
const BARE = 'ZWS2.0';

/** The sub-protocols that stand for `mechanism`, the best first. */
export function wsProtocols(mechanism: string): readonly string[] {
  return mechanism === 'NULL' ? [`${BARE}/NULL`, BARE] : [`${BARE}/${mechanism}`];
}

/** How a WebSocket is framed. */
export interface WsFramingOptions {
  /** The sub-protocol that was agreed on, one of `wsProtocols`. */
  readonly protocol: string;
  /** For the client: the next mask, 32 bits that nobody can foresee. A server has none. */
  readonly nextMask?: (() => number) | undefined;
}

/** Created anew for each connection. */
export function wsFraming({ protocol, nextMask }: WsFramingOptions): Framing {
  const encoder = protocol === BARE ? new BareEncoder(nextMask) : new WsEncoder(nextMask);
  const control = { pinged: (payload: Buffer) => encoder.pong(payload) };
  const limits = { maxFrameSize: 0, maxParts: 1 };
  const masked = nextMask === undefined;
  const decoder =
    encoder instanceof BareEncoder
      ? new BareDecoder(limits, masked, control, () => encoder.socketType)
      : new WsDecoder(limits, masked, control);
  return { decoder, encoder, minor: 0 };
}

/** Without a mechanism, what READY would say of this side shrinks to its routing id; there are no other commands. */
class BareEncoder extends WsEncoder {
  /** Our own type, from our READY. */
  socketType: SocketType | undefined;

  override command(body: Buffer): void {
    if (commandName(body) !== 'READY') return;
    const metadata = decodeMetadata(commandData(body));
    this.socketType = String(property(metadata, 'Socket-Type')) as SocketType;
    this.message([property(metadata, 'Identity') ?? Buffer.alloc(0)]);
  }
}

/** The peer's first message is its routing id. Its type it does not tell: it is taken for one that ours talks to. */
class BareDecoder extends WsDecoder {
  readonly #ownType: () => SocketType | undefined;
  #introduced = false;

  constructor(
    ...[limits, masked, control, ownType]: [
      ...ConstructorParameters<typeof WsDecoder>,
      () => SocketType | undefined,
    ]
  ) {
    super(limits, masked, control);
    this.#ownType = ownType;
  }

  override next(): number {
    const found = super.next();
    if (this.#introduced || found !== MESSAGE) return found;
    this.#introduced = true;
    const own = this.#ownType();
    const properties: [string, Buffer][] = [['Identity', this.message[0]!]];
    if (own !== undefined)
      properties.push(['Socket-Type', Buffer.from(traitsOf(own).partners[0]!)]);
    this.command = encodeCommand('READY', encodeMetadata(properties));
    return COMMAND_FOUND;
  }
}

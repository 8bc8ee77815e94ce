/**
 * Introduction: replaces the handshake where the sub-protocol of WebSocket names no mechanism (RFC 45): each side sends its
 * routing id, as its first message.
 */

import { commandData, commandName, encodeCommand } from './command.ts';
import type { Message } from './frame.ts';
import { decodeMetadata, encodeMetadata, property } from './metadata.ts';
import { type SocketType, traitsOf } from './socket-type.ts';

/** The introductions of one connection, ours and the peer's. */
export class Introduction {
  /** Whether the peer has introduced itself. */
  finished = false;
  #ownType: SocketType | undefined;

  /** What is sent in place of a command of ours: for READY our routing id, for others nothing. */
  ours(command: Buffer): Message | undefined {
    if (commandName(command) !== 'READY') return undefined;
    const metadata = decodeMetadata(commandData(command));
    this.#ownType = String(property(metadata, 'Socket-Type')) as SocketType;
    return [property(metadata, 'Identity') ?? Buffer.alloc(0)];
  }

  /** The READY that the peer's first message stands for. That names no type: one that ours can talk to is assumed. */
  theirs(message: Message): Buffer {
    this.finished = true;
    const own = this.#ownType;
    const properties: [string, Buffer][] = [['Identity', message[0]!]];
    if (own !== undefined)
      properties.push(['Socket-Type', Buffer.from(traitsOf(own).partners[0]!)]);
    return encodeCommand('READY', encodeMetadata(properties));
  }
}

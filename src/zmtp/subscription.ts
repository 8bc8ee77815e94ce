/**
 * Subscription: one form inside, two on the wire.
 *
 * Inside, and on the wire to a 3.0 peer, it is a one-part message `01 prefix` or `00 prefix`; to a 3.1 peer it is
 * the command SUBSCRIBE or CANCEL. Both are accepted from everybody (RFC 37, "Publish-Subscribe").
 */

import { encodeCommand } from './command.ts';
import type { Message } from './frame.ts';

export const SUBSCRIBE = 0x01;
export const CANCEL = 0x00;

/** Is this message, sent by a SUB or XSUB, a subscription or the end of one? */
export function isSubscription(message: Message): boolean {
  if (message.length !== 1 || message[0]!.length === 0) return false;
  const first = message[0]![0];
  return first === SUBSCRIBE || first === CANCEL;
}

/** The command for a message that {@link isSubscription}. */
export function encodeSubscription(message: Message): Buffer {
  const [part] = message as readonly [Buffer];
  return encodeCommand(part[0] === SUBSCRIBE ? 'SUBSCRIBE' : 'CANCEL', part.subarray(1));
}

/**
 * The message for a SUBSCRIBE or CANCEL command. A large body in memory of its own, where a decoder has put it together, is made
 * into the message: a topic may be megabytes long.
 */
export function decodeSubscription(name: 'SUBSCRIBE' | 'CANCEL', body: Buffer): Message {
  // The last octet of the name gives its place to the first of the message.
  const within = body.subarray(body[0]!);
  const owned = body.length >= LARGE && body.buffer.byteLength === body.length;
  const part = owned ? within : Buffer.from(within);
  part[0] = name === 'SUBSCRIBE' ? SUBSCRIBE : CANCEL;
  return [part];
}

/** Octets. */
const LARGE = 65_536;

/**
 * Subscription: one form inside, two on the wire.
 *
 * Inside, and on the wire to a 3.0 peer, it is a one-part message `01 prefix` or `00 prefix`; to a 3.1 peer it is
 * the command SUBSCRIBE or CANCEL. Both are accepted from every peer (RFC 37, "Publish-Subscribe"). When a DISH joins or leaves
 * a group, that has the same form inside, and is the command JOIN or LEAVE to every peer.
 */

import { encodeCommand } from './command.ts';
import type { Message } from './frame.ts';

export const SUBSCRIBE = 0x01;
export const CANCEL = 0x00;

/** Whether this message, sent by a SUB or XSUB, is a subscription or the end of one. */
export function isSubscription(message: Message): boolean {
  if (message.length !== 1 || message[0]!.length === 0) return false;
  const first = message[0]![0];
  return first === SUBSCRIBE || first === CANCEL;
}

/** The command for a message that {@link isSubscription}: SUBSCRIBE or CANCEL; if `joins`, JOIN or LEAVE. */
export function encodeSubscription(message: Message, joins: boolean = false): Buffer {
  const [part] = message as readonly [Buffer];
  const [begin, end] = joins ? (['JOIN', 'LEAVE'] as const) : (['SUBSCRIBE', 'CANCEL'] as const);
  return encodeCommand(part[0] === SUBSCRIBE ? begin : end, part.subarray(1));
}

/**
 * The message for a SUBSCRIBE, CANCEL, JOIN or LEAVE command. A large body that a decoder has put together in memory of its own
 * is made into the message without a copy: a topic may be megabytes long.
 */
export function decodeSubscription(
  name: 'SUBSCRIBE' | 'CANCEL' | 'JOIN' | 'LEAVE',
  body: Buffer,
): Message {
  // The octet before the prefix, the last one of the name, becomes the first one of the message.
  const within = body.subarray(body[0]!);
  const owned = body.length >= LARGE && body.buffer.byteLength === body.length;
  const part = owned ? within : Buffer.from(within);
  part[0] = name === 'SUBSCRIBE' || name === 'JOIN' ? SUBSCRIBE : CANCEL;
  return [part];
}

/** Octets of a body from which on it is not copied. */
const LARGE = 65_536;

/** Subscription: the message with which a socket subscribes to a prefix (0x01 prefix) or cancels that (0x00 prefix). */

import type { Message } from '../message.ts';

/** The first octet of a message that subscribes, and of one that cancels. */
export const SUBSCRIBE = 0x01;
export const CANCEL = 0x00;

/** Whether this part is a subscription or a cancellation. */
export function isSubscription(part: Uint8Array): boolean {
  return part.length > 0 && part[0]! <= SUBSCRIBE;
}

/** The message that subscribes to, or cancels, `prefix` (copied). */
export function subscriptionMessage(
  kind: typeof SUBSCRIBE | typeof CANCEL,
  prefix: Uint8Array,
): Message {
  const part = Buffer.allocUnsafe(1 + prefix.length);
  part[0] = kind;
  part.set(prefix, 1);
  return [part];
}

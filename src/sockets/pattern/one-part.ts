/** One part: the size of all messages of the draft types other than DGRAM (RFC 41, 48, 49, 51 and 52). */

import { SocketError } from '../errors.ts';
import type { Message } from '../message.ts';

/** @throws SocketError `EINVAL` for a message of several parts */
export function checkOnePart(message: Message): void {
  if (message.length === 1) return;
  throw new SocketError('EINVAL', {
    message: `Invalid argument: a message of ${message.length} parts, expected 1 on this socket`,
  });
}

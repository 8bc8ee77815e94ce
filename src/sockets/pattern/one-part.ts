/** One part: what the messages of SERVER, CLIENT, SCATTER and GATHER have (RFC 41, RFC 49). */

import { SocketError } from '../errors.ts';
import type { Message } from '../message.ts';

/** @throws SocketError `EINVAL` for a message of several parts */
export function checkOnePart(message: Message): void {
  if (message.length === 1) return;
  throw new SocketError('EINVAL', {
    message: `Invalid argument: a message of ${message.length} parts, expected 1 on this socket`,
  });
}

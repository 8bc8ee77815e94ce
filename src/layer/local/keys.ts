/** Keys: the identifiers of processes, and the channel names that contain them. */

import { createHash } from 'node:crypto';

/** The key of the process whose `newChannel` has made `channel`, or a channel with its route; undefined for an ordinary one. */
export function ownerOf(channel: string): string | undefined {
  const mark = channel.indexOf('!');
  return mark < 0 ? undefined : OWNED.exec(channel.slice(0, mark + 1))?.[1];
}

/** The key of the process with this secret, a hash of it: the secret proves the key, and cannot be found for another's. */
export function keyOf(secret: Uint8Array): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, 16);
}

const OWNED = /\.([0-9a-f]{16})!$/;

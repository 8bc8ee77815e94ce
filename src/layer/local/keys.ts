/** Keys: the identifiers of processes, and the channel names that contain them. */

import { createHash } from 'node:crypto';
import { routeOf } from './names.ts';
import { remembered } from './remembered.ts';

/** The key of the process whose `newChannel` has made `channel`, or a channel with its route; undefined for an ordinary one. */
export function ownerOf(channel: string): string | undefined {
  return channel.includes('!') ? keyIn(channel) || undefined : undefined;
}

/** Empty where there is none. */
const keyIn = remembered((channel) => OWNED.exec(routeOf(channel))?.[1] ?? '');

/** The key of the process with this secret, a hash of it: the secret proves the key, and cannot be found for another's. */
export function keyOf(secret: Uint8Array): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, 16);
}

const OWNED = /\.([0-9a-f]{16})!$/;

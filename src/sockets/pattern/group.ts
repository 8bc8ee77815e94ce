/** Group: the name that RADIO sends to and DISH joins (RFC 48). It is compared as a whole, not as a prefix. */

import { SocketError } from '../errors.ts';

/** Octets in the name of a group, at most (`ZMQ_GROUP_MAX_LENGTH`). */
export const GROUP_MAX = 255;

/** The part of a name that counts: all before its first NUL, as in libzmq. */
export function groupName(octets: Buffer): Buffer {
  const end = octets.indexOf(0);
  return end < 0 ? octets : octets.subarray(0, end);
}

/**
 * The octets of a group's name; text is encoded as UTF-8.
 * @throws TypeError for what is neither text nor octets
 * @throws SocketError `EINVAL` without a name, and for more than 255 octets
 */
export function toGroup(value: unknown): Buffer {
  if (value === undefined) throw invalid('no group, expected a string or buffer');
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
    throw new TypeError('Group must be a string or buffer');
  }
  const group = groupName(Buffer.from(value as string));
  if (group.length > GROUP_MAX) {
    throw invalid(`a group of ${group.length} octets, expected at most ${GROUP_MAX}`);
  }
  return group;
}

/** The key that finds exactly the members of `group`, though subscriptions are prefixes: its length, then its name. */
export function groupKey(group: Buffer): Buffer {
  const key = Buffer.allocUnsafe(1 + group.length);
  key[0] = group.length;
  key.set(group, 1);
  return key;
}

/** The error for a group that cannot be used, for the reason `what`. */
export function invalid(what: string): SocketError {
  return new SocketError('EINVAL', { message: `Invalid argument: ${what}` });
}

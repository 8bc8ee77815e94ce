/** Names: the grammar of channel and group names, and the part of one that says where it lives. */

import { InvalidName } from '../errors.ts';
import { remembered } from './remembered.ts';

/** The longest name, in characters. */
export const NAME_MAX = 100;

const GROUP = /^[a-zA-Z0-9\-_.]+$/;
/** At most one `!`, and something before it. */
const CHANNEL = /^[a-zA-Z0-9\-_.]+(?:![a-zA-Z0-9\-_.]*)?$/;
const PREFIX = /^[a-zA-Z0-9\-_.]*$/;

/** @throws InvalidName */
export function checkChannelName(name: unknown): asserts name is string {
  check('channel', name, CHANNEL);
}

/** @throws InvalidName */
export function checkGroupName(name: unknown): asserts name is string {
  check('group', name, GROUP);
}

/** Whether `text` may stand before a name: letters, digits, `-`, `_` and `.`, or nothing. */
export function isNamePrefix(text: unknown): text is string {
  return typeof text === 'string' && PREFIX.test(text);
}

/** Whether a qualified name is of a layer with this prefix: empty, or a text that ends in a colon, which no name has. */
export function hasPrefix(name: string, prefix: string): boolean {
  return prefix === '' ? !name.includes(':') : name.startsWith(prefix);
}

/**
 * Where a channel lives: the part up to and including `!` of a process-specific name, else the name itself. Channels
 * with one route share one capacity.
 */
export function routeOf(channel: string): string {
  return channel.includes('!') ? ownedRoute(channel) : channel;
}

const ownedRoute = remembered((channel) => channel.slice(0, channel.indexOf('!') + 1));

function check(kind: 'channel' | 'group', name: unknown, grammar: RegExp): asserts name is string {
  if (typeof name !== 'string') throw new InvalidName(kind, name, 'must be a string');
  if (name.length === 0) throw new InvalidName(kind, name, 'must not be empty');
  if (name.length > NAME_MAX) {
    throw new InvalidName(kind, name, `${name.length} characters, at most ${NAME_MAX} are allowed`);
  }
  // `$` without the flag m matches at the very end only: a trailing line feed is refused.
  if (!grammar.test(name)) {
    const mark = kind === 'channel' ? ', and at most one !, not in front' : '';
    throw new InvalidName(
      kind,
      name,
      `must consist of ASCII letters, digits, hyphens, underscores and periods${mark}`,
    );
  }
}

/** DishPattern: DISH (RFC 48). Sends its peers the groups that it has joined, and drops messages to other groups. */

import type { Message } from '../message.ts';
import { FilteringPattern } from './filtering.ts';
import { GROUP_MAX, groupName, invalid } from './group.ts';

/**
 * Messages come from the peers as two parts, and go to the class the other way round:
 *
 *     [group] [body]   →   [body] [group]
 */
export class DishPattern extends FilteringPattern {
  /** The groups joined, by their octets as latin1: compared as a whole, while the peers match subscriptions as prefixes. */
  readonly #groups = new Set<string>();

  /** @throws SocketError `EINVAL` for a group joined already */
  join(group: Buffer): void {
    const name = group.toString('latin1');
    if (this.#groups.has(name)) throw invalid(`group ${quoted(group)} is joined already`);
    this.#groups.add(name);
    this.upstream.subscribe(group);
  }

  /** @throws SocketError `EINVAL` for a group not joined */
  leave(group: Buffer): void {
    if (!this.#groups.delete(group.toString('latin1'))) {
      throw invalid(`group ${quoted(group)} is not joined`);
    }
    this.upstream.unsubscribe(group);
  }

  override receive(): Message | undefined {
    const message = super.receive();
    return message && [message[1]!, groupName(message[0]!)];
  }

  protected wants(message: Message): boolean {
    const first = message[0]!;
    if (message.length !== 2 || first.length > GROUP_MAX) {
      const pipe = this.incoming.last!;
      pipe.dropped();
      pipe.fail(malformed(message));
      return false;
    }
    return this.#groups.has(groupName(first).toString('latin1'));
  }
}

function malformed(message: Message): string {
  return message.length === 2
    ? `a group of ${message[0]!.length} octets, at most ${GROUP_MAX} are allowed`
    : `a message of ${message.length} parts, expected a group and one part`;
}

function quoted(group: Buffer): string {
  return JSON.stringify(String(group));
}

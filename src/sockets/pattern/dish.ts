/** DishPattern: DISH (RFC 48). Tells its peers which groups it has joined, and checks what comes. */

import type { SocketErrorCode } from '../errors.ts';
import type { Message } from '../message.ts';
import { FairQueue } from '../routing/fair-queue.ts';
import type { Pipe } from '../routing/pipe.ts';
import { CANCEL, SUBSCRIBE, subscriptionMessage } from '../routing/subscription.ts';
import { GROUP_MAX, groupName, invalid } from './group.ts';
import type { Pattern, PatternHost } from './pattern.ts';

/**
 * Messages come from the peers as two parts, and go to the class the other way round:
 *
 *     [group] [body]   →   [body] [group]
 */
export class DishPattern implements Pattern {
  readonly #host: PatternHost;
  readonly #incoming = new FairQueue();
  /** The groups joined, by their octets as latin1, with what joins them. */
  readonly #groups = new Map<string, Message>();
  readonly #established = new Set<Pipe>();
  /** Looked at by `canReceive`, and wanted at that time. */
  #next: Message | undefined = undefined;

  constructor(host: PatternHost) {
    this.#host = host;
  }

  /** @throws SocketError `EINVAL` for a group joined already */
  join(group: Buffer): void {
    const name = group.toString('latin1');
    if (this.#groups.has(name)) throw invalid(`group ${quoted(group)} is joined already`);
    const message = subscriptionMessage(SUBSCRIBE, group);
    this.#groups.set(name, message);
    this.#tell(message);
  }

  /** @throws SocketError `EINVAL` for a group not joined */
  leave(group: Buffer): void {
    if (!this.#groups.delete(group.toString('latin1'))) {
      throw invalid(`group ${quoted(group)} is not joined`);
    }
    this.#tell(subscriptionMessage(CANCEL, group));
  }

  attach(pipe: Pipe): void {
    this.#incoming.attach(pipe);
    if (pipe.readableCount > 0) this.#host.readable();
  }

  established(pipe: Pipe): void {
    // What an earlier connection did not get rid of may not hold any more.
    while (pipe.next() !== undefined) pipe.sentCount--;
    pipe.drained();
    for (const message of this.#groups.values()) pipe.force(message);
    this.#established.add(pipe);
  }

  lost(pipe: Pipe): void {
    this.#established.delete(pipe);
  }

  detach(pipe: Pipe): void {
    this.#established.delete(pipe);
    this.#incoming.detach(pipe);
  }

  readable(pipe: Pipe): void {
    this.#incoming.activate(pipe);
    this.#host.readable();
  }

  writable(_pipe: Pipe): void {}

  send(_message: Message): boolean {
    return false;
  }

  receive(): Message | undefined {
    const next = this.#next;
    this.#next = undefined;
    // It may have been left since.
    if (next !== undefined && this.#groups.has(next[1]!.toString('latin1'))) return next;
    for (;;) {
      const message = this.#incoming.receive();
      if (message === undefined) return undefined;
      const wanted = this.#wanted(message);
      if (wanted !== undefined) return wanted;
    }
  }

  get canSend(): boolean {
    return false;
  }

  get canReceive(): boolean {
    this.#next = this.receive();
    return this.#next !== undefined;
  }

  sendRefusal(_message: Message): SocketErrorCode {
    return 'ENOTSUP';
  }

  receiveRefusal(): SocketErrorCode {
    return 'EAGAIN';
  }

  /** Body and group, where the group is joined. */
  #wanted(message: Message): Message | undefined {
    const [first, body] = message as [Buffer, Buffer?];
    if (message.length !== 2 || first.length > GROUP_MAX) {
      const pipe = this.#incoming.last!;
      pipe.droppedCount++;
      pipe.fail(malformed(message));
      return undefined;
    }
    const group = groupName(first);
    return this.#groups.has(group.toString('latin1')) ? [body!, group] : undefined;
  }

  #tell(message: Message): void {
    for (const pipe of this.#established) pipe.force(message);
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

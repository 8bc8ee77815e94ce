/** Radio: RADIO, sends to groups (RFC 48). */

import { SocketBase } from '../api/socket.ts';
import type { SocketOptions } from '../api/socket-options.ts';
import { RADIO } from '../core/draft-types.ts';
import type { CallOptions } from '../core/waiter.ts';
import { type MessageLike, toMessage } from '../message.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type { NoDropOptions, SendOptions } from '../options/options.ts';
import { groupKey, toGroup } from '../pattern/group.ts';
import { checkOnePart } from '../pattern/one-part.ts';

/** Which group a message is for. */
export interface RadioGroupOptions {
  /** At most 255 octets, text as UTF-8; it ends before its first NUL. */
  group: Buffer | string;
}

export interface Radio extends SendOptions, NoDropOptions {}

/**
 * Each message goes to every Dish that has joined its group. A Dish whose queue is full does not get it, unless `noDrop` is set.
 * Messages have one part. A Dish that joins more than 65 536 groups is disconnected.
 */
export class Radio extends SocketBase {
  constructor(options?: SocketOptions<Radio>) {
    super(RADIO, options);
  }

  /**
   * Send one part to a group. Rejects as `Sender.send` does; throws `EINVAL` for several parts, without a group, and for one of
   * more than 255 octets.
   */
  send(message: MessageLike, options: RadioGroupOptions & CallOptions): Promise<void> {
    return this.open().outgoing.send(addressed(message, options), options);
  }

  /** Send one part to a group if that is possible now: false otherwise. Throws as `send` does. */
  trySend(message: MessageLike, options: RadioGroupOptions): boolean {
    return this.open().outgoing.trySend(addressed(message, options));
  }

  /** Resolves when a message can be sent, which without `noDrop` is always so. `timeout` is in milliseconds; default: none. */
  whenWritable(options?: CallOptions): Promise<void> {
    return this.unclosed().outgoing.writable(options);
  }
}

defineOptions(Radio.prototype, RADIO.optionNames);

/** Key and body, as the pattern expects them. */
function addressed(message: MessageLike, options: RadioGroupOptions): readonly Buffer[] {
  const parts = toMessage(message);
  checkOnePart(parts);
  return [groupKey(toGroup(options?.group)), parts[0]!];
}

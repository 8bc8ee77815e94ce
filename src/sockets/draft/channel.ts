/** Channel: CHANNEL, two sockets that belong to each other (RFC 52). */

import { DuplexSocket, type Part } from '../api/sending-receiving.ts';
import type { SocketOptions } from '../api/socket-options.ts';
import { CHANNEL } from '../core/draft-types.ts';
import type { MessageLike } from '../message.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type { ReceiveOptions, SendOptions } from '../options/options.ts';

export interface Channel extends SendOptions, ReceiveOptions {}

/**
 * Talks to one other Channel, both ways. While that peer is there, a second one is refused with the event `peer:refused`.
 * Messages have one part; several are refused with `EINVAL`.
 */
export class Channel extends DuplexSocket<MessageLike, [Part]> {
  constructor(options?: SocketOptions<Channel>) {
    super(CHANNEL, options);
  }
}

defineOptions(Channel.prototype, CHANNEL.optionNames);

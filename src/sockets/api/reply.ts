/** Reply: REP, answers (RFC 28). */

import { optionsOf, SocketType } from '../core/socket-type.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type { ReceiveOptions, RoutingIdOptions, SendOptions } from '../options/options.ts';
import { DuplexSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

export interface Reply extends SendOptions, ReceiveOptions, RoutingIdOptions {}

/**
 * `receive` and `send` in strict turn. The answer goes to the peer that asked; when that peer is gone, the answer is
 * dropped and counted.
 */
export class Reply extends DuplexSocket {
  constructor(options?: SocketOptions<Reply>) {
    super(SocketType.Reply, options);
  }
}

defineOptions(Reply.prototype, optionsOf(SocketType.Reply));

/** Reply: REP, receives requests and sends a reply to each (RFC 28). */

import { optionsOf, SocketType } from '../core/socket-type.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type { ReceiveOptions, RoutingIdOptions, SendOptions } from '../options/options.ts';
import { DuplexSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

export interface Reply extends SendOptions, ReceiveOptions, RoutingIdOptions {}

/**
 * `receive` and `send` alternate strictly. A reply goes to the peer that sent the request; it is dropped and counted if that peer
 * is gone or its queue is full.
 */
export class Reply extends DuplexSocket {
  constructor(options?: SocketOptions<Reply>) {
    super(SocketType.Reply, options);
  }
}

defineOptions(Reply.prototype, optionsOf(SocketType.Reply));

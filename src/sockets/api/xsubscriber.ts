/** XSubscriber: XSUB, a Subscriber that subscribes by messages (RFC 29). */

import { SocketType } from '../core/socket-type.ts';
import { defineOptions } from '../options/option-accessors.ts';
import { RECEIVE, SEND } from '../options/option-table.ts';
import type { ReceiveOptions, SendOptions } from '../options/options.ts';
import { DuplexSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

export interface XSubscriber extends SendOptions, ReceiveOptions {}

/**
 * Sending octet 1 and a prefix subscribes at all publishers, octet 0 and the prefix ends that; other messages go to all
 * publishers as they are. What is received is not filtered here.
 */
export class XSubscriber extends DuplexSocket {
  constructor(options?: SocketOptions<XSubscriber>) {
    super(SocketType.XSubscriber, options);
  }
}

defineOptions(XSubscriber.prototype, [...SEND, ...RECEIVE]);

/** XSubscriber: XSUB, a Subscriber that subscribes by messages (RFC 29). */

import { optionsOf, SocketType } from '../core/socket-type.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type {
  OnlyFirstSubscribeOptions,
  ReceiveOptions,
  SendOptions,
  XSubscriberOptions,
} from '../options/options.ts';
import type { XSubscribePattern } from '../pattern/xsubscribe.ts';
import { DuplexSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

export interface XSubscriber
  extends SendOptions,
    ReceiveOptions,
    XSubscriberOptions,
    OnlyFirstSubscribeOptions {}

/**
 * Octet 1 and a prefix, sent as a message, subscribes at all publishers; octet 0 and the prefix unsubscribes. Other messages go
 * to all publishers as they are. Received messages are not filtered here.
 */
export class XSubscriber extends DuplexSocket {
  constructor(options?: SocketOptions<XSubscriber>) {
    super(SocketType.XSubscriber, options);
  }

  /** `ZMQ_TOPICS_COUNT`. Number of distinct prefixes that this socket is subscribed to. */
  get topicsCount(): number {
    return (this.settable().pattern as XSubscribePattern).topicCount;
  }
}

defineOptions(XSubscriber.prototype, optionsOf(SocketType.XSubscriber));

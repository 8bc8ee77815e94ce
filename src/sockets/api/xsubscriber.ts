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
 * Sending octet 1 and a prefix subscribes at all publishers, octet 0 and the prefix ends that; other messages go to all
 * publishers as they are. What is received is not filtered here.
 */
export class XSubscriber extends DuplexSocket {
  constructor(options?: SocketOptions<XSubscriber>) {
    super(SocketType.XSubscriber, options);
  }

  /** `ZMQ_TOPICS_COUNT`. How many distinct prefixes it is subscribed to. */
  get topicsCount(): number {
    return (this.settable().pattern as XSubscribePattern).topicCount;
  }
}

defineOptions(XSubscriber.prototype, optionsOf(SocketType.XSubscriber));

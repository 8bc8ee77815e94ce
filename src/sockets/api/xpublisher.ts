/** XPublisher: XPUB, a Publisher that sees subscriptions (RFC 29). */

import { optionsOf, SocketType } from '../core/socket-type.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type {
  InvertMatchingOptions,
  NoDropOptions,
  OnlyFirstSubscribeOptions,
  ReceiveOptions,
  SendOptions,
  XPublisherOptions,
} from '../options/options.ts';
import type { XPublishPattern } from '../pattern/xpublish.ts';
import { DuplexSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

export interface XPublisher
  extends SendOptions,
    ReceiveOptions,
    NoDropOptions,
    XPublisherOptions,
    OnlyFirstSubscribeOptions,
    InvertMatchingOptions {}

/**
 * Like Publisher, and `receive` yields what subscribers send upstream: subscriptions as octet 1 and the prefix, the end of
 * the last one to a prefix as octet 0 and the prefix, and any other message as it is.
 */
export class XPublisher extends DuplexSocket {
  constructor(options?: SocketOptions<XPublisher>) {
    super(SocketType.XPublisher, options);
  }

  /** `ZMQ_TOPICS_COUNT`. How many distinct prefixes messages are sent by; with `manual`, those that the program has subscribed. */
  get topicsCount(): number {
    return (this.settable().pattern as XPublishPattern).topicCount;
  }

  /** With `manual` or `manualLastValue`: subscribe the peer whose message was received last to `prefix`. Otherwise throws `EINVAL`. */
  subscribe(prefix: Buffer | string): void {
    (this.settable().pattern as XPublishPattern).subscribe(Buffer.from(prefix as string));
  }

  /** With one of them: end such a subscription. Otherwise throws `EINVAL`. */
  unsubscribe(prefix: Buffer | string): void {
    (this.settable().pattern as XPublishPattern).unsubscribe(Buffer.from(prefix as string));
  }
}

defineOptions(XPublisher.prototype, optionsOf(SocketType.XPublisher));

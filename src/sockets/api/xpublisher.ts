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
 * Like Publisher, and `receive` yields the messages of subscribers: octet 1 and the prefix when a prefix is first subscribed to,
 * octet 0 and the prefix when its last subscription ends (see `verbosity`), any other message as it is.
 */
export class XPublisher extends DuplexSocket {
  constructor(options?: SocketOptions<XPublisher>) {
    super(SocketType.XPublisher, options);
  }

  /** `ZMQ_TOPICS_COUNT`. Number of distinct prefixes that peers are subscribed to; with `manual`, by this program. */
  get topicsCount(): number {
    return (this.settable().pattern as XPublishPattern).topicCount;
  }

  /**
   * With `manual` or `manualLastValue`: subscribe the sender of the message received last to `prefix`. Otherwise throws `EINVAL`.
   */
  subscribe(prefix: Buffer | string): void {
    (this.settable().pattern as XPublishPattern).subscribe(Buffer.from(prefix as string));
  }

  /**
   * With `manual` or `manualLastValue`: unsubscribe the sender of the message received last from `prefix`. Otherwise throws
   * `EINVAL`.
   */
  unsubscribe(prefix: Buffer | string): void {
    (this.settable().pattern as XPublishPattern).unsubscribe(Buffer.from(prefix as string));
  }
}

defineOptions(XPublisher.prototype, optionsOf(SocketType.XPublisher));

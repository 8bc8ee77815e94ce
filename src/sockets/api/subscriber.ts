/** Subscriber: SUB, receives the messages that it has subscribed to (RFC 29). */

import { optionsOf, SocketType } from '../core/socket-type.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type { ConflateOptions, InvertMatchingOptions, ReceiveOptions } from '../options/options.ts';
import type { SubscribePattern } from '../pattern/subscribe.ts';
import { ReceivingSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

export interface Subscriber extends ReceiveOptions, ConflateOptions, InvertMatchingOptions {}

/** Receives, from all publishers it is connected to, the messages whose first part begins with a subscribed prefix. */
export class Subscriber extends ReceivingSocket {
  constructor(options?: SocketOptions<Subscriber>) {
    super(SocketType.Subscriber, options);
  }

  /** `ZMQ_TOPICS_COUNT`. Number of distinct prefixes that this socket is subscribed to. */
  get topicsCount(): number {
    return (this.settable().pattern as SubscribePattern).topicCount;
  }

  /**
   * `ZMQ_SUBSCRIBE`. Receive messages that begin with one of `prefixes`; without any, all messages. A prefix subscribed to twice
   * has to be unsubscribed from twice.
   */
  subscribe(...prefixes: (Buffer | string)[]): void {
    const pattern = this.settable().pattern as SubscribePattern;
    for (const prefix of toPrefixes(prefixes)) pattern.subscribe(prefix);
  }

  /**
   * `ZMQ_UNSUBSCRIBE`. End subscriptions to `prefixes`; without any, one to all messages. Messages that have already arrived are
   * no longer received, either, if no subscription matches them any more.
   */
  unsubscribe(...prefixes: (Buffer | string)[]): void {
    const pattern = this.settable().pattern as SubscribePattern;
    for (const prefix of toPrefixes(prefixes)) pattern.unsubscribe(prefix);
  }
}

defineOptions(Subscriber.prototype, optionsOf(SocketType.Subscriber));

function toPrefixes(prefixes: readonly (Buffer | string)[]): Buffer[] {
  if (prefixes.length === 0) return [Buffer.alloc(0)];
  return prefixes.map((prefix) => {
    if (typeof prefix === 'string' || Buffer.isBuffer(prefix)) return Buffer.from(prefix as string);
    throw new TypeError('Option value must be a string or buffer');
  });
}

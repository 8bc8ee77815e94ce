/** Publisher: PUB, sends to whoever has subscribed (RFC 29). */

import { optionsOf, SocketType } from '../core/socket-type.ts';
import { defineOptions } from '../options/option-accessors.ts';
import type {
  ConflateOptions,
  InvertMatchingOptions,
  NoDropOptions,
  SendOptions,
} from '../options/options.ts';
import type { PublishPattern } from '../pattern/publish.ts';
import { SendingSocket } from './sending-receiving.ts';
import type { SocketOptions } from './socket-options.ts';

export interface Publisher
  extends SendOptions,
    ConflateOptions,
    NoDropOptions,
    InvertMatchingOptions {}

/**
 * Each message goes to every subscriber with a prefix of its first part among its subscriptions, and to nobody else.
 * Never waits, unless `noDrop`: for a subscriber at its mark the message is dropped and counted. There is no
 * replay; `waitFor('subscription', { peers })` knows when subscribers are there.
 */
export class Publisher extends SendingSocket {
  constructor(options?: SocketOptions<Publisher>) {
    super(SocketType.Publisher, options);
  }

  /** `ZMQ_TOPICS_COUNT`. How many distinct prefixes its peers are subscribed to. */
  get topicsCount(): number {
    return (this.settable().pattern as PublishPattern).topicCount;
  }
}

defineOptions(Publisher.prototype, optionsOf(SocketType.Publisher));

/** Publisher: PUB, sends each message to the peers that have subscribed to it (RFC 29). */

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
 * Sends each message to every peer that has subscribed to a prefix of its first part. `send` never waits, unless `noDrop` is set:
 * for a peer at its high-water mark the message is dropped and counted. Peers that subscribe later get no earlier messages;
 * `waitFor('subscription', { peers })` waits for subscribers.
 */
export class Publisher extends SendingSocket {
  constructor(options?: SocketOptions<Publisher>) {
    super(SocketType.Publisher, options);
  }

  /** `ZMQ_TOPICS_COUNT`. Number of distinct prefixes that peers are subscribed to. */
  get topicsCount(): number {
    return (this.settable().pattern as PublishPattern).topicCount;
  }
}

defineOptions(Publisher.prototype, optionsOf(SocketType.Publisher));

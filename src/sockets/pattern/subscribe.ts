/** SubscribePattern: SUB (RFC 29). Sends its subscriptions to its peers, and drops messages that match none. */

import type { Message } from '../message.ts';
import { FilteringPattern } from './filtering.ts';
import type { PatternHost } from './pattern.ts';

/** Options of a SUB; read at each use, since they may be set late. */
export interface SubscribeOptions {
  /** `ZMQ_INVERT_MATCHING`. Messages are received that match no subscription; the PUB must set it, too. */
  readonly invertMatching: boolean;
}

export class SubscribePattern extends FilteringPattern {
  readonly #options: SubscribeOptions;

  constructor(host: PatternHost, options: SubscribeOptions) {
    super(host);
    this.#options = options;
  }

  /** `ZMQ_TOPICS_COUNT`. Distinct prefixes subscribed to. */
  get topicCount(): number {
    return this.upstream.size;
  }

  /** `ZMQ_SUBSCRIBE`. Receive messages that begin with `prefix`. Subscriptions are counted: `unsubscribe` is needed as often. */
  subscribe(prefix: Uint8Array): void {
    this.upstream.subscribe(prefix);
  }

  /** `ZMQ_UNSUBSCRIBE`. Does nothing when there is no such subscription. */
  unsubscribe(prefix: Uint8Array): void {
    this.upstream.unsubscribe(prefix);
  }

  protected wants(message: Message): boolean {
    return this.upstream.matches(message[0]!) !== this.#options.invertMatching;
  }
}

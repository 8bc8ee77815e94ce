/** SubscribePattern: SUB (RFC 29). Tells its peers what it wants, and checks what comes. */

import type { Message } from '../message.ts';
import { FilteringPattern } from './filtering.ts';
import type { PatternHost } from './pattern.ts';

/** What a SUB can be told, read at each use: options may be set late. */
export interface SubscribeOptions {
  /** `ZMQ_INVERT_MATCHING`. Messages are wanted that do not match a subscription; the PUB must agree. */
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

  /** `ZMQ_SUBSCRIBE`. Receive messages that begin with `prefix`. As often as this, `unsubscribe` is needed. */
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

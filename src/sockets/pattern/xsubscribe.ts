/** XSubscribePattern: XSUB (RFC 29). A SUB that subscribes by sending messages, and receives whatever its peers send. */

import type { SocketErrorCode } from '../errors.ts';
import type { Message } from '../message.ts';
import { Distributor } from '../routing/distributor.ts';
import { FairQueue } from '../routing/fair-queue.ts';
import type { Pipe } from '../routing/pipe.ts';
import { isSubscription, SUBSCRIBE } from '../routing/subscription.ts';
import { Upstream } from '../routing/upstream.ts';
import type { Pattern, PatternHost } from './pattern.ts';

/** Options of an XSUB; read at each use, since they may be set late. */
export interface XSubscribeOptions {
  /** `ZMQ_XSUB_VERBOSE_UNSUBSCRIBE`. Every cancellation is sent upstream, not just a topic's last. */
  readonly verboseUnsubscribe: boolean;
  /** `ZMQ_ONLY_FIRST_SUBSCRIBE`. A message whose first part is not a subscription contains none. */
  readonly onlyFirstSubscribe: boolean;
}

export class XSubscribePattern implements Pattern {
  readonly #host: PatternHost;
  readonly #options: XSubscribeOptions;
  readonly #incoming = new FairQueue();
  readonly #distributor = new Distributor();
  readonly #upstream = new Upstream();

  constructor(host: PatternHost, options: XSubscribeOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** `ZMQ_TOPICS_COUNT`. Distinct prefixes subscribed to. */
  get topicCount(): number {
    return this.#upstream.size;
  }

  attach(pipe: Pipe): void {
    this.#incoming.attach(pipe);
    this.#distributor.attach(pipe);
    if (pipe.readableCount > 0) this.#host.readable();
  }

  established(pipe: Pipe): void {
    this.#upstream.establish(pipe);
  }

  lost(pipe: Pipe): void {
    this.#upstream.lose(pipe);
  }

  detach(pipe: Pipe): void {
    this.#upstream.lose(pipe);
    this.#distributor.detach(pipe);
    this.#incoming.detach(pipe);
  }

  readable(pipe: Pipe): void {
    this.#incoming.activate(pipe);
    this.#host.readable();
  }

  writable(_pipe: Pipe): void {}

  /** Always takes the message; what is not a subscription is dropped for a peer whose queue is full. */
  accept(message: Message): boolean {
    const { onlyFirstSubscribe } = this.#options;
    const subscribes = onlyFirstSubscribe
      ? isSubscription(message[0]!)
      : message.some(isSubscription);
    if (subscribes) this.#change(message);
    else this.#distributor.sendToAll(message);
    return true;
  }

  receive(): Message | undefined {
    return this.#incoming.receive();
  }

  canSend(): boolean {
    return true;
  }

  canReceive(): boolean {
    return this.#incoming.canReceive();
  }

  sendRefusal(_message: Message): SocketErrorCode {
    return 'EAGAIN';
  }

  receiveRefusal(): SocketErrorCode {
    return 'EAGAIN';
  }

  /**
   * Any part may be a subscription, as it may for an XPUB. Subscriptions are sent as copies: an XPUB of this
   * process may keep the octets of a message's first part.
   */
  #change(message: Message): void {
    let others: Buffer[] | undefined;
    for (let i = 0; i < message.length; i++) {
      const part = message[i]!;
      if (!isSubscription(part)) {
        others ??= [];
        others.push(part);
      } else if (part[0] === SUBSCRIBE) {
        this.#upstream.subscribe(part.subarray(1));
      } else {
        this.#upstream.unsubscribe(part.subarray(1), this.#options.verboseUnsubscribe);
      }
    }
    if (others !== undefined) this.#distributor.sendToAll(others);
  }
}

/** PublishPattern: PUB (RFC 29). Each message goes to every peer that has subscribed to a prefix of it. */

import type { SocketErrorCode } from '../errors.ts';
import type { Message } from '../message.ts';
import { Distributor } from '../routing/distributor.ts';
import type { Pipe } from '../routing/pipe.ts';
import { PrefixIndex } from '../routing/prefix-index.ts';
import { purge } from '../routing/purge.ts';
import { CANCEL, SUBSCRIBE } from '../routing/subscription.ts';
import type { Pattern, PatternHost } from './pattern.ts';

/** Options of a PUB; read at each use, since they may be set late. */
export interface PublishOptions {
  /** `ZMQ_XPUB_NODROP`. A message waits until all peers it goes to take it, instead of being dropped. */
  readonly noDrop: boolean;
  /** `ZMQ_INVERT_MATCHING`. Messages go to the peers that have not subscribed to them. */
  readonly invertMatching: boolean;
}

export class PublishPattern implements Pattern {
  readonly #host: PatternHost;
  readonly #options: PublishOptions;
  readonly #subscriptions = new PrefixIndex<Pipe>();
  readonly #distributor = new Distributor();

  constructor(host: PatternHost, options: PublishOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** `ZMQ_TOPICS_COUNT`. Distinct prefixes that peers are subscribed to. */
  get topicCount(): number {
    return this.#subscriptions.size;
  }

  attach(pipe: Pipe): void {
    this.#distributor.attach(pipe);
    if (pipe.readableCount > 0) this.readable(pipe);
  }

  established(_pipe: Pipe): void {}

  lost(pipe: Pipe): void {
    pipe.discardIncoming();
    const had = this.#subscriptions.countOf(pipe);
    purge(this.#subscriptions, pipe, (work) => this.#host.later(work));
    if (had > 0) this.#host.subscribed?.(pipe, 0);
    this.#unblock();
  }

  detach(pipe: Pipe): void {
    this.#distributor.detach(pipe);
    this.lost(pipe);
  }

  /** Subscriptions take effect as they arrive; anything else a peer sends upstream is dropped. */
  readable(pipe: Pipe): void {
    const before = this.#subscriptions.countOf(pipe);
    for (let message = pipe.read(); message !== undefined; message = pipe.read()) {
      if (pipe.ended) continue;
      // libzmq looks at every part, not at the first only.
      for (let i = 0; i < message.length; i++) this.take(pipe, message[i]!, i === 0);
    }
    const count = this.#subscriptions.countOf(pipe);
    if (count !== before) this.#host.subscribed?.(pipe, count);
    if (count < before) this.#unblock();
  }

  writable(_pipe: Pipe): void {
    this.#unblock();
  }

  accept(message: Message): boolean {
    const { noDrop, invertMatching } = this.#options;
    return this.#distributor.sendToMatching(message, this.#subscriptions, noDrop, invertMatching);
  }

  /** Sends `message` to the peers that are subscribed to a prefix of `topic`. */
  protected sendAs(message: Message, topic: Buffer): boolean {
    const { noDrop } = this.#options;
    return this.#distributor.sendToMatching(message, this.#subscriptions, noDrop, false, topic);
  }

  receive(): undefined {
    return undefined;
  }

  canSend(): boolean {
    return !this.#options.noDrop || !this.#distributor.blocked;
  }

  canReceive(): boolean {
    return false;
  }

  sendRefusal(_message: Message): SocketErrorCode {
    return 'EAGAIN';
  }

  receiveRefusal(): SocketErrorCode {
    return 'ENOTSUP';
  }

  /** Applies a subscription or cancellation. `given`: nothing else refers to these octets, so they may be kept uncopied. */
  protected take(pipe: Pipe, part: Buffer, given: boolean): void {
    if (part[0] === SUBSCRIBE) this.#subscriptions.add(part.subarray(1), pipe, given);
    else if (part[0] === CANCEL) this.#subscriptions.remove(part.subarray(1), pipe);
  }

  protected countOf(pipe: Pipe): number {
    return this.#subscriptions.countOf(pipe);
  }

  #unblock(): void {
    if (this.#distributor.unblock()) this.#host.writable();
  }
}

/** SubscribePattern: SUB (RFC 29). Tells its peers what it wants, and checks what comes. */

import type { SocketErrorCode } from '../errors.ts';
import type { Message } from '../message.ts';
import { FairQueue } from '../routing/fair-queue.ts';
import type { Pipe } from '../routing/pipe.ts';
import { Upstream } from '../routing/upstream.ts';
import type { Pattern, PatternHost } from './pattern.ts';

/** What a SUB can be told, read at each use: options may be set late. */
export interface SubscribeOptions {
  /** `ZMQ_INVERT_MATCHING`. Messages are wanted that do not match a subscription; the PUB must agree. */
  readonly invertMatching: boolean;
}

export class SubscribePattern implements Pattern {
  readonly #host: PatternHost;
  readonly #options: SubscribeOptions;
  readonly #incoming = new FairQueue();
  readonly #upstream = new Upstream();
  /** Looked at by `canReceive`, and wanted at that time. */
  #next: Message | undefined = undefined;

  constructor(host: PatternHost, options: SubscribeOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** `ZMQ_TOPICS_COUNT`. Distinct prefixes subscribed to. */
  get topicCount(): number {
    return this.#upstream.size;
  }

  /** `ZMQ_SUBSCRIBE`. Receive messages that begin with `prefix`. As often as this, `unsubscribe` is needed. */
  subscribe(prefix: Uint8Array): void {
    this.#upstream.subscribe(prefix);
  }

  /** `ZMQ_UNSUBSCRIBE`. Does nothing when there is no such subscription. */
  unsubscribe(prefix: Uint8Array): void {
    this.#upstream.unsubscribe(prefix);
  }

  attach(pipe: Pipe): void {
    this.#incoming.attach(pipe);
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
    this.#incoming.detach(pipe);
  }

  readable(pipe: Pipe): void {
    this.#incoming.activate(pipe);
    this.#host.readable();
  }

  writable(_pipe: Pipe): void {}

  send(_message: Message): boolean {
    return false;
  }

  receive(): Message | undefined {
    let message = this.#next ?? this.#incoming.receive();
    this.#next = undefined;
    // A late publisher's last messages, or those of one that does not filter; and what has been
    // unsubscribed from since it came.
    while (message !== undefined && !this.#wants(message)) message = this.#incoming.receive();
    return message;
  }

  get canSend(): boolean {
    return false;
  }

  get canReceive(): boolean {
    this.#next = this.receive();
    return this.#next !== undefined;
  }

  sendRefusal(_message: Message): SocketErrorCode {
    return 'ENOTSUP';
  }

  receiveRefusal(): SocketErrorCode {
    return 'EAGAIN';
  }

  #wants(message: Message): boolean {
    return this.#upstream.matches(message[0]!) !== this.#options.invertMatching;
  }
}

/** FilteringPattern: the common part of SUB and DISH, which receive fairly from all peers and drop what they do not want. */

import type { SocketErrorCode } from '../errors.ts';
import type { Message } from '../message.ts';
import { FairQueue } from '../routing/fair-queue.ts';
import type { Pipe } from '../routing/pipe.ts';
import { Upstream } from '../routing/upstream.ts';
import type { Pattern, PatternHost } from './pattern.ts';

export abstract class FilteringPattern implements Pattern {
  protected readonly incoming: FairQueue = new FairQueue();
  /** The subscriptions that are sent to the peers. */
  protected readonly upstream: Upstream = new Upstream();
  readonly #host: PatternHost;
  /** A message that `canReceive` has looked at, and that was wanted at that time. */
  #next: Message | undefined = undefined;

  constructor(host: PatternHost) {
    this.#host = host;
  }

  /** Whether `message`, the last one of `incoming` or one that was wanted earlier, is wanted now. */
  protected abstract wants(message: Message): boolean;

  attach(pipe: Pipe): void {
    this.incoming.attach(pipe);
    if (pipe.readableCount > 0) this.#host.readable();
  }

  established(pipe: Pipe): void {
    this.upstream.establish(pipe);
  }

  lost(pipe: Pipe): void {
    this.upstream.lose(pipe);
  }

  detach(pipe: Pipe): void {
    this.upstream.lose(pipe);
    this.incoming.detach(pipe);
  }

  readable(pipe: Pipe): void {
    this.incoming.activate(pipe);
    this.#host.readable();
  }

  writable(_pipe: Pipe): void {}

  accept(_message: Message): boolean {
    return false;
  }

  receive(): Message | undefined {
    return this.#take();
  }

  canSend(): boolean {
    return false;
  }

  canReceive(): boolean {
    this.#next = this.#take();
    return this.#next !== undefined;
  }

  sendRefusal(_message: Message): SocketErrorCode {
    return 'ENOTSUP';
  }

  receiveRefusal(): SocketErrorCode {
    return 'EAGAIN';
  }

  #take(): Message | undefined {
    let message = this.#next ?? this.incoming.receive();
    this.#next = undefined;
    // Not wanted: messages that a publisher sent before it got our cancellation, those of one that does
    // not filter, and those that were unsubscribed from after they had arrived.
    while (message !== undefined && !this.wants(message)) message = this.incoming.receive();
    return message;
  }
}

/** PushPattern: sends messages to PULL peers in turn (RFC 30). */

import type { SocketErrorCode } from '../errors.ts';
import type { Message } from '../message.ts';
import { LoadBalancer } from '../routing/load-balancer.ts';
import type { Pipe } from '../routing/pipe.ts';
import type { Pattern, PatternHost } from './pattern.ts';

/** Never drops: a message waits until a peer takes it. Receives nothing. */
export class PushPattern implements Pattern {
  readonly #host: PatternHost;
  readonly #balancer = new LoadBalancer();

  constructor(host: PatternHost) {
    this.#host = host;
  }

  attach(pipe: Pipe): void {
    this.#balancer.attach(pipe);
    if (this.#balancer.canSend()) this.#host.writable();
  }

  established(_pipe: Pipe): void {}

  lost(_pipe: Pipe): void {}

  detach(pipe: Pipe): void {
    this.#balancer.detach(pipe);
  }

  readable(pipe: Pipe): void {
    // A PULL sends no messages; what arrives all the same must not fill memory.
    pipe.discardIncoming();
  }

  writable(pipe: Pipe): void {
    this.#balancer.activate(pipe);
    this.#host.writable();
  }

  accept(message: Message): boolean {
    return this.#balancer.send(message);
  }

  receive(): Message | undefined {
    return undefined;
  }

  canSend(): boolean {
    return this.#balancer.canSend();
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
}

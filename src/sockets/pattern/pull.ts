/** PullPattern: receives messages of PUSH peers, fairly queued (RFC 30). */

import type { SocketErrorCode } from '../errors.ts';
import type { Message } from '../message.ts';
import { FairQueue } from '../routing/fair-queue.ts';
import type { Pipe } from '../routing/pipe.ts';
import type { Pattern, PatternHost } from './pattern.ts';

/** Sends nothing. */
export class PullPattern implements Pattern {
  readonly #host: PatternHost;
  readonly #queue = new FairQueue();

  constructor(host: PatternHost) {
    this.#host = host;
  }

  attach(pipe: Pipe): void {
    this.#queue.attach(pipe);
    if (pipe.readableCount > 0) this.#host.readable();
  }

  established(_pipe: Pipe): void {}

  lost(_pipe: Pipe): void {}

  detach(pipe: Pipe): void {
    this.#queue.detach(pipe);
  }

  readable(pipe: Pipe): void {
    this.#queue.activate(pipe);
    this.#host.readable();
  }

  writable(_pipe: Pipe): void {}

  accept(_message: Message): boolean {
    return false;
  }

  receive(): Message | undefined {
    return this.#queue.receive();
  }

  canSend(): boolean {
    return false;
  }

  canReceive(): boolean {
    return this.#queue.canReceive();
  }

  sendRefusal(_message: Message): SocketErrorCode {
    return 'ENOTSUP';
  }

  receiveRefusal(): SocketErrorCode {
    return 'EAGAIN';
  }
}

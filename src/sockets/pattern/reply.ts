/** ReplyPattern: receives a request and sends its reply, in turns (RFC 28). */

import type { SocketErrorCode } from '../errors.ts';
import type { Message } from '../message.ts';
import { FairQueue } from '../routing/fair-queue.ts';
import type { Pipe } from '../routing/pipe.ts';
import type { Pattern, PatternHost } from './pattern.ts';

/**
 * idle → (receive) → replying → (send) → idle.
 *
 *     a request   [hop] … [hop] [empty] [body] …
 *                 └── the envelope ───┘ kept, and put in front of the reply
 */
export class ReplyPattern implements Pattern {
  readonly #host: PatternHost;
  readonly #queue = new FairQueue();
  #replying = false;
  /** The request that waits or is being answered: its peer, its envelope, and its body until that is received. */
  #requester: Pipe | undefined;
  #envelope: Message | undefined;
  #body: Message | undefined;

  constructor(host: PatternHost) {
    this.#host = host;
  }

  attach(pipe: Pipe): void {
    this.#queue.attach(pipe);
    if (!this.#replying && pipe.readableCount > 0) this.#host.readable();
  }

  established(_pipe: Pipe): void {}

  lost(_pipe: Pipe): void {}

  detach(pipe: Pipe): void {
    this.#queue.detach(pipe);
  }

  readable(pipe: Pipe): void {
    this.#queue.activate(pipe);
    if (!this.#replying) this.#host.readable();
  }

  writable(_pipe: Pipe): void {}

  /** The parts of the envelope, which `accept` puts in front of the reply. */
  get addedParts(): number {
    return this.#replying ? this.#envelope!.length : 0;
  }

  accept(message: Message): boolean {
    if (!this.#replying) return false;
    const requester = this.#requester!;
    const envelope = this.#envelope!;
    this.#replying = false;
    this.#requester = undefined;
    this.#envelope = undefined;
    // A requester that is gone, or whose queue is full, gets no reply.
    if (requester.ended) this.#host.dropped?.();
    else requester.writeOrDrop(joined(envelope, message));
    return true;
  }

  receive(): Message | undefined {
    if (!this.canReceive()) return undefined;
    const body = this.#body;
    this.#body = undefined;
    this.#replying = true;
    return body;
  }

  canSend(): boolean {
    return this.#replying;
  }

  canReceive(): boolean {
    if (this.#replying) return false;
    return this.#body !== undefined || this.#nextRequest();
  }

  sendRefusal(_message: Message): SocketErrorCode {
    return this.#replying ? 'EAGAIN' : 'EFSM';
  }

  receiveRefusal(): SocketErrorCode {
    return this.#replying ? 'EFSM' : 'EAGAIN';
  }

  /** Finds the next well-formed request; drops and counts the messages before it. */
  #nextRequest(): boolean {
    for (;;) {
      const message = this.#queue.receive();
      if (message === undefined) return false;
      const pipe = this.#queue.last!;
      const delimiter = delimiterIndex(message);
      if (delimiter >= 0) {
        this.#requester = pipe;
        this.#envelope = message.slice(0, delimiter + 1);
        this.#body = message.slice(delimiter + 1);
        return true;
      }
      pipe.dropped();
      this.#host.note(pipe, 'request without an empty delimiter frame');
    }
  }
}

/** Index of the first empty frame that is not the last one; −1 = none, so that this is not a request. */
function delimiterIndex(message: Message): number {
  for (let i = 0; i < message.length - 1; i++) if (message[i]!.length === 0) return i;
  return -1;
}

function joined(envelope: Message, body: Message): Message {
  const whole: Buffer[] = new Array(envelope.length + body.length);
  for (let i = 0; i < envelope.length; i++) whole[i] = envelope[i]!;
  for (let i = 0; i < body.length; i++) whole[envelope.length + i] = body[i]!;
  return whole;
}

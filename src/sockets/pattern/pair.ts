/** PairPattern: exactly one peer (RFC 31). */

import type { SocketErrorCode } from '../errors.ts';
import type { Message } from '../message.ts';
import type { Pipe } from '../routing/pipe.ts';
import type { Pattern, PatternHost } from './pattern.ts';

/**
 * A second peer is disconnected, and nothing of it is queued. libzmq leaves it connected and mute; a closed connection shows
 * what is wrong. If it was the connecting side, it tries again, and is accepted if the place is free by then.
 */
export class PairPattern implements Pattern {
  readonly #host: PatternHost;
  readonly #typeName: string;
  #peer: Pipe | undefined;
  /** Former peers with unread messages, the oldest first: what they sent is read before the next one's. */
  readonly #former: Pipe[] = [];

  constructor(host: PatternHost, typeName: string = 'PAIR') {
    this.#host = host;
    this.#typeName = typeName;
  }

  attach(pipe: Pipe): void {
    if (pipe === this.#peer) return;
    if (this.#peer !== undefined) {
      this.#refuse(pipe);
      return;
    }
    const index = this.#former.indexOf(pipe);
    if (index >= 0) this.#former.splice(index, 1);
    this.#peer = pipe;
    if (pipe.readableCount > 0) this.#host.readable();
    if (pipe.canWrite()) this.#host.writable();
  }

  established(pipe: Pipe): void {
    // A connecting side that was refused has connected again.
    if (pipe !== this.#peer) this.attach(pipe);
  }

  lost(_pipe: Pipe): void {}

  detach(pipe: Pipe): void {
    if (pipe !== this.#peer) {
      if (!this.#former.includes(pipe)) pipe.discardIncoming();
      return;
    }
    this.#peer = undefined;
    if (pipe.readableCount > 0) this.#former.push(pipe);
  }

  readable(pipe: Pipe): void {
    if (pipe === this.#peer) this.#host.readable();
    else if (!this.#former.includes(pipe)) pipe.discardIncoming();
  }

  writable(pipe: Pipe): void {
    if (pipe === this.#peer) this.#host.writable();
  }

  accept(message: Message): boolean {
    return this.#peer?.write(message) ?? false;
  }

  receive(): Message | undefined {
    return this.#former.length === 0 ? this.#peer?.read() : this.#receiveFormer();
  }

  canSend(): boolean {
    return this.#peer?.canWrite() ?? false;
  }

  canReceive(): boolean {
    for (const pipe of this.#former) if (pipe.readableCount > 0) return true;
    return this.#peer !== undefined && this.#peer.readableCount > 0;
  }

  sendRefusal(_message: Message): SocketErrorCode {
    return 'EAGAIN';
  }

  receiveRefusal(): SocketErrorCode {
    return 'EAGAIN';
  }

  #receiveFormer(): Message | undefined {
    while (this.#former.length > 0) {
      const pipe = this.#former[0]!;
      const message = pipe.read();
      if (pipe.readableCount === 0) this.#former.shift();
      if (message !== undefined) return message;
    }
    return this.#peer?.read();
  }

  #refuse(pipe: Pipe): void {
    const reason = `a ${this.#typeName} socket has one peer, and that place is taken`;
    this.#host.note(pipe, reason);
    pipe.discardIncoming();
    pipe.disconnect(reason);
  }
}

/** Pattern: a socket type as a pure state machine over pipes. It does no I/O and knows no clock. */

import type { SocketErrorCode } from '../errors.ts';
import type { Message } from '../message.ts';
import type { Pipe, PipeReader } from '../routing/pipe.ts';

export interface Pattern extends PipeReader {
  /** Put `pipe` into routing: at once for a `connect` (unless immediate), after the handshake for a peer that came. */
  attach(pipe: Pipe): void;
  /** A handshake with the pipe's peer is over: at first, and again after each reconnection. */
  established(pipe: Pipe): void;
  /** The connection is gone; the pipe stays and its connecting side tries again. */
  lost(pipe: Pipe): void;
  /** The pipe is `ended`: nothing more goes out. What came in is still read, then the pipe is forgotten. */
  detach(pipe: Pipe): void;
  /**
   * Take a whole message, or say false: not possible now. Throws a SocketError only for what waiting
   * cannot mend (`EHOSTUNREACH`).
   */
  send(message: Message): boolean;
  /**
   * Parts that the wire has beside those given to `send`: an envelope; negative for those that do not travel. Default 0.
   * For `maxMessageParts`, of which the peer counts all.
   */
  readonly addedParts?: number;
  /** The next message, or undefined: none now. */
  receive(): Message | undefined;
  /** `ZMQ_POLLOUT`: whether `send` would take a message now. */
  readonly canSend: boolean;
  /** `ZMQ_POLLIN`: whether `receive` would yield a message now. */
  readonly canReceive: boolean;
  /** Why `send(message)` said false: `EFSM` out of turn, `EHOSTUNREACH`, `ENOTSUP`, else `EAGAIN`. */
  sendRefusal(message: Message): SocketErrorCode;
  /** Why `receive` yielded no message: `EFSM` out of turn, `ENOTSUP`, else `EAGAIN`. */
  receiveRefusal(): SocketErrorCode;
}

/** What a pattern reports to its socket. */
export interface PatternHost {
  /** `receive` may yield a message again. */
  readable(): void;
  /** `send` may take a message again. */
  writable(): void;
  /** Something worth a monitor event: a peer was refused, a message dropped for a reason other than a mark. */
  note(pipe: Pipe, reason: string): void;
  /** Do `work` in the next turn of the event loop, if the socket is open then: what could keep it from others now. */
  later(work: () => void): void;
  /** A message was dropped that no pipe can count: its peer is unknown, or gone. */
  dropped?(): void;
  /** PUB, XPUB: the peer's number of subscriptions changed. */
  subscribed?(pipe: Pipe, count: number): void;
}

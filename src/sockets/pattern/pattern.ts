/**
 * Pattern: a socket type as a pure state machine over pipes. It does no I/O and knows no clock.
 *
 * The socket calls it in this order for each pipe: `attach`, then `established` and `lost` in turns, then `detach`; `readable`
 * and `writable` from `attach` on. It calls `accept` and `receive` when the program does, and `canSend` and `canReceive` also
 * to find out whether a waiting call can go on.
 *
 * A pattern may use the methods of a pipe under "the pattern's side" at any time from `attach` to `detach`, and after that read
 * what is left. It may call its host at any time but while it is constructed. All of these calls may lead to further calls of the
 * pattern before they return, so that its own state has to be complete before each of them.
 */

import type { SocketErrorCode } from '../errors.ts';
import type { Message } from '../message.ts';
import type { Pipe, PipeReader } from '../routing/pipe.ts';

export interface Pattern extends PipeReader {
  /**
   * Puts `pipe` into routing: when `connect` is called (with `immediate`, after the handshake), or when a peer that connected to
   * us has finished its handshake.
   */
  attach(pipe: Pipe): void;
  /** The pipe's peer has finished a handshake: the first one, or another after a reconnection. */
  established(pipe: Pipe): void;
  /** The connection is gone; the pipe stays and its connecting side tries again. */
  lost(pipe: Pipe): void;
  /** The pipe is `ended` and can send nothing more. The messages that it has received are still read, then it is forgotten. */
  detach(pipe: Pipe): void;
  /**
   * Takes a whole message; false when that is not possible now.
   * @throws SocketError where waiting would not help, such as `EHOSTUNREACH`
   */
  accept(message: Message): boolean;
  /**
   * How many parts a message has on the wire beyond those given to `accept`: those of an envelope; negative where some do not
   * travel. Default 0. The peer counts all of them against its `maxMessageParts`.
   */
  readonly addedParts?: number;
  /** The next message; undefined when there is none now. */
  receive(): Message | undefined;
  /** `ZMQ_POLLOUT`: whether `accept` would take a message now. After false, the host's `writable` is called when it would. */
  canSend(): boolean;
  /** `ZMQ_POLLIN`: whether `receive` would yield a message now. Drops and counts those that it never would, like late replies. */
  canReceive(): boolean;
  /** Why `accept(message)` returned false: `EFSM` out of turn, `EHOSTUNREACH`, `ENOTSUP`, else `EAGAIN`. */
  sendRefusal(message: Message): SocketErrorCode;
  /** Why `receive` returned no message: `EFSM` out of turn, `ENOTSUP`, else `EAGAIN`. */
  receiveRefusal(): SocketErrorCode;
}

/** What a pattern reports to its socket. */
export interface PatternHost {
  /** `receive` may yield a message again. */
  readable(): void;
  /** `accept` may take a message again. */
  writable(): void;
  /** Emits the event `peer:refused`: the peer was refused, or a message dropped for a reason other than a mark. */
  note(pipe: Pipe, reason: string): void;
  /** Calls `work` in the next turn of the event loop, if the socket is open then. For work that would block others now. */
  later(work: () => void): void;
  /** Counts a dropped message that no pipe can count: its peer is unknown, or gone. */
  dropped?(): void;
  /** PUB, XPUB: the peer's number of subscriptions changed. */
  subscribed?(pipe: Pipe, count: number): void;
}

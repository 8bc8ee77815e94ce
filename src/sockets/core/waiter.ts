/** Watchers: calls that wait until something becomes possible, and what one call may be told. */

import type { Hold } from '../../base/process-hold.ts';
import { Turns } from '../../base/turns.ts';
import { Waiter } from '../../base/waiter.ts';
import { SocketError } from '../errors.ts';

/** How long one call may wait. */
export interface CallOptions {
  /** Milliseconds; 0 = not at all, −1 = for ever. Default: the socket's `sendTimeout` or `receiveTimeout`. */
  timeout?: number;
  /** Aborting rejects the call with the signal's reason; nothing is sent or taken. */
  signal?: AbortSignal | undefined;
}

/** Why a call will never get what it waits for: the socket is closed, or its context shut down. */
export type EndCode = 'EAGAIN' | 'ETERM';

/** Calls that wait until something becomes possible, any number at once. */
export class Watchers {
  readonly #calls: Hold;
  readonly #possible: () => boolean;
  readonly #turns = new Turns(true);
  #waiting: Waiter<void>[] = [];

  constructor(calls: Hold, possible: () => boolean) {
    this.#calls = calls;
    this.#possible = possible;
  }

  /** Settles when it is possible, now or later. Rejects with `EAGAIN` after `timeout` milliseconds (default: none). */
  wait(options: CallOptions | undefined): Promise<void> {
    const signal = options?.signal;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#possible())
      return this.#turns.due(1) ? this.#turns.later(undefined) : Promise.resolve();
    const timeout = options?.timeout ?? -1;
    if (timeout === 0) return Promise.reject(new SocketError('EAGAIN'));
    const waiter = new Waiter<void>(this.#calls, timeout, signal, (aborted) => {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.reject(aborted ? signal?.reason : new SocketError('EAGAIN'));
    });
    this.#waiting.push(waiter);
    return waiter.promise;
  }

  /** Resolves the calls that wait, if it is possible now. */
  wake(): void {
    if (this.#waiting.length === 0 || !this.#possible()) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) waiter.resolve();
  }

  /** Rejects the calls that wait: it will never be possible. */
  refuse(code: EndCode): void {
    for (const waiter of this.#waiting.splice(0)) waiter.reject(new SocketError(code));
  }
}

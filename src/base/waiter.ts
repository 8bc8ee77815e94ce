/** Waiter: one call that waits, until it is settled, its time has passed, or its signal aborts. */

import { Deadline } from './deadline.ts';
import type { Hold } from './process-hold.ts';

export class Waiter<T> {
  readonly promise: Promise<T>;
  readonly #calls: Hold;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;
  #deadline: Deadline | undefined;
  #signal: AbortSignal | undefined;
  #abort: (() => void) | undefined;

  /**
   * Calls `expire(aborted)` after `timeout` milliseconds (−1 and Infinity = never) or when `signal` aborts; it must settle
   * the waiter. Until then `calls` is held.
   * @throws RangeError for a `timeout` of NaN
   */
  constructor(
    calls: Hold,
    timeout: number,
    signal: AbortSignal | undefined,
    expire: (aborted: boolean) => void,
  ) {
    if (!(timeout <= 0)) this.#deadline = new Deadline(timeout, () => expire(false));
    this.#calls = calls;
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    calls.hold();
    if (signal !== undefined) {
      this.#signal = signal;
      this.#abort = () => expire(true);
      signal.addEventListener('abort', this.#abort, { once: true });
    }
  }

  resolve(value: T): void {
    this.#settle();
    this.#resolve(value);
  }

  reject(reason: unknown): void {
    this.#settle();
    this.#reject(reason);
  }

  #settle(): void {
    this.#calls.release();
    this.#deadline?.clear();
    if (this.#abort !== undefined) this.#signal!.removeEventListener('abort', this.#abort);
  }
}

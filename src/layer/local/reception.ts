/** Reception: one `receive` that waits, until there is a message, its time is over, or it is called off. */

import { LayerError } from '../errors.ts';
import type { Letter } from './letter.ts';
import type { Home } from './local-state.ts';
import type { Reader } from './mailboxes.ts';

/** What a layer does for the receptions it has. */
export interface Desk<M> {
  readonly home: Home;
  readonly receptions: Set<Reception<M>>;
  /** The message in `letter`; undefined if that cannot be read. */
  open(letter: Letter, channel: string): M | undefined;
  want(channel: string): void;
  unwant(channel: string): void;
}

export class Reception<M> implements Reader {
  readonly promise: Promise<M>;
  readonly #desk: Desk<M>;
  readonly #channel: string;
  #resolve!: (message: M) => void;
  #reject!: (reason: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #signal: AbortSignal | undefined;
  #abort: (() => void) | undefined;

  constructor(
    desk: Desk<M>,
    channel: string,
    timeout: number | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#desk = desk;
    this.#channel = channel;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (timeout !== undefined) {
      const over = () => this.cancel(timedOut(channel, timeout));
      this.#timer = setTimeout(over, Math.min(timeout * 1000, 0x7fff_ffff));
    }
    if (signal !== undefined) {
      this.#signal = signal;
      this.#abort = () => this.cancel(signal.reason);
      signal.addEventListener('abort', this.#abort, { once: true });
    }
    desk.receptions.add(this);
    desk.home.hold();
    desk.home.boxes.wait(channel, this);
    desk.want(channel);
  }

  take(letter: Letter): void {
    const message = this.#desk.open(letter, this.#channel);
    if (message === undefined) {
      // Not what was waited for: back to the end of the line.
      this.#desk.home.boxes.wait(this.#channel, this);
      this.#desk.want(this.#channel);
      return;
    }
    this.#settle();
    this.#resolve(message);
  }

  /** End the wait; does nothing when it is over. */
  cancel(reason: unknown): void {
    if (!this.#desk.home.boxes.cancel(this.#channel, this)) return;
    this.#desk.unwant(this.#channel);
    this.#settle();
    this.#reject(reason);
  }

  #settle(): void {
    this.#desk.receptions.delete(this);
    this.#desk.home.release();
    clearTimeout(this.#timer);
    if (this.#abort !== undefined) this.#signal?.removeEventListener('abort', this.#abort);
  }
}

export function timedOut(what: string, timeout: number): LayerError {
  return new LayerError('ERR_TIMEOUT', `nothing from ${what} within ${timeout} s`);
}

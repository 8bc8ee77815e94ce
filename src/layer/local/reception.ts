/** Reception: one `receive` that waits, until there is a message, its time is over, or it is called off. */

import { clearTimeout, setTimeout } from 'node:timers';
import { LayerError } from '../errors.ts';
import type { Letter } from './letter.ts';
import type { LocalState } from './local-state.ts';
import type { Reader } from './mailboxes.ts';

/** What a layer does for the receptions it has. */
export interface ReceptionHost<M> {
  readonly local: LocalState;
  readonly receptions: Set<Reception<M>>;
  /** The message in `letter`; undefined if that cannot be read. */
  open(letter: Letter, channel: string): M | undefined;
  want(channel: string): void;
  unwant(channel: string): void;
}

export class Reception<M> implements Reader {
  readonly promise: Promise<M>;
  readonly #host: ReceptionHost<M>;
  readonly #channel: string;
  #resolve!: (message: M) => void;
  #reject!: (reason: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #signal: AbortSignal | undefined;
  #abort: (() => void) | undefined;

  constructor(
    host: ReceptionHost<M>,
    channel: string,
    timeout: number | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#host = host;
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
    host.receptions.add(this);
    host.local.hold();
    host.local.boxes.wait(channel, this);
    host.want(channel);
  }

  take(letter: Letter): void {
    const message = this.#host.open(letter, this.#channel);
    if (message === undefined) {
      // Not what was waited for: back to the end of the line.
      this.#host.local.boxes.wait(this.#channel, this);
      this.#host.want(this.#channel);
      return;
    }
    this.#settle();
    this.#resolve(message);
  }

  /** End the wait; does nothing when it is over. */
  cancel(reason: unknown): void {
    if (!this.#host.local.boxes.cancel(this.#channel, this)) return;
    this.#host.unwant(this.#channel);
    this.#settle();
    this.#reject(reason);
  }

  #settle(): void {
    this.#host.receptions.delete(this);
    this.#host.local.release();
    clearTimeout(this.#timer);
    if (this.#abort !== undefined) this.#signal?.removeEventListener('abort', this.#abort);
  }
}

export function timedOut(what: string, timeout: number): LayerError {
  return new LayerError('ERR_TIMEOUT', `nothing from ${what} within ${timeout} s`);
}

/** Reception: one `receive` that waits for a message, its time-out or its signal. */

import type { WaitOptions } from '../carrier/carrier.ts';
import { Reader } from './box.ts';
import { deadline } from './deadline.ts';
import type { Letter } from './letter.ts';
import type { LocalState } from './local-state.ts';

/** What receptions need of their layer. */
export interface ReceptionHost<M> {
  readonly local: LocalState;
  /** Decodes the message in `letter`; undefined if that fails. */
  open(letter: Letter, channel: string): M | undefined;
  want(channel: string): void;
  unwant(channel: string): void;
}

export class Reception<M> extends Reader {
  readonly promise: Promise<M>;
  readonly #host: ReceptionHost<M>;
  readonly #channel: string;
  #resolve!: (message: M) => void;
  #reject!: (reason: unknown) => void;
  readonly #endWait: () => void;

  constructor(host: ReceptionHost<M>, channel: string, options: WaitOptions) {
    super();
    this.#host = host;
    this.#channel = channel;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#endWait = deadline(options, channel, (reason) => this.cancel(reason));
    host.local.hold();
    host.local.boxes.wait(channel, this);
    host.want(channel);
  }

  take(letter: Letter): void {
    const message = this.#host.open(letter, this.#channel);
    if (message === undefined) {
      // It could not be decoded: wait again, behind the other readers.
      this.#host.local.boxes.wait(this.#channel, this);
      this.#host.want(this.#channel);
      return;
    }
    this.#settle();
    this.#resolve(message);
  }

  /** Rejects with `reason`, unless the wait has ended. */
  override cancel(reason: unknown): void {
    if (!this.#host.local.boxes.cancel(this.#channel, this)) return;
    this.#host.unwant(this.#channel);
    this.#settle();
    this.#reject(reason);
  }

  #settle(): void {
    this.#host.local.release();
    this.#endWait();
  }
}

/** MessageStream: the messages of one channel, for `for await`. */

import { DONE, yielded } from '../base/iteration.ts';
import { LayerClosed } from './errors.ts';

/** The messages of one channel, for `for await`, or by hand with `next` and `return`. */
export class MessageStream<M> implements AsyncIterableIterator<M> {
  readonly #ready: () => Promise<IteratorResult<M, undefined>> | undefined;
  readonly #receive: (signal: AbortSignal) => Promise<M>;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal | undefined;
  #done = false;

  /** @internal `ready` takes the next message if there is one; `receive` waits for it. */
  constructor(
    ready: () => Promise<IteratorResult<M, undefined>> | undefined,
    receive: (signal: AbortSignal) => Promise<M>,
    signal: AbortSignal | undefined,
  ) {
    this.#ready = ready;
    this.#receive = receive;
    this.#signal = signal;
    if (signal?.aborted) this.#end();
    else signal?.addEventListener('abort', this.#end, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Resolves with the next message, and waits for it; `done` when the stream has ended. */
  next(): Promise<IteratorResult<M, undefined>> {
    if (this.#done) return Promise.resolve(DONE);
    const ready = this.#ready();
    if (ready !== undefined) return ready;
    return this.#receive(this.#stop.signal).then(yielded<M>, (error) => {
      if (this.#done || error instanceof LayerClosed) return DONE;
      throw error;
    });
  }

  /** Ends the stream: a waiting `next` resolves with `done`. */
  return(): Promise<IteratorResult<M, undefined>> {
    this.#end();
    return Promise.resolve(DONE);
  }

  readonly #end = (): void => {
    this.#done = true;
    this.#signal?.removeEventListener('abort', this.#end);
    this.#stop.abort();
  };
}

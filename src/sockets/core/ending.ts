/** Ending: the endpoints of a socket that were told to end and still deliver, and the end of the socket itself. */

import { Deadline } from '../../base/deadline.ts';
import { type Flushed, together } from '../transport/flushed.ts';
import type { OpenEndpoint } from '../transport/transport.ts';

export class Ending {
  /** Settles when everything is delivered or given up. */
  readonly finished: Promise<void>;
  /** Whether everything is delivered or given up. */
  ended = false;
  /** Told to end, and still delivering. */
  readonly #lingering = new Set<OpenEndpoint>();
  /** `close` was called: the socket ends with the last of them. */
  #closing = false;
  readonly #end: () => void;
  #resolveFinished!: () => void;

  /** `end` is called once, when all is delivered or given up after `close`. */
  constructor(end: () => void) {
    this.#end = end;
    this.finished = new Promise((resolve) => {
      this.#resolveFinished = resolve;
    });
  }

  /** Messages that endpoints which were told to end have still to deliver. */
  get unsentCount(): number {
    let count = 0;
    for (const endpoint of this.#lingering) count += endpoint.unsentCount;
    return count;
  }

  /** Gives the kernel what ending endpoints have still to deliver, as far as it takes it within this call. */
  flush(): Flushed {
    return together([...this.#lingering].map((endpoint) => endpoint.flush()));
  }

  /** Has `endpoint` end after it has delivered what waits there, for at most `linger` milliseconds (−1 = for ever). */
  lingerOver(endpoint: OpenEndpoint, linger: number): void {
    this.#lingering.add(endpoint);
    void endpoint.finished.then(() => {
      this.#lingering.delete(endpoint);
      if (this.#closing) this.#settle();
    });
    if (linger !== 0) endpoint.finish();
    this.#expire(endpoint, linger);
  }

  /** Has all `endpoints` end, and the socket with the last of them. */
  close(endpoints: readonly OpenEndpoint[], linger: number): void {
    this.#closing = true;
    // What a `disconnect` still lingers over gets no more time than the rest.
    for (const endpoint of this.#lingering) this.#expire(endpoint, linger);
    for (const endpoint of endpoints) this.lingerOver(endpoint, linger);
    this.#settle();
  }

  /** Drops what still waits there after `linger` milliseconds. */
  #expire(endpoint: OpenEndpoint, linger: number): void {
    if (linger === 0) {
      void endpoint.close();
    } else if (linger > 0) {
      const deadline = new Deadline(linger, () => void endpoint.close());
      void endpoint.finished.then(() => deadline.clear());
    }
  }

  #settle(): void {
    if (this.ended || this.#lingering.size > 0) return;
    this.ended = true;
    this.#end();
    this.#resolveFinished();
  }
}

/** InprocNames: the inproc names of one context. */

import { SocketError } from '../errors.ts';

/** A bound name. */
export interface InprocBound {
  readonly name: string;
  /** The address as the user wrote it. */
  readonly text: string;
}

/** A connected name. */
export interface InprocWaiting {
  readonly name: string;
  /** The name is bound. */
  meet(bound: InprocBound): void;
}

/** The names of one context: who has bound them, and who waits for them. */
export class InprocNames {
  readonly #bound = new Map<string, InprocBound>();
  readonly #waiting = new Map<string, Set<InprocWaiting>>();

  /** @throws SocketError `EADDRINUSE` */
  bind(listener: InprocBound): void {
    const { name } = listener;
    if (this.#bound.has(name)) {
      const message = `Address already in use: ${listener.text}`;
      throw new SocketError('EADDRINUSE', { message, address: listener.text });
    }
    this.#bound.set(name, listener);
    const waiting = this.#waiting.get(name);
    this.#waiting.delete(name);
    for (const connecter of waiting ?? []) connecter.meet(listener);
  }

  /** Whether `name` is bound. */
  has(name: string): boolean {
    return this.#bound.has(name);
  }

  unbind(listener: InprocBound): void {
    if (this.#bound.get(listener.name) === listener) this.#bound.delete(listener.name);
  }

  connect(connecter: InprocWaiting): void {
    const listener = this.#bound.get(connecter.name);
    if (listener !== undefined) {
      connecter.meet(listener);
      return;
    }
    const waiting = this.#waiting.get(connecter.name) ?? new Set();
    this.#waiting.set(connecter.name, waiting.add(connecter));
  }

  forget(connecter: InprocWaiting): void {
    const waiting = this.#waiting.get(connecter.name);
    waiting?.delete(connecter);
    if (waiting?.size === 0) this.#waiting.delete(connecter.name);
  }
}

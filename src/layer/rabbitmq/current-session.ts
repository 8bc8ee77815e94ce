/** CurrentSession: the session there is, if there is one, and those who wait for it. */

import { setImmediate as turn } from 'node:timers/promises';
import type { WaitOptions } from '../carrier/carrier.ts';
import { LayerClosed, LayerError } from '../errors.ts';
import type { AmqpError } from './client.ts';
import { REFUSALS, refused } from './publisher.ts';
import { isCollateral, type Session } from './session.ts';

/** Sessions come and go; work that has to be in force is done again on the next one. */
export class CurrentSession {
  /** From the moment a connection is being prepared. */
  #session: Session | undefined;
  #open = false;
  #closed = false;
  readonly #waiters = new Set<Waiter>();

  /** The session that is being prepared, or is open; undefined: there is no connection. */
  get any(): Session | undefined {
    return this.#session;
  }

  /** The session, once everything is there that has to be. */
  get open(): Session | undefined {
    return this.#open ? this.#session : undefined;
  }

  /** A connection is there, and `session` is being prepared on it. */
  prepare(session: Session): void {
    this.#session = session;
  }

  /** It is open: who waits may use it. */
  opened(): Session {
    const session = this.#session!;
    this.#open = true;
    for (const { resolve } of this.#waiters) resolve(session);
    this.#waiters.clear();
    return session;
  }

  /** It is gone with its connection. */
  gone(): void {
    this.#open = false;
    this.#session = undefined;
  }

  /** There will be none any more: who waits is rejected with LayerClosed. */
  close(): void {
    this.#closed = true;
    for (const { reject } of this.#waiters) reject(new LayerClosed());
    this.#waiters.clear();
  }

  /** Does `work` on an open connection, and again on the next one if that ends meanwhile. */
  async inForce(
    work: (session: Session) => Promise<void> | undefined,
    { signal }: WaitOptions = {},
  ): Promise<void> {
    for (;;) {
      const session = await this.#opened(signal);
      try {
        await work(session);
        return;
      } catch (error) {
        if (this.#closed) throw new LayerClosed();
        if (session === this.open && !isCollateral(error as AmqpError)) {
          throw error instanceof LayerError ? error : refused(error as Error);
        }
        await turn();
      }
    }
  }

  /** `work` on a session: when that is gone, so is what was to be undone. */
  async whileIts(session: Session | undefined, work: Promise<void> | undefined): Promise<void> {
    try {
      await work;
    } catch (error) {
      const { code } = error as AmqpError;
      if (session === this.#session && REFUSALS.has(code ?? '')) throw refused(error as Error);
    }
  }

  /** The session, as soon as there is an open one. */
  #opened(signal: AbortSignal | undefined): Promise<Session> {
    if (this.#closed) return Promise.reject(new LayerClosed());
    if (this.open !== undefined) return Promise.resolve(this.open);
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', () => this.#waiters.delete(waiter), { once: true });
    });
  }
}

interface Waiter {
  readonly resolve: (session: Session) => void;
  readonly reject: (error: Error) => void;
}

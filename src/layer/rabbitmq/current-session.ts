/** CurrentSession: the session on the present connection, if there is one, and the calls that wait for it. */

import { setImmediate as turn } from 'node:timers/promises';
import type { WaitOptions } from '../carrier/carrier.ts';
import { LayerClosed, LayerError } from '../errors.ts';
import type { AmqpError } from './client.ts';
import { REFUSALS, refused } from './publisher.ts';
import { isCollateral, type Session } from './session.ts';

/** Holds one session at a time, and repeats work on the next one if a connection ends meanwhile. */
export class CurrentSession {
  /** Set as soon as a connection is being prepared. */
  #session: Session | undefined;
  #open = false;
  #closed = false;
  readonly #waiters = new Set<Waiter>();

  /** The session that is being prepared, or is open; undefined without a connection. */
  get any(): Session | undefined {
    return this.#session;
  }

  /** The session once it is prepared; undefined before. */
  get open(): Session | undefined {
    return this.#open ? this.#session : undefined;
  }

  /** A connection is established, and `session` is being prepared on it. */
  prepare(session: Session): void {
    this.#session = session;
  }

  /** The session is open: resolves the calls that wait for it. */
  opened(): Session {
    const session = this.#session!;
    this.#open = true;
    for (const { resolve } of this.#waiters) resolve(session);
    this.#waiters.clear();
    return session;
  }

  /** The session has ended with its connection. */
  gone(): void {
    this.#open = false;
    this.#session = undefined;
  }

  /** There will be no other session: calls that wait reject with LayerClosed. */
  close(): void {
    this.#closed = true;
    for (const { reject } of this.#waiters) reject(new LayerClosed());
    this.#waiters.clear();
  }

  /** Does `work` on an open session, and again on the next one if its connection ends meanwhile. */
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

  /** Awaits `work` that undoes something on `session`; when that has ended, there is nothing left to undo. */
  async whileIts(session: Session | undefined, work: Promise<void> | undefined): Promise<void> {
    try {
      await work;
    } catch (error) {
      const { code } = error as AmqpError;
      if (session === this.#session && REFUSALS.has(code ?? '')) throw refused(error as Error);
    }
  }

  /** Resolves with the session as soon as one is open. */
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

/** HubFlushes: which processes have not yet forgotten what a flush has all of them forget. */

import type { Session } from './session.ts';

interface Flush {
  readonly waiting: Set<Session>;
  readonly done: () => void;
  readonly since: number;
}

export class HubFlushes {
  readonly #flushes = new Map<number, Flush>();
  #count = 0;

  /** `tell` each of `sessions`; `done` is called when all have answered, are gone, or take too long. */
  begin(
    sessions: Iterable<Session>,
    now: number,
    tell: (session: Session, flush: number) => void,
    done: () => void,
  ): void {
    const id = ++this.#count;
    const waiting = new Set(sessions);
    this.#flushes.set(id, { waiting, done, since: now });
    for (const session of waiting) tell(session, id);
    this.#end(id);
  }

  /** `session` has dropped what it was told to. */
  answered(id: number, session: Session): void {
    this.#flushes.get(id)?.waiting.delete(session);
    this.#end(id);
  }

  /** `session` is not connected any more. */
  gone(session: Session): void {
    for (const id of [...this.#flushes.keys()]) this.answered(id, session);
  }

  sweep(now: number): void {
    for (const [id, { since, waiting }] of [...this.#flushes]) {
      if (now - since < TIMEOUT) continue;
      waiting.clear();
      this.#end(id);
    }
  }

  #end(id: number): void {
    const flush = this.#flushes.get(id);
    if (flush === undefined || flush.waiting.size > 0) return;
    this.#flushes.delete(id);
    flush.done();
  }
}

/** Milliseconds. */
const TIMEOUT = 30_000;

/** HubFlushes: the flushes under way, and which processes have yet to answer each. */

import type { Session } from './session.ts';

interface Flush {
  readonly waiting: Set<Session>;
  readonly done: () => void;
  readonly since: number;
}

export class HubFlushes {
  readonly #flushes = new Map<number, Flush>();
  #count = 0;

  /** Calls `tell` for each session, and `done` when all have answered or disconnected, or after 30 seconds. */
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

  /** `session` has dropped all that flush `id` names. */
  answered(id: number, session: Session): void {
    this.#flushes.get(id)?.waiting.delete(session);
    this.#end(id);
  }

  /** `session` is no longer connected. */
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

/** Milliseconds that a flush waits for answers. */
const TIMEOUT = 30_000;

/** LinkTimer: calls when the deadline of a protocol has come, and knows when the event loop was too late to tell a silent peer. */

import { clearTimeout, setImmediate, setTimeout } from 'node:timers';

export class LinkTimer {
  readonly #due: () => void;
  #timer: NodeJS.Timeout | undefined;
  #armed = Number.POSITIVE_INFINITY;
  /** A deadline was put off, and nothing heard since. */
  #excused = false;

  /** `due` is called once for each deadline, in the time after `disarm` too. */
  constructor(due: () => void) {
    this.#due = due;
  }

  /** Calls at `deadline`, in milliseconds of `performance.now()`, and no longer at the one before; Infinity = not at all. */
  arm(deadline: number): void {
    this.#armed = deadline;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (deadline === Number.POSITIVE_INFINITY) return;
    const delay = Math.max(0, Math.ceil(deadline - performance.now()));
    // After a blocked event loop the sign of life may be in the kernel already: let it in before judging.
    this.#timer = setTimeout(() => setImmediate(this.#due), delay).unref();
  }

  /** The peer was heard: calls at `deadline`, if that comes before the one it is armed for. */
  heard(deadline: number): void {
    this.#excused = false;
    if (deadline < this.#armed) this.arm(deadline);
  }

  /**
   * Whether the deadline is to be put off: at `now` it is passed by so much that the event loop must have been blocked, which
   * hears nothing, and the peer may live on the same one. True once until the peer is heard.
   */
  excuses(now: number): boolean {
    if (this.#excused || now - this.#armed <= LATE) return false;
    this.#excused = true;
    return true;
  }

  disarm(): void {
    clearTimeout(this.#timer);
  }
}

/** Milliseconds after a deadline that speak for a blocked event loop. */
const LATE = 20;

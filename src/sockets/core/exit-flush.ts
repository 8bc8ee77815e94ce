/** ExitFlush: writes what waits when the process ends and the event loop turns no more, as fast as the kernel takes it. */

import { type Flushed, together } from '../transport/flushed.ts';

/** What has something to flush. */
export interface Flushing {
  /** Milliseconds that what it accepted may wait; −1 = for ever. */
  readonly linger: number;
  /** Give the kernel what waits, as far as it takes it within this call. */
  flush(): Flushed;
}

/**
 * The waiting at `process.exit()`: within the `linger` of each member. A peer that does not read must not hold up the end of a
 * process, nor one that reads an octet now and then; all calls share these limits.
 */
export class ExitFlush {
  readonly #members: () => readonly Flushing[];
  /** When the first call began. */
  #began: number | undefined;
  /** False while a call is under way, and when one has waited in vain for as long as it may. */
  #idle = true;

  /** `members`: gives those that there are at the time of the call. */
  constructor(members: () => readonly Flushing[]) {
    this.#members = members;
  }

  /** Flushes again, for what an exit handler has sent after the first call. */
  run(): void {
    if (!this.#idle) return;
    this.#idle = false;
    this.#idle = this.#flush();
  }

  /** Whether peers have taken all that could still go. */
  #flush(): boolean {
    const members = this.#members();
    let now = performance.now();
    // Also what may not wait at all is flushed once.
    this.#began ??= now;
    const began = this.#began;
    for (let moved = now; now - moved <= STUCK_MAX; now = performance.now()) {
      const waited = now - began;
      const waiting = members.filter(({ linger }) => waited <= (linger < 0 ? LINGER_MAX : linger));
      const flushed = together(waiting.map((member) => member.flush()));
      if (flushed === 'done') return true;
      if (flushed === 'moved') moved = performance.now();
      else if (!pause()) return false;
    }
    return false;
  }
}

/** Waits for a millisecond; false in a window, which must not. */
function pause(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    return true;
  } catch {
    return false;
  }
}

/** Milliseconds to wait at most where `linger` is −1, and for peers that take nothing at all. */
const LINGER_MAX = 30_000;
const STUCK_MAX = 1_000;

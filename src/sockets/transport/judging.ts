/** Judging: the wait for the verdict on a peer, which the end of its connection calls off. */

import type { Verdict } from '../../zmtp/index.ts';

export class Judging {
  /** There from the question on, until there is a verdict. */
  #asked: AbortController | undefined;

  /** Whether a verdict is waited for. */
  get underWay(): boolean {
    return this.#asked !== undefined;
  }

  /**
   * Asks `judge`, whose `signal` aborts with `cancel`. Calls `judged` with its verdict, or `failed` with what it rejected
   * with; after `cancel` neither.
   */
  begin(
    judge: (signal: AbortSignal) => Promise<Verdict>,
    judged: (verdict: Verdict) => void,
    failed: (error: Error) => void,
  ): void {
    const asked = new AbortController();
    this.#asked = asked;
    judge(asked.signal).then(
      (verdict) => {
        if (asked.signal.aborted) return;
        this.#asked = undefined;
        judged(verdict);
      },
      (error: Error) => {
        if (!asked.signal.aborted) failed(error);
      },
    );
  }

  /** The connection has ended. */
  cancel(): void {
    this.#asked?.abort();
  }
}

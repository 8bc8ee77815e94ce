/**
 * SendingHold: keeps a worker of Deno alive while accepted messages have not left it. There nothing says that a worker is about
 * to end, as `beforeExit` does elsewhere.
 */

import { clearInterval, setInterval } from 'node:timers';
import { isMainThread } from 'node:worker_threads';
import { RUNTIME } from '../../base/runtime.ts';

export class SendingHold {
  readonly #waits: () => boolean;
  #timer: NodeJS.Timeout | undefined;

  /** `waits`: whether something has still to leave. */
  constructor(waits: () => boolean) {
    this.#waits = waits;
  }

  /** Something was accepted, or lingers. */
  sent(): void {
    this.#timer ??= setInterval(() => {
      if (this.#waits()) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    }, LOOK_INTERVAL);
  }
}

/** Whether this is a worker, of either kind, that ends without a word. */
export function endsUntold(): boolean {
  if (RUNTIME !== 'deno') return false;
  return !isMainThread || 'WorkerGlobalScope' in globalThis;
}

/** Milliseconds between two looks at what waits. */
const LOOK_INTERVAL = 10;

/** LayerTurn: in place of `node:timers/promises`, the one function of it that layers use. */

import { nextTurn } from '../base/turns.ts';

/** Resolves on the next turn of the event loop. */
export function setImmediate(): Promise<undefined> {
  return nextTurn(undefined);
}

/** LayerTurn: that of `node:timers/promises` which layers use. */

import { nextTurn } from '../base/turns.ts';

/** Resolves on the next turn of the event loop. */
export function setImmediate(): Promise<undefined> {
  return nextTurn(undefined);
}

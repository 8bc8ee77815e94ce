/** Turn: let the event loop go round once, so that others get to what they wait for. */

import { setImmediate } from 'node:timers';

export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

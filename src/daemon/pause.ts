/** Pause: some time, or less. */

import { clearTimeout, setTimeout } from 'node:timers';

/** Resolves after `time` milliseconds, or when `signal` aborts. */
export function pause(time: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, time);
    signal.addEventListener('abort', over, { once: true });
  });
}

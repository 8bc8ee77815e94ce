/** Pause: waits for a time in milliseconds, or until a signal aborts. */

import { Deadline } from './deadline.ts';

/** Resolves after `time` milliseconds (Infinity = never), or when `signal` aborts. */
export function pause(time: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      deadline.clear();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const deadline = new Deadline(time, end);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** Processor time: what an end has used of it, seen from outside, so that ends in any language are measured alike. */

import { readdirSync, readFileSync } from 'node:fs';

/**
 * Seconds that all threads of the process `pid` have run so far, in its own code and in the kernel; undefined where the
 * system does not tell (only Linux does).
 */
export function processorTime(pid: number | undefined): number | undefined {
  try {
    let nanoseconds = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const [running] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      nanoseconds += Number(running);
    }
    return nanoseconds / 1e9;
  } catch {
    return undefined; // it has ended, or there is no such folder here
  }
}

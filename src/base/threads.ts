/** Threads: whether there can be more than one, told without loading what threads need. */

/**
 * Whether a second thread may have begun, or this is one. Under Node no thread begins before its module is loaded, which costs
 * a program of one thread milliseconds; elsewhere it is not known, and true.
 */
export function threadsPossible(): boolean {
  if (possible) return true;
  const { moduleLoadList = [] } = process as { moduleLoadList?: readonly string[] };
  // Bun and Deno have an empty list.
  possible = moduleLoadList.length === 0 || moduleLoadList.includes('NativeModule worker_threads');
  return possible;
}

let possible = false;

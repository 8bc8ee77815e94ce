/** Threads: whether there can be more than one, told without loading what threads need. */

/**
 * Whether a second thread may have begun, or this is one. Under Node no thread begins before its module is loaded, which costs
 * a program of one thread milliseconds; elsewhere it is not known, and true.
 */
export function threadsPossible(): boolean {
  const { moduleLoadList } = process as { moduleLoadList?: readonly string[] };
  possible ||= moduleLoadList?.includes('NativeModule worker_threads') ?? true;
  return possible;
}

let possible = false;

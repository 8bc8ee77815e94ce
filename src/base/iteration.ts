/** Iteration: results of async iterators that are written by hand, which take half the time of a generator. */

/** A result with a value. */
export function yielded<T>(value: T): IteratorYieldResult<T> {
  return { value, done: false };
}

/** The result after the last one. */
export const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true };

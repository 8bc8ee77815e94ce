/** Flushed: what became of what waits, when it was flushed at the end of the process. */

/** `done`: nothing is left that could still go; `moved`: some of it went; `stuck`: all of it was refused for now. */
export type Flushed = 'done' | 'moved' | 'stuck';

/** The result of several flushes: `moved` if one has moved something, else `stuck` if one is. */
export function together(all: readonly Flushed[]): Flushed {
  if (all.includes('moved')) return 'moved';
  return all.includes('stuck') ? 'stuck' : 'done';
}

/** Flushed: how far what waits has come, where the event loop does not turn any more. */

/** `done`: nothing is left that could still go; `moved`: some of it went; `stuck`: all of it was refused for now. */
export type Flushed = 'done' | 'moved' | 'stuck';

/** The result of several flushes: `moved` if one has moved something, else `stuck` if one is. */
export function together(all: readonly Flushed[]): Flushed {
  if (all.includes('moved')) return 'moved';
  return all.includes('stuck') ? 'stuck' : 'done';
}

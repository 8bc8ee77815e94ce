/** Flush turn: what connections have gathered in one tick goes out at its end, with one callback for all of them. */

/** A connection with something to flush. */
export interface Flushable {
  /** Called once for each time that it was scheduled. */
  flushNow(): void;
  /** Called instead where the event loop does not turn again. Calls {@link refusedAtEnd} for what could not go. */
  flushWithinCall(): void;
  /** The tick in which it was to be flushed does not come. */
  unschedule(): void;
  /** The one after this of those that flush in this tick. */
  after: Flushable | undefined;
}

/**
 * Has `connection` flush at the end of this tick, or within the call when the event loop does not turn again. On
 * `nextTick`, never on a microtask: a loop of `await send()` runs in microtasks and would flush each message.
 */
export function scheduleFlush(connection: Flushable): void {
  if (noTurns) connection.flushWithinCall();
  else if (scheduled.push(connection) === 1) process.nextTick(flushScheduled);
}

/**
 * The event loop does not turn again: from now on, what is sent is written within the call. `refused` is called where not
 * all of it is taken.
 */
export function flushWithinCalls(refused: () => void): void {
  noTurns = true;
  refusedAtEnd = refused;
  for (const connection of scheduled.splice(0)) connection.unschedule();
}

/** Whether the event loop does not turn again. */
export let noTurns = false;
/** Told of what was not taken within a call. */
export let refusedAtEnd = (): void => {};

let scheduled: Flushable[] = [];

function flushScheduled(): void {
  const connections = scheduled;
  scheduled = [];
  for (let i = 0; i < connections.length; i++) connections[i]!.flushNow();
}

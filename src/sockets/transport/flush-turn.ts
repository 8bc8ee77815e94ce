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
  if (refused !== undefined) {
    connection.flushWithinCall();
    return;
  }
  if (last !== undefined) {
    last.after = connection;
  } else {
    first = connection;
    process.nextTick(flushScheduled);
  }
  last = connection;
}

/**
 * The event loop does not turn again: from now on, what is sent is written within the call. `told` is called where not
 * all of it is taken.
 */
export function flushWithinCalls(told: () => void): void {
  turnsNoMore = true;
  refused = told;
  forScheduled((connection) => connection.unschedule());
}

/** Whether the event loop does not turn again. A variable, as the stand-in is a constant, by which bundlers leave code out. */
export let turnsNoMore = false;

/** Notes that the kernel did not take all within a call. */
export function refusedAtEnd(): void {
  refused?.();
}

let refused: (() => void) | undefined;

/** Those with something to flush in this tick. A list of their own, as an array is new memory in each. */
let first: Flushable | undefined;
let last: Flushable | undefined;

function flushScheduled(): void {
  forScheduled((connection) => connection.flushNow());
}

function forScheduled(call: (connection: Flushable) => void): void {
  let connection = first;
  first = undefined;
  last = undefined;
  while (connection !== undefined) {
    const { after } = connection;
    connection.after = undefined;
    call(connection);
    connection = after;
  }
}

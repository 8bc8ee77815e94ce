/** FlushTurn: in place of transport/flush-turn.ts, as a page is not told when its event loop stops. */

import type { Flushable } from '../sockets/transport/flush-turn.ts';

/** Has `connection` flush at the end of this tick. */
export function scheduleFlush(connection: Flushable): void {
  queueMicrotask(() => connection.flushNow());
}

/** A constant: what hangs on it is left out of the bundle. */
export const turnsNoMore = false;

/** Never called, like refusedAtEnd: a page has no event for its end. */
export function flushWithinCalls(): void {}
export function refusedAtEnd(): void {}

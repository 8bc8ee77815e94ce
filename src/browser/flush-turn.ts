/** FlushTurn: in place of transport/flush-turn.ts, where nobody says when the event loop turns no more. */

import type { Flushable } from '../sockets/transport/flush-turn.ts';

/** Has `connection` flush at the end of this tick. */
export function scheduleFlush(connection: Flushable): void {
  queueMicrotask(() => connection.flushNow());
}

export function turnsNoMore(): boolean {
  return false;
}

/** Not called: as the next. */
export function flushWithinCalls(): void {}
export function refusedAtEnd(): void {}

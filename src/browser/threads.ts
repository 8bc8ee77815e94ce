/** Threads: in place of what joins the sockets of several threads, which a page does not have: each worker is on its own. */

import type { SendingHold as Hold } from '../sockets/core/sending-hold.ts';
import type { ContextOptions } from '../sockets/index.ts';
import type { OtherThreads } from '../sockets/transport/inproc-names.ts';
import type { ThreadSide as Side } from '../sockets/transport/thread-side.ts';

/** In place of core/thread-values.ts: the options of this thread. */
export function threadValues(own: ContextOptions): ContextOptions {
  return own;
}

/** In place of transport/thread-names.ts: there are none. */
export function otherThreads(): OtherThreads | undefined {
  return undefined;
}

/** In place of core/sending-hold.ts: a page does not stay for what has not left it. */
export function endsUntold(): boolean {
  return false;
}

/** Never made. */
export const SendingHold: undefined | typeof Hold = undefined;

/** In place of transport/thread-side.ts. Never made. */
export const ThreadSide: undefined | typeof Side = undefined;

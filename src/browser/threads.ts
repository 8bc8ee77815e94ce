/** Threads: in place of what joins the sockets of several threads. In browsers each worker has sockets of its own. */

import type { SendingHold as Hold } from '../sockets/core/sending-hold.ts';
import type { ThreadContext as Context } from '../sockets/core/thread-context.ts';
import type { OtherThreads } from '../sockets/transport/inproc-names.ts';
import type { ThreadSide as Side } from '../sockets/transport/thread-side.ts';

/** In place of core/thread-context.ts. Never constructed: the options are those of this thread alone. */
export const ThreadContext: undefined | typeof Context = undefined;

/** In place of transport/thread-names.ts: there are no other threads. */
export function otherThreads(): OtherThreads | undefined {
  return undefined;
}

/** In place of core/sending-hold.ts: nothing can keep a page open until its messages have left. */
export function endsUntold(): boolean {
  return false;
}

/** In place of core/sending-hold.ts. Never constructed. */
export const SendingHold: undefined | typeof Hold = undefined;

/** In place of transport/thread-side.ts. Never constructed. */
export const ThreadSide: undefined | typeof Side = undefined;

/** Waiting for what a socket has come to, instead of for time to pass. */

import { PATIENCE } from './patience.ts';

/** A socket, as far as these functions look at it. */
export interface Observed {
  readonly events: {
    on(type: never, listener: () => void): unknown;
  };
  waitFor(what: never, options: { peers: number; timeout: number }): Promise<void>;
}

/** Starts to count the events of a socket; to be called before it binds or connects. */
export function observe(socket: Observed): void {
  const counts = new Map<string, number>();
  counters.set(socket, counts);
  for (const type of ['handshake', 'disconnect'] as const) {
    socket.events.on(type as never, () => {
      counts.set(type, seenOf(socket, type) + 1);
      for (const check of [...watchers]) check();
    });
  }
}

/** How many events of this type an observed socket has seen. */
export function seenOf(socket: Observed, type: ObservedType): number {
  return counters.get(socket)?.get(type) ?? 0;
}

/** Resolves when the socket has seen `count` events of this type since it was observed. */
export function event(
  socket: Observed,
  type: ObservedType,
  count = 1,
  timeout = PATIENCE,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      watchers.delete(check);
      reject(new Error(`no ${count} × ${type} in ${timeout} ms, seen ${seenOf(socket, type)}`));
    }, timeout);
    const check = () => {
      if (seenOf(socket, type) < count) return;
      clearTimeout(timer);
      watchers.delete(check);
      resolve();
    };
    watchers.add(check);
    check();
  });
}

/** Resolves when `peers` peers are connected with their handshake over. */
export function handshaken(socket: Observed, peers = 1, timeout = PATIENCE): Promise<void> {
  return socket.waitFor('handshake' as never, { peers, timeout });
}

/** Resolves when `peers` peers have subscribed to this publisher. */
export function subscribed(socket: Observed, peers = 1, timeout = PATIENCE): Promise<void> {
  return socket.waitFor('subscription' as never, { peers, timeout });
}

type ObservedType = 'handshake' | 'disconnect';

const counters = new WeakMap<object, Map<string, number>>();
const watchers = new Set<() => void>();

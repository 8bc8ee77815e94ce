/** Waiting for what a socket has come to, instead of for time to pass. */

import { setTimeout as delay } from 'node:timers/promises';

/** The events of a socket, as far as tests listen to them. */
export interface Observed {
  readonly readable?: boolean;
  readonly type?: number;
  readonly closed: boolean;
  readonly events: {
    on(type: never, listener: () => void): unknown;
    off(type: never, listener: () => void): unknown;
  };
}

/** Starts to count the events of a socket; to be called before it binds or connects. */
export function observe(socket: Observed): void {
  const counts = new Map<string, number>();
  counters.set(socket, counts);
  for (const type of ['handshake', 'accept', 'connect', 'disconnect', 'connect:retry']) {
    socket.events.on(type as never, () => {
      counts.set(type, seenOf(socket, type) + 1);
      // The native package sends an idle socket's subscriptions only when the socket is used.
      if (type === 'handshake' && !canWait(socket) && !socket.closed) {
        if (socket.type === 2 || socket.type === 10) void socket.readable;
      }
      for (const check of [...watchers]) check();
    });
  }
}

/** How many events of this type an observed socket has seen. */
export function seenOf(socket: Observed, type: string): number {
  return counters.get(socket)?.get(type) ?? 0;
}

/** Resolves when the socket has seen `count` events of this type since it was observed. */
export function event(socket: Observed, type: string, count = 1, timeout = 10_000): Promise<void> {
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

/** Resolves when `peers` peers have finished the handshake. */
export async function handshaken(socket: Observed, peers = 1, timeout = 10_000): Promise<void> {
  if (canWait(socket)) await socket.waitFor('handshake', { peers, timeout });
  else await event(socket, 'handshake', peers, timeout);
}

/** Resolves when `peers` peers have subscribed to this publisher. */
export async function subscribed(socket: Observed, peers = 1, timeout = 10_000): Promise<void> {
  if (canWait(socket)) {
    await socket.waitFor('subscription', { peers, timeout });
    return;
  }
  // The native package does not tell; it stands in for ours only while ours is being built.
  await handshaken(socket, peers, timeout);
  await delay(150);
}

interface Waits {
  waitFor(what: string, options: { peers: number; timeout: number }): Promise<unknown>;
}

function canWait(socket: object): socket is Waits {
  return 'waitFor' in socket;
}

const counters = new WeakMap<object, Map<string, number>>();
const watchers = new Set<() => void>();

/** Sockets of ours for a test: closed with it, and what their monitors have said kept in order. */

import type { Event, EventOfType, EventType, Observer } from '../../src/sockets/events.ts';
import { PATIENCE } from './patience.ts';

interface TearDown {
  teardown(fn: () => unknown): void;
}

interface Watched {
  linger: number;
  readonly closed: boolean;
  readonly events: Observer;
  close(): void;
}

/** What a socket's monitor has said so far, oldest first. */
export class Log {
  readonly all: Event[] = [];
  readonly #watchers = new Set<() => void>();

  /** Takes over the monitor of `socket`. */
  constructor(socket: Watched) {
    for (const type of TYPES) {
      socket.events.on(type, (event) => {
        this.all.push(event);
        for (const check of [...this.#watchers]) check();
      });
    }
  }

  /** The events of this type. */
  of<E extends EventType>(type: E): EventOfType<E>[] {
    return this.all.filter((event): event is EventOfType<E> => event.type === type);
  }

  count(type: EventType): number {
    return this.of(type).length;
  }

  get types(): EventType[] {
    return this.all.map((event) => event.type);
  }

  /** The event number `count` (from 1) of this type, when it has come. */
  async next<E extends EventType>(type: E, count = 1, patience?: number): Promise<EventOfType<E>> {
    await this.until(`${count} × ${type}`, () => this.count(type) >= count, patience);
    return this.of(type)[count - 1]!;
  }

  /** Resolves when `done`, which is asked at each event. */
  until(what: string, done: () => boolean, patience = PATIENCE): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(check);
        reject(
          new Error(`no ${what} in ${patience} ms; last seen: ${this.types.slice(-20).join(', ')}`),
        );
      }, patience);
      const check = (): void => {
        if (!done()) return;
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
  }
}

/** `socket`, closed without linger when the test is over, and with a limit on waiting. */
export function use<S extends Watched>(t: TearDown, socket: S): S {
  const limited = socket as { receiveTimeout?: number; sendTimeout?: number };
  if (limited.receiveTimeout === -1) limited.receiveTimeout = PATIENCE;
  if (limited.sendTimeout === -1) limited.sendTimeout = PATIENCE;
  t.teardown(() => {
    if (socket.closed) return;
    socket.linger = 0;
    socket.close();
  });
  return socket;
}

/** Likewise, with the log of its events. */
export function watch<S extends Watched>(t: TearDown, socket: S): [S, Log] {
  return [use(t, socket), new Log(socket)];
}

/** Resolves when `done`; asked at each turn of the event loop. For what no event tells. */
export async function eventually(
  what: string,
  done: () => boolean,
  patience = PATIENCE,
): Promise<void> {
  const end = performance.now() + patience;
  while (!done()) {
    if (performance.now() > end) throw new Error(`not in ${patience} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Stops the event loop, as a long computation does. */
export function blockFor(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** The text of a message's parts. */
export function texts(message: readonly Buffer[]): string[] {
  return message.map(String);
}

const TYPES: readonly EventType[] = [
  'accept',
  'accept:error',
  'bind',
  'bind:error',
  'connect',
  'connect:delay',
  'connect:retry',
  'close',
  'close:error',
  'disconnect',
  'handshake',
  'handshake:error:protocol',
  'handshake:error:auth',
  'handshake:error:other',
  'peer:refused',
  'subscription',
  'end',
];

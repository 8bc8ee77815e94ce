/** Watching: those who listen to the events of a socket, and the calls of `waitFor`. */

import type { Hold } from '../../base/process-hold.ts';
import { Waiter } from '../../base/waiter.ts';
import { SocketError } from '../errors.ts';
import { type Event, type EventSource, type EventType, hideEnds } from '../events.ts';
import type { Counters } from './counters.ts';
import type { CallOptions } from './waiter.ts';

/** How long to wait, and for how many peers. */
export interface WaitOptions extends CallOptions {
  /** How many peers must be there (`handshake`, `subscription`) or events come (all others). Default 1. */
  peers?: number;
}

/** How far the end of a socket has come. */
export interface Lifetime {
  /** `close` was called. */
  readonly closed: boolean;
  /** The context was shut down. */
  readonly terminated: boolean;
  /** Everything is delivered or given up. */
  readonly ended: boolean;
}

export class Watching {
  readonly #calls: Hold;
  readonly #counters: Counters;
  readonly #lifetime: Lifetime;
  readonly #listeners = new Set<(event: Event) => void>();
  /** Calls of `waitFor`, to be looked at when a peer comes or an event. */
  readonly #watchers = new Set<() => void>();

  constructor(calls: Hold, counters: Counters, lifetime: Lifetime) {
    this.#calls = calls;
    this.#counters = counters;
    this.#lifetime = lifetime;
  }

  observe(listener: (event: Event) => void): EventSource {
    this.#listeners.add(listener);
    return {
      stop: () => this.#listeners.delete(listener),
      hold: () => this.#calls.hold(),
      release: () => this.#calls.release(),
    };
  }

  emit(event: Event): void {
    if (this.#listeners.size === 0) return;
    hideEnds(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** Looks whether calls of `waitFor` have what they wait for: the peers, or the state of the end, may have changed. */
  look(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Lets all listeners go: there will be no more events. */
  end(): void {
    this.look();
    this.#listeners.clear();
  }

  waitFor(type: EventType, options: WaitOptions): Promise<void> {
    const { peers = 1, timeout = -1, signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    let seen = 0;
    const done = (): boolean => {
      if (type === 'handshake') return this.#counters.peerCount >= peers;
      if (type === 'subscription') return this.#counters.subscriberCount >= peers;
      return seen >= peers;
    };
    if (done()) return Promise.resolve();
    if (timeout === 0) return Promise.reject(new SocketError('EAGAIN'));
    // These come after the close, and nothing after `end`.
    const last = type === 'close' || type === 'end';
    const lifetime = this.#lifetime;
    if (lifetime.terminated && !last) return Promise.reject(new SocketError('ETERM'));
    const look = (): void => {
      if (done()) finish(() => waiter.resolve());
      else if (last ? lifetime.ended : lifetime.closed) {
        finish(() => waiter.reject(new SocketError('EBADF')));
      } else if (lifetime.terminated && !last) {
        finish(() => waiter.reject(new SocketError('ETERM')));
      }
    };
    const listener = (event: Event): void => {
      if (event.type === type) seen++;
      look();
    };
    const finish = (settle: () => void): void => {
      this.#watchers.delete(look);
      this.#listeners.delete(listener);
      settle();
    };
    const waiter = new Waiter<void>(this.#calls, timeout, signal, (aborted) => {
      finish(() => waiter.reject(aborted ? signal?.reason : new SocketError('EAGAIN')));
    });
    this.#watchers.add(look);
    this.#listeners.add(listener);
    return waiter.promise;
  }
}

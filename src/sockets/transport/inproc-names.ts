/** InprocNames: the inproc names of one context. */

import type { MessagePort } from 'node:worker_threads';
import { SocketError } from '../errors.ts';
import type { OptionValues } from '../options/options.ts';
import type { Pipe } from '../routing/pipe.ts';
import type { ThreadGreeting } from './thread-frame.ts';

/** A bound name. */
export interface InprocBound {
  readonly name: string;
  /** The address as the user wrote it. */
  readonly text: string;
  /** The socket type as in a handshake, such as `PUSH`. */
  readonly socketType: string;
  /** A socket of another thread, at the other end of `port`, asks for a connection. */
  visit(port: MessagePort): void;
}

/** A connected name. */
export interface InprocWaiting {
  readonly name: string;
  /** The name has been bound in this thread, by `bound`. */
  meet(bound: InprocBound): void;
  /** The name is bound in another thread, by a socket of type `socketType` at the other end of `port`. */
  reach(port: MessagePort, socketType: string): void;
}

/** A connected name with messages to leave behind. */
export interface InprocLeaving extends InprocWaiting {
  /** What a peer is sent about the socket. */
  readonly greeting: ThreadGreeting;
  readonly values: Pick<OptionValues, 'linger'>;
}

/** The other threads whose sockets belong to the same context. */
export interface OtherThreads {
  /**
   * Claims a name: whether it was free, or was bound by a thread that has ended. Undefined when it is known to be free without
   * waiting. The name is then this thread's until it is {@link released}.
   */
  claim(name: string): Promise<boolean> | undefined;
  /** As `claim`, without waiting for the event loop: the name of a thread that was terminated may still count as bound. */
  claimNow(name: string): boolean;
  /** Announces to the other threads that the name is bound here. */
  bound(name: string): void;
  /** Gives up the claim to a name that is no longer bound. */
  released(name: string): void;
  /** Looks in the other threads for a name that is not bound here. */
  ask(connecter: InprocWaiting): void;
  /** Ends the search for the name of `connecter`. */
  forget(connecter: InprocWaiting): void;
  /** Leaves the messages in `pipe` to the other threads: this one ends within the call. */
  bequeath(connecter: InprocLeaving, pipe: Pipe): void;
}

/** The names of one context: who has bound them, and who waits for them. */
export class InprocNames {
  readonly #bound = new Map<string, InprocBound>();
  readonly #waiting = new Map<string, Set<InprocWaiting>>();
  /** Set for the default context, which is one for all threads of the process. */
  others: OtherThreads | undefined;

  /**
   * Call before a `bind` that may wait. Undefined when it need not wait.
   * @throws SocketError (or rejects with it) `EADDRINUSE`, also when another thread has the name
   */
  claim(listener: InprocBound): Promise<void> | undefined {
    if (this.#bound.has(listener.name)) throw inUse(listener);
    return this.others?.claim(listener.name)?.then((free) => {
      if (!free) throw inUse(listener);
    });
  }

  /**
   * Call before a `bind` that cannot wait.
   * @throws SocketError `EADDRINUSE`, also when another thread has the name
   */
  claimNow(listener: InprocBound): void {
    const { name } = listener;
    if (this.#bound.has(name) || this.others?.claimNow(name) === false) throw inUse(listener);
  }

  /** @throws SocketError `EADDRINUSE`, when this thread has the name */
  bind(listener: InprocBound): void {
    const { name } = listener;
    if (this.#bound.has(name)) throw inUse(listener);
    this.#bound.set(name, listener);
    const waiting = this.#waiting.get(name);
    this.#waiting.delete(name);
    for (const connecter of waiting ?? []) {
      this.others?.forget(connecter);
      connecter.meet(listener);
    }
    this.others?.bound(name);
  }

  /** The endpoint that has bound `name`. */
  bound(name: string): InprocBound | undefined {
    return this.#bound.get(name);
  }

  /** The endpoints that wait for `name` to be bound. */
  waiting(name: string): Iterable<InprocWaiting> {
    return this.#waiting.get(name) ?? [];
  }

  /** All names that are bound. */
  boundNames(): Iterable<string> {
    return this.#bound.keys();
  }

  /** All endpoints that wait for their name. */
  *allWaiting(): Iterable<InprocWaiting> {
    for (const waiting of this.#waiting.values()) yield* waiting;
  }

  /** Whether `name` is bound. */
  has(name: string): boolean {
    return this.#bound.has(name);
  }

  unbind(listener: InprocBound): void {
    if (this.#bound.get(listener.name) !== listener) return;
    this.#bound.delete(listener.name);
    this.others?.released(listener.name);
  }

  connect(connecter: InprocWaiting): void {
    const listener = this.#bound.get(connecter.name);
    if (listener !== undefined) {
      connecter.meet(listener);
      return;
    }
    const waiting = this.#waiting.get(connecter.name) ?? new Set();
    this.#waiting.set(connecter.name, waiting.add(connecter));
    this.others?.ask(connecter);
  }

  /** Asks the other threads again, since the binder that had offered to meet `connecter` is gone. */
  again(connecter: InprocWaiting): void {
    if (this.#waiting.get(connecter.name)?.has(connecter)) this.others?.ask(connecter);
  }

  forget(connecter: InprocWaiting): void {
    const waiting = this.#waiting.get(connecter.name);
    if (waiting?.delete(connecter)) this.others?.forget(connecter);
    if (waiting?.size === 0) this.#waiting.delete(connecter.name);
  }
}

function inUse({ text }: InprocBound): SocketError {
  return new SocketError('EADDRINUSE', {
    message: `Address already in use: ${text}`,
    address: text,
  });
}

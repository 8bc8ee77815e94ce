/**
 * ThreadNames: how the threads of one process find each other's inproc names. Who connects asks all threads over a
 * BroadcastChannel; who has bound the name answers with a MessagePort, handed over by `postMessageToThread`. Who binds says
 * so, and those who wait ask again. What such a port then carries is in thread-side.ts.
 *
 * The main thread keeps a channel open from when the first worker calls it, so that a program of one thread has none.
 */

import * as workers from 'node:worker_threads';
import type { InprocNames, InprocWaiting, OtherThreads } from './inproc-names.ts';

/** Said to all threads. */
type Call =
  /** The main thread has begun to listen. */
  | { readonly begins: true }
  | { readonly bound: string }
  /** `house`: the copy of this package that asks; `ask`: its question. */
  | {
      readonly wanted: string;
      readonly thread: number;
      readonly house: string;
      readonly ask: number;
    };

/** Said to the one that asked. Other listeners of its thread may see it, too. */
interface Answer {
  readonly [MARK]: string;
  readonly ask: number;
  readonly socketType: string;
  readonly port: workers.MessagePort;
}

/** Said to the main thread by a worker that has begun to call. */
interface Hello {
  readonly [MARK]: typeof HELLO;
}

/** The other threads, where the runtime can hand a port to one of them by its number. */
export function otherThreads(
  names: InprocNames,
  privateNames: Iterable<string>,
): OtherThreads | undefined {
  return typeof workers.postMessageToThread === 'function'
    ? new ThreadNames(names, privateNames)
    : undefined;
}

class ThreadNames implements OtherThreads {
  readonly #names: InprocNames;
  /** Names that each thread has for itself. */
  readonly #private: ReadonlySet<string>;
  readonly #house = `${workers.threadId}-${Math.random()}`;
  readonly #asked = new Map<number, InprocWaiting>();
  readonly #askOf = new Map<InprocWaiting, number>();
  #askCount = 0;
  #channel: workers.BroadcastChannel | undefined;
  #listening = false;

  constructor(names: InprocNames, privateNames: Iterable<string>) {
    this.#names = names;
    this.#private = new Set(privateNames);
  }

  bound(name: string): void {
    if (!this.#private.has(name)) this.#open()?.postMessage({ bound: name } satisfies Call);
  }

  ask(connecter: InprocWaiting): void {
    const { name } = connecter;
    if (this.#private.has(name)) return;
    const channel = this.#open();
    if (channel === undefined) return;
    let ask = this.#askOf.get(connecter);
    if (ask === undefined) {
      ask = ++this.#askCount;
      this.#asked.set(ask, connecter);
      this.#askOf.set(connecter, ask);
    }
    const { threadId } = workers;
    channel.postMessage({
      wanted: name,
      thread: threadId,
      house: this.#house,
      ask,
    } satisfies Call);
  }

  forget(connecter: InprocWaiting): void {
    const ask = this.#askOf.get(connecter);
    if (ask === undefined) return;
    this.#askOf.delete(connecter);
    this.#asked.delete(ask);
  }

  /** The channel to all; none in the main thread before a worker has called. */
  #open(): workers.BroadcastChannel | undefined {
    if (this.#listening) return this.#channel;
    this.#listening = true;
    process.on('workerMessage', (message: Answer | Hello) => this.#told(message));
    if (workers.isMainThread) {
      // Workers that called before there was somebody to hear them call again.
      const channel = new workers.BroadcastChannel(CHANNEL);
      channel.postMessage({ begins: true } satisfies Call);
      channel.close();
    } else {
      this.#join();
      hello();
    }
    return this.#channel;
  }

  #join(): void {
    this.#channel = new workers.BroadcastChannel(CHANNEL);
    this.#channel.onmessage = (event) => this.#heard((event as { data: Call }).data);
    this.#channel.unref();
  }

  #heard(call: Call): void {
    if ('begins' in call) {
      hello();
      return;
    }
    if ('bound' in call) {
      for (const connecter of [...this.#names.waiting(call.bound)]) this.ask(connecter);
      return;
    }
    const bound = this.#names.bound(call.wanted);
    if (bound === undefined) return;
    const { port1, port2 } = new workers.MessageChannel();
    bound.visit(port1);
    const { ask } = call;
    const answer: Answer = {
      [MARK]: call.house,
      ask,
      socketType: bound.socketType,
      port: port2,
    };
    if (call.thread === workers.threadId) {
      // Another copy of this package in the same thread.
      process.emit('workerMessage', answer, workers.threadId);
      return;
    }
    // Who asked may have ended meanwhile.
    workers.postMessageToThread(call.thread, answer, [port2]).catch(() => port1.close());
  }

  #told(message: Answer | Hello | null | undefined): void {
    const mark = message?.[MARK];
    if (mark === HELLO) {
      if (workers.isMainThread && this.#channel === undefined) this.#greeted();
    } else if (mark === this.#house) {
      const { ask, port, socketType } = message as Answer;
      const connecter = this.#asked.get(ask);
      if (connecter === undefined) port.close();
      else connecter.reach(port, socketType);
    }
  }

  /** The first worker has called: tell it all that it could not hear before. */
  #greeted(): void {
    this.#join();
    for (const name of this.#names.boundNames()) this.bound(name);
    for (const connecter of [...this.#names.allWaiting()]) this.ask(connecter);
  }
}

/** A main thread without sockets of inproc does not listen, and need not. */
function hello(): void {
  workers.postMessageToThread(0, { [MARK]: HELLO } satisfies Hello).catch(() => {});
}

/** The number changes with what is said here or over the ports: copies of other numbers are other worlds. */
const CHANNEL = 'zeromq-pure:inproc:1';
const MARK = CHANNEL;
const HELLO = 'hello';

/**
 * ThreadNames: how the threads of one process find each other's inproc names. A thread that connects asks all threads over a
 * BroadcastChannel; the one that has bound the name answers with a MessagePort, handed over by `postMessageToThread`. A thread
 * that binds announces the name, and those that wait for it ask again. What such a port then carries is in thread-side.ts.
 *
 * The main thread keeps the register of which worker has which name: a worker claims one there before it binds. A program of one
 * thread opens no channel, and does not load what threads need.
 */

import { clearTimeout, setTimeout } from 'node:timers';
import * as workers from 'node:worker_threads';
import { Deadline } from '../../base/deadline.ts';
import { RUNTIME } from '../../base/runtime.ts';
import { threadsPossible } from '../../base/threads.ts';
import type { Pipe } from '../routing/pipe.ts';
import type { InprocLeaving, InprocNames, InprocWaiting, OtherThreads } from './inproc-names.ts';
import { Bequeathed, type Bequest, takeAll } from './thread-bequest.ts';
import { areBatches, isGreeting, isRecord } from './thread-frame.ts';
import { handedOver } from './thread-port.ts';

/** A message to all threads. */
type Call =
  /** The main thread has begun to listen. */
  | { readonly begins: true }
  /** A thread has ended. The main thread gets it as a word, and acts unless a worker has bound the name. */
  | { readonly bequest: Bequest }
  | { readonly bound: string }
  /** `house` is the copy of this package that asks, `ask` the number of its question. */
  | {
      readonly wanted: string;
      readonly thread: number;
      readonly house: string;
      readonly ask: number;
    };

/** A message to one thread, whose other listeners may see it, too. */
type Word = { readonly [MARK]: true } & (
  | { readonly kind: 'hello' }
  /** From a worker to the main thread, which answers with `claimed`. */
  | {
      readonly kind: 'claim';
      readonly name: string;
      readonly thread: number;
      readonly house: string;
      readonly ask: number;
      /** Set by a worker that blocks until the answer: the main thread writes it here, too. */
      readonly verdict?: Int32Array;
    }
  | { readonly kind: 'release'; readonly name: string; readonly thread: number }
  | { readonly kind: 'bequest'; readonly bequest: Bequest }
  /** Has no effect: a thread to which it can be sent is alive. */
  | { readonly kind: 'alive' }
  | {
      readonly kind: 'claimed';
      readonly house: string;
      readonly ask: number;
      readonly free: boolean;
    }
  | {
      readonly kind: 'answer';
      readonly house: string;
      readonly ask: number;
      readonly socketType: string;
      readonly port: workers.MessagePort;
    }
);

/** A message to one thread, without its mark. */
type Unmarked<W> = W extends unknown ? Omit<W, typeof MARK> : never;

/** The other threads; undefined where the runtime cannot hand a port to one of them by its number. */
export function otherThreads(
  names: InprocNames,
  privateNames: Iterable<string>,
): OtherThreads | undefined {
  return !threadsPossible() || typeof workers.postMessageToThread === 'function'
    ? new ThreadNames(names, privateNames)
    : undefined;
}

class ThreadNames implements OtherThreads {
  readonly #names: InprocNames;
  /** Names that are not shared between threads. */
  readonly #private: ReadonlySet<string>;
  readonly #house = `${Math.random()}`;
  readonly #asked = new Map<number, InprocWaiting>();
  readonly #askOf = new Map<InprocWaiting, number>();
  readonly #claims = new Map<number, (free: boolean) => void>();
  /** In the main thread: which worker has bound which name. */
  readonly #register = new Map<string, number>();
  /** In a worker: whether the main thread listens; undefined while that is not known. */
  #mainHears: boolean | undefined;
  #askCount = 0;
  #channel: workers.BroadcastChannel | undefined;
  #listening = false;

  constructor(names: InprocNames, privateNames: Iterable<string>) {
    this.#names = names;
    this.#private = new Set(privateNames);
  }

  claim(name: string): Promise<boolean> | undefined {
    if (this.#private.has(name)) return undefined;
    this.#open();
    if (!isMain()) return this.#claimAtMain(name);
    return this.#register.has(name) ? this.#takeOver(name) : undefined;
  }

  claimNow(name: string): boolean {
    if (this.#private.has(name)) return true;
    this.#open();
    if (isMain()) {
      if (!this.#register.has(name)) return true;
      // If that worker has ended, the name is free at the next attempt.
      void this.#takeOver(name);
      return false;
    }
    const verdict = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    this.#tellMain(name, 0, verdict).catch(() => {});
    if (this.#mainHears !== false) Atomics.wait(verdict, 0, UNKNOWN, CLAIM_NOW_TIMEOUT);
    return Atomics.load(verdict, 0) !== TAKEN;
  }

  bound(name: string): void {
    if (!this.#private.has(name)) this.#open()?.postMessage({ bound: name } satisfies Call);
  }

  released(name: string): void {
    if (this.#private.has(name) || isMain()) return;
    tell(0, { kind: 'release', name, thread: workers.threadId }).catch(() => {});
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

  bequeath({ name, greeting, values }: InprocLeaving, pipe: Pipe): void {
    if (isMain() || pipe.outgoingCount === 0 || this.#private.has(name)) return;
    const linger = values.linger < 0 ? Number.POSITIVE_INFINITY : values.linger;
    const bequest = { name, greeting, batches: takeAll(pipe), linger };
    this.#open()?.postMessage({ bequest } satisfies Call);
    tell(0, { kind: 'bequest', bequest }).catch(() => {});
  }

  /** Whether the main thread gives us the name. Also true when it has no sockets, or does not answer within `CLAIM_TIMEOUT`. */
  #claimAtMain(name: string): Promise<boolean> {
    const ask = ++this.#askCount;
    return new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => settle(true), CLAIM_TIMEOUT);
      const settle = (free: boolean): void => {
        clearTimeout(timer);
        this.#claims.delete(ask);
        resolve(free);
      };
      this.#claims.set(ask, settle);
      this.#tellMain(name, ask).catch(() => settle(true));
    });
  }

  #tellMain(name: string, ask: number, verdict?: Int32Array): Promise<void> {
    const { threadId: thread } = workers;
    const claim = { kind: 'claim', name, thread, house: this.#house, ask } as const;
    return tell(0, verdict === undefined ? claim : { ...claim, verdict });
  }

  /** In the main thread: whether the name is free, since the worker that had it has ended. */
  async #takeOver(name: string): Promise<boolean> {
    const thread = this.#register.get(name);
    if (thread === undefined) return true;
    try {
      await tell(thread, { kind: 'alive' });
    } catch {
      if (this.#register.get(name) === thread) this.#register.delete(name);
    }
    return !this.#register.has(name);
  }

  /** In the main thread: answers the claim of a worker. */
  async #judge(claim: Word & { kind: 'claim' }): Promise<void> {
    const { name, thread, house, ask, verdict } = claim;
    let free = this.#names.bound(name) === undefined;
    if (free && this.#register.get(name) !== thread) free = await this.#takeOver(name);
    free &&= this.#names.bound(name) === undefined;
    if (free) this.#register.set(name, thread);
    if (verdict instanceof Int32Array) {
      Atomics.store(verdict, 0, free ? FREE : TAKEN);
      Atomics.notify(verdict, 0);
    }
    await tell(thread, { kind: 'claimed', house, ask, free }).catch(() => {});
  }

  /** Connects in place of a thread that has ended, now or when the name is bound. */
  #inherit(bequest: Bequest): void {
    const { greeting, batches, linger } = bequest;
    if (!isGreeting(greeting) || !areBatches(batches)) return;
    const heir = new Bequeathed(bequest, () => {
      deadline.clear();
      this.#names.forget(heir);
    });
    const deadline = new Deadline(linger, () => this.#names.forget(heir)).unref();
    this.#names.connect(heir);
  }

  /** Listens from now on. Returns the channel to all threads; undefined in the main thread before a worker has greeted it. */
  #open(): workers.BroadcastChannel | undefined {
    if (this.#listening) return this.#channel;
    this.#listening = true;
    process.on('workerMessage', (message: unknown) => {
      if (isRecord(message) && message[MARK] === true) this.#told(message as unknown as Word);
    });
    if (!isMain()) {
      this.#join();
      this.#hello();
    } else if (threadsPossible()) {
      // Workers whose greeting came before we listened greet again.
      const channel = new workers.BroadcastChannel(CHANNEL);
      channel.postMessage({ begins: true } satisfies Call);
      // Deno loses the next one when this is closed.
      if (RUNTIME === 'deno') this.#join(channel);
      else channel.close();
    }
    return this.#channel;
  }

  #join(channel = new workers.BroadcastChannel(CHANNEL)): void {
    this.#channel = channel;
    this.#channel.onmessage = (event) => {
      const { data } = event as { data: unknown };
      if (isRecord(data)) this.#heard(data as unknown as Call);
    };
    this.#channel.unref();
  }

  #heard(call: Call): void {
    if ('begins' in call) {
      this.#hello();
      for (const name of this.#names.boundNames()) this.#tellMain(name, 0).catch(() => {});
      return;
    }
    if ('bequest' in call) {
      if (!isMain() && this.#names.has(call.bequest.name)) this.#inherit(call.bequest);
      return;
    }
    if ('bound' in call) {
      for (const connecter of [...this.#names.waiting(call.bound)]) this.ask(connecter);
      return;
    }
    const { wanted, thread, house, ask } = call;
    const bound = this.#names.bound(wanted);
    if (bound === undefined) return;
    const { port1, port2 } = new workers.MessageChannel();
    bound.visit(port1);
    const { socketType } = bound;
    const answer = { kind: 'answer', house, ask, socketType, port: port2 } as const;
    if (thread === workers.threadId) {
      // Another copy of this package in the same thread.
      process.emit('workerMessage', { [MARK]: true, ...answer } satisfies Word, thread);
      return;
    }
    // The thread that asked may have ended meanwhile.
    tell(thread, answer, [port2]).catch(() => port1.close());
  }

  #told(word: Word): void {
    switch (word.kind) {
      case 'hello':
        if (isMain() && this.#channel === undefined) this.#greeted();
        return;
      case 'claim':
        if (isMain()) void this.#judge(word);
        return;
      case 'release':
        if (this.#register.get(word.name) === word.thread) this.#register.delete(word.name);
        return;
      case 'claimed':
        if (word.house === this.#house) this.#claims.get(word.ask)?.(word.free);
        return;
      case 'answer': {
        if (word.house !== this.#house) return;
        const connecter = this.#asked.get(word.ask);
        if (connecter === undefined) word.port.close();
        else connecter.reach(handedOver(word.port), word.socketType);
        return;
      }
      case 'bequest': {
        const { bequest } = word;
        void this.#takeOver(bequest.name).then((free) => free && this.#inherit(bequest));
        return;
      }
      case 'alive':
        return;
      default:
        word satisfies never;
    }
  }

  /** Greets the main thread, and notes whether it listens. One without inproc sockets does not, and need not. */
  #hello(): void {
    const heard = (hears: boolean) => () => {
      this.#mainHears = hears;
    };
    tell(0, { kind: 'hello' }).then(heard(true), heard(false));
  }

  /** The first worker has greeted the main thread: opens the channel, and repeats what the worker could not hear before. */
  #greeted(): void {
    this.#join();
    for (const name of this.#names.boundNames()) this.bound(name);
    for (const connecter of [...this.#names.allWaiting()]) this.ask(connecter);
  }
}

function isMain(): boolean {
  return !threadsPossible() || workers.isMainThread;
}

/** Resolves when the thread has received the message; rejects when there is no such thread, or nothing listens there. */
function tell(
  thread: number,
  word: Unmarked<Word>,
  transfer: workers.MessagePort[] = [],
): Promise<void> {
  return workers.postMessageToThread(thread, { [MARK]: true, ...word }, transfer);
}

/** The number is that of the format of all these messages: copies of this package with other numbers do not see each other. */
const CHANNEL = 'zeromq-pure:inproc:3';
const MARK = CHANNEL;

/** Milliseconds that a worker waits for the main thread, which may be waiting for the worker. */
const CLAIM_TIMEOUT = 1_000;
/** Milliseconds that `claimNow` blocks a worker for the same answer. */
const CLAIM_NOW_TIMEOUT = 200;

/** Values of a verdict. */
const UNKNOWN = 0;
const FREE = 1;
const TAKEN = 2;

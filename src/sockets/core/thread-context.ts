/**
 * ThreadContext: what is one for the default contexts of all threads: their options, and the number of their sockets. Both are in
 * memory that each thread gets from the one that starts it, from when there can be a second thread.
 *
 * In this memory each thread has a slot, where it alone writes how many sockets it has. The thread that starts it takes the slot
 * and gives it back, since a thread that is terminated runs no code of its own any more. A thread without one counts for itself.
 */

import { getEnvironmentData, setEnvironmentData, threadId, type Worker } from 'node:worker_threads';
import { RUNTIME } from '../../base/runtime.ts';
import { threadsPossible } from '../../base/threads.ts';
import { CONTEXT, CONTEXT_OPTIONS } from '../options/option-table.ts';
import type { ContextOptions } from '../options/options.ts';

export class ThreadContext {
  /** The options: until there is such memory, those that were given. */
  readonly values: ContextOptions = {} as ContextOptions;
  readonly #own: ContextOptions;
  #memory: Memory | undefined;
  /** Where this thread counts; undefined while it has no slot. */
  #slot: number | undefined;

  constructor(own: ContextOptions) {
    this.#own = own;
    for (const [index, name] of CONTEXT.entries()) {
      const isBoolean = CONTEXT_OPTIONS[name].kind === 'boolean';
      Object.defineProperty(this.values, name, {
        enumerable: true,
        get: () => {
          const value = this.#find()?.values[index];
          if (value === undefined) return own[name];
          return isBoolean ? value === 1 : value;
        },
        set: (value: ContextOptions[typeof name]) => {
          this.#share().values[index] = Number(value);
        },
      });
    }
    this.#find();
  }

  /** Notes that this thread has `own` sockets; returns how many all threads have that count together. */
  total(own: number): number {
    const memory = this.#find();
    const slot = memory && this.#join(memory);
    if (slot === undefined) return own;
    const { counts } = memory!;
    Atomics.store(counts, slot, own);
    let total = 0;
    for (const count of counts) if (count > 0) total += count;
    return total;
  }

  #find(): Memory | undefined {
    if (this.#memory === undefined && threadsPossible()) this.#share();
    return this.#memory;
  }

  /** The memory of the thread that has started this one; new memory, where that has none. */
  #share(): Memory {
    if (this.#memory !== undefined) return this.#memory;
    const found = getEnvironmentData(KEY) as unknown;
    if (found instanceof SharedArrayBuffer) {
      this.#memory = memoryOf(found);
      this.#join(this.#memory);
      return this.#memory;
    }
    const octets = new SharedArrayBuffer(COUNTS_AT + 3 * SLOTS * Int32Array.BYTES_PER_ELEMENT);
    this.#memory = memoryOf(octets);
    for (const [index, name] of CONTEXT.entries()) {
      this.#memory.values[index] = Number(this.#own[name]);
    }
    setEnvironmentData(KEY, octets as never);
    this.#start(this.#memory, FIRST);
    return this.#memory;
  }

  /** The slot of this thread: the first one is that of the thread that made the memory. */
  #join(memory: Memory): number | undefined {
    if (this.#slot !== undefined) return this.#slot;
    const { threads, counts } = memory;
    const slot = threads.indexOf(threadId, FIRST + 1);
    // Another copy of this package in the same thread may have taken it.
    if (slot < 0 || Atomics.compareExchange(counts, slot, UNUSED, 0) !== UNUSED) return undefined;
    this.#start(memory, slot);
    return slot;
  }

  /** Counts in `slot`, and takes slots for the threads that this one starts. */
  #start(memory: Memory, slot: number): void {
    this.#slot = slot;
    // There the end of a thread is not always told.
    if (RUNTIME === 'deno') return;
    process.on('worker', (worker: Worker) => {
      const started = worker.threadId;
      takeSlot(memory, started);
      worker.once('exit', () => giveBack(memory, started));
    });
  }
}

/** What threads share. The arrays of a slot have their elements at its number. */
interface Memory {
  readonly values: Float64Array;
  /** The number of the thread; 0 where there is none. */
  readonly threads: Int32Array;
  /** The number of the thread that has started it. */
  readonly starters: Int32Array;
  /** Its sockets; `UNUSED` until it has looked for its slot. */
  readonly counts: Int32Array;
}

function memoryOf(octets: SharedArrayBuffer): Memory {
  const column = (index: number): Int32Array =>
    new Int32Array(octets, COUNTS_AT + index * SLOTS * Int32Array.BYTES_PER_ELEMENT, SLOTS);
  return {
    values: new Float64Array(octets, 0, CONTEXT.length),
    threads: column(0),
    starters: column(1),
    counts: column(2),
  };
}

function takeSlot({ threads, starters, counts }: Memory, thread: number): void {
  for (let slot = FIRST + 1; slot < SLOTS; slot++) {
    if (Atomics.compareExchange(threads, slot, 0, thread) !== 0) continue;
    Atomics.store(starters, slot, threadId);
    Atomics.store(counts, slot, UNUSED);
    return;
  }
}

/** Gives back the slots of `thread`, which has ended, and of those that it has started, which have ended with it. */
function giveBack(memory: Memory, thread: number): void {
  const { threads, starters, counts } = memory;
  for (let slot = FIRST + 1; slot < SLOTS; slot++) {
    const holder = Atomics.load(threads, slot);
    if (holder === 0) continue;
    if (holder !== thread) {
      if (Atomics.load(starters, slot) === thread) giveBack(memory, holder);
      continue;
    }
    Atomics.store(counts, slot, 0);
    Atomics.store(threads, slot, 0);
  }
}

const SLOTS = 1_024;
const FIRST = 0;
const UNUSED = -1;
const COUNTS_AT = CONTEXT.length * Float64Array.BYTES_PER_ELEMENT;
/** Copies of this package with other options, or another format, have other memory. */
const KEY = `zeromq-pure:context:2:${CONTEXT.join()}`;

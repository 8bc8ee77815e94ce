/** Threads for a test: each runs a piece of program with the package at hand, and tells what it likes. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

interface TearDown {
  teardown(fn: () => unknown): void;
}

/** A thread of a test, ended with it. */
export class Thread {
  readonly worker: Worker;
  /** Settles when the thread has ended. */
  readonly over: Promise<unknown>;
  readonly #heard: unknown[] = [];
  readonly #waiting: ((value: unknown) => void)[] = [];
  #failure: Error | undefined;

  constructor(worker: Worker) {
    this.worker = worker;
    this.over = once(worker, 'exit');
    worker.on('message', (value) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#heard.push(value);
      else waiting(value);
    });
    worker.on('error', (error) => {
      this.#failure = error as Error;
      for (const waiting of this.#waiting.splice(0)) waiting(this.#failure);
    });
  }

  /** The next that it says, or the error that has ended it. */
  async said(): Promise<unknown> {
    if (this.#heard.length > 0) return this.#heard.shift();
    if (this.#failure !== undefined) throw this.#failure;
    const value = await new Promise((resolve) => this.#waiting.push(resolve));
    if (value instanceof Error) throw value;
    return value;
  }

  /** Tells the thread something: see `told` in {@link thread}. */
  tell(value: unknown): void {
    this.worker.postMessage(value);
  }

  /** Ends the thread in the middle of what it does. */
  async kill(): Promise<void> {
    await this.worker.terminate();
  }
}

/**
 * Runs `program` in a thread: the body of an async function that sees `zmq` (the package), `data`, `say(value)` and `told()`,
 * which gives what it is told next. `door`: what is imported, by default `dist`.
 */
export function thread(
  t: TearDown,
  program: string,
  data: unknown = undefined,
  door: string = new URL('../../../dist/index.js', import.meta.url).href,
): Thread {
  const tsx = import.meta.resolve('tsx/esm/api');
  const text = `
    const { parentPort, workerData: data } = require('node:worker_threads');
    const { once } = require('node:events');
    const say = (value) => parentPort.postMessage(value);
    const told = async () => { parentPort.ref(); const [value] = await once(parentPort, 'message'); parentPort.unref(); return value; };
    (async () => {
      ${door.endsWith('.ts') ? `(await import(${JSON.stringify(tsx)})).register();` : ''}
      const zmq = await import(${JSON.stringify(door)});
      ${program}
    })().catch((error) => { setImmediate(() => { throw error; }); });`;
  const worker = new Worker(text, { eval: true, workerData: data, execArgv: [] });
  t.teardown(() => worker.terminate());
  return new Thread(worker);
}

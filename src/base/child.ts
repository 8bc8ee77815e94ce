/** Child: a program of ours in a thread or process of its own, as seen by the program that started it. */

import {
  type ChildProcess,
  type ForkOptions,
  fork,
  type Serializable,
  spawn,
} from 'node:child_process';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** How a child has ended. */
export interface ChildEnd {
  /** Its exit code; null where `signal` or `error` has ended it before it had one. */
  readonly code: number | null;
  /** The signal that has ended a process; null for none. */
  readonly signal: NodeJS.Signals | null;
  /** What a thread has thrown, or why a process could not be started. */
  readonly error: Error | undefined;
}

export interface Child {
  /** Sends it a message; one that is gone gets nothing. */
  post(message: unknown): void;
  /** Calls `take` with each message that it sends, and `ended` once. To be called before its next turn. */
  listen(take: (message: unknown) => void, ended: (how: ChildEnd) => void): void;
  /** Ends it now, whatever it does. */
  kill(): void;
  /** Has it keep this process alive, as it does from the start. */
  ref(): void;
  /** Lets this process end while the child runs. */
  unref(): void;
}

/** Runs `file` in a thread. */
export function startThread(file: string | URL, options: WorkerOptions): Child {
  return new Thread(file, options);
}

/** Runs `file` in a process; undefined: this executable again, into which the program is compiled. */
export function startProcess(
  file: string | URL | undefined,
  argv: readonly string[],
  options: ForkOptions,
): Child {
  return new Process(file, argv, options);
}

class Thread implements Child {
  readonly #worker: Worker;

  constructor(file: string | URL, options: WorkerOptions) {
    this.#worker = new Worker(file, options);
  }

  post(message: unknown): void {
    this.#worker.postMessage(message);
  }

  listen(take: (message: unknown) => void, ended: (how: ChildEnd) => void): void {
    let error: Error | undefined;
    this.#worker.on('message', take);
    this.#worker.on('error', (thrown: Error) => {
      error = thrown;
    });
    this.#worker.on('exit', (code) => ended({ code, signal: null, error }));
  }

  kill(): void {
    void this.#worker.terminate();
  }

  ref(): void {
    this.#worker.ref();
  }

  unref(): void {
    this.#worker.unref();
  }
}

class Process implements Child {
  readonly #child: ChildProcess;

  constructor(file: string | URL | undefined, argv: readonly string[], options: ForkOptions) {
    this.#child =
      file === undefined
        ? spawn(process.execPath, argv, { ...options, stdio: STREAMS })
        : fork(file, argv, options);
  }

  post(message: unknown): void {
    // It may end at any time, and `ended` tells so.
    if (this.#child.connected) this.#child.send(message as Serializable, () => {});
  }

  listen(take: (message: unknown) => void, ended: (how: ChildEnd) => void): void {
    const child = this.#child;
    child.on('message', take);
    child.on('error', (error) => {
      // One that was never started does not exit.
      if (child.pid === undefined) ended({ code: null, signal: null, error });
    });
    child.on('exit', (code, signal) => ended({ code, signal, error: undefined }));
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  ref(): void {
    this.#child.ref();
    // Bun's channel has neither.
    this.#child.channel?.ref?.();
  }

  unref(): void {
    this.#child.unref();
    this.#child.channel?.unref?.();
  }
}

/** Those of `fork`. */
const STREAMS: ('inherit' | 'ipc')[] = ['inherit', 'inherit', 'inherit', 'ipc'];

/** Remote: a device in a thread or in a process of its own, seen from here. */

import { type ChildProcess, fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { SocketError, type SocketErrorCode } from '../errors.ts';
import { inheritedFlags } from './flags.ts';
import { hostFile } from './host-file.ts';
import type { DeviceEndpoints, DevicePlan, RunningDevice } from './inline.ts';
import { type Failure, HOST_MARK, type Order, type Report } from './orders.ts';
import type { ProxyStatistics } from './relay.ts';

/**
 * Starts a device elsewhere: in the program `host`, by default the one of this package. It does not keep this process
 * alive, and ends with it.
 * @throws what opening its sockets throws there
 * @throws SocketError `ENOENT` when the program is not where this package has it
 */
export async function startRemote(
  plan: DevicePlan,
  where: 'thread' | 'process',
  host: string | URL = hostFile(),
): Promise<RunningDevice> {
  const remote = new Remote(where === 'thread' ? new Thread(host) : new Process(host));
  const endpoints = (await remote.order('start', plan)) as DeviceEndpoints;
  return {
    endpoints,
    over: remote.over,
    pause: async () => void (await remote.order('pause')),
    resume: async () => void (await remote.order('resume')),
    statistics: async () => (await remote.order('statistics')) as ProxyStatistics,
    stop: () => remote.stop(),
    hold: (held) => remote.hold(held),
  };
}

/** Orders and their answers. */
class Remote {
  readonly over: Promise<void>;
  readonly #end: End;
  readonly #pending = new Map<number, Pending>();
  #orderCount = 0;
  #held = false;
  #ended = false;
  #failure: Error | undefined;

  constructor(end: End) {
    this.#end = end;
    this.over = new Promise((resolve, reject) => {
      end.listen(
        (report) => this.#take(report),
        (error) => {
          this.#ended = true;
          const failure = this.#failure ?? error;
          const refusal = failure ?? new SocketError('EBADF', { message: 'The device has ended' });
          for (const pending of this.#pending.values()) pending.reject(refusal);
          this.#pending.clear();
          if (failure === undefined) resolve();
          else reject(failure);
        },
      );
    });
    // Who wants to know of a failure asks `over`.
    this.over.catch(() => {});
    this.#referTo();
  }

  order(what: Order['what'], plan?: DevicePlan): Promise<unknown> {
    if (this.#ended) {
      return Promise.reject(new SocketError('EBADF', { message: 'The device has ended' }));
    }
    const id = ++this.#orderCount;
    const answer = new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
    this.#referTo();
    this.#end.post((plan === undefined ? { id, what } : { id, what, plan }) as Order);
    return answer;
  }

  async stop(): Promise<void> {
    const held = this.#held;
    this.hold(true);
    // It may have ended in the meantime, and that is what was wanted.
    if (!this.#ended) await this.order('stop').catch(() => {});
    await this.over.catch(() => {});
    this.hold(held);
  }

  hold(held: boolean): void {
    this.#held = held;
    this.#referTo();
  }

  #take(report: Report): void {
    if ('over' in report) {
      if (report.failure !== undefined) this.#failure = errorOf(report.failure);
      return;
    }
    const pending = this.#pending.get(report.id);
    this.#pending.delete(report.id);
    this.#referTo();
    if ('failure' in report) pending?.reject(errorOf(report.failure));
    else pending?.resolve(report.result);
  }

  /** An order under way keeps the process alive, a device that runs does not. */
  #referTo(): void {
    if (this.#ended) return;
    if (this.#held || this.#pending.size > 0) this.#end.ref();
    else this.#end.unref();
  }
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** What carries orders and reports. */
interface End {
  post(order: Order): void;
  /** `ended` is called once, when the other side is gone; with an error unless it went in good order. */
  listen(take: (report: Report) => void, ended: (error: Error | undefined) => void): void;
  ref(): void;
  unref(): void;
}

class Thread implements End {
  readonly #worker: Worker;

  constructor(host: string | URL) {
    this.#worker = new Worker(host, { workerData: HOST_MARK, execArgv: inheritedFlags() });
  }

  post(order: Order): void {
    this.#worker.postMessage(order);
  }

  listen(take: (report: Report) => void, ended: (error: Error | undefined) => void): void {
    let failure: Error | undefined;
    this.#worker.on('message', take);
    this.#worker.on('error', (error: Error) => {
      failure = error;
    });
    this.#worker.on('exit', () => ended(failure));
  }

  ref(): void {
    this.#worker.ref();
  }

  unref(): void {
    this.#worker.unref();
  }
}

class Process implements End {
  readonly #child: ChildProcess;

  constructor(host: string | URL) {
    const execArgv = inheritedFlags();
    this.#child = fork(host, [HOST_MARK], { serialization: 'advanced', execArgv });
  }

  post(order: Order): void {
    this.#child.send(order);
  }

  listen(take: (report: Report) => void, ended: (error: Error | undefined) => void): void {
    this.#child.on('message', (report) => take(report as Report));
    this.#child.on('error', () => {});
    this.#child.on('exit', (code, signal) => {
      ended(
        code === 0 ? undefined : new Error(`the device's process ended with ${signal ?? code}`),
      );
    });
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

function errorOf({ message, code, address }: Failure): Error {
  if (code === undefined) return new Error(message);
  const detail = { message, ...(address !== undefined && { address }) };
  return new SocketError(code as SocketErrorCode, detail);
}

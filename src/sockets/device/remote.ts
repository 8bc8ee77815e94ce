/** Remote: a device in a thread or in a process of its own, seen from here. */

import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { compiledBy } from '../../base/compiled.ts';
import { SocketError, type SocketErrorCode } from '../errors.ts';
import { inheritedFlags } from './flags.ts';
import { hostFile } from './host-file.ts';
import type { RunningDevice } from './inline.ts';
import { type Failure, HOST_MARK, type Order, type Report } from './orders.ts';
import type { ProxyStatistics } from './relay.ts';
import { refuseMistakenRole } from './role.ts';
import type { DeviceEndpoints, DevicePlan } from './side.ts';

/**
 * Starts a device elsewhere: in the program `host`, by default the one of this package. It does not keep this process
 * alive, and ends with it.
 * @throws what opening its sockets throws there
 * @throws SocketError `ENOENT` when there is no such program, or it ends before it has answered
 * @throws SocketError `ENOTSUP` where this program would start itself again
 */
export async function startRemote(
  plan: DevicePlan,
  where: 'thread' | 'process',
  named?: string | URL,
): Promise<RunningDevice> {
  refuseMistakenRole();
  const compiled = compiledBy();
  if (where === 'process' && (compiled === 'sea' || compiled === 'deno')) throw ownExecutable();
  const host = named ?? hostFile();
  // What Bun has taken into its executable is not where it says.
  if (compiled !== 'bun' && isFile(host) && !existsSync(host)) throw noHost(host);
  const end = where === 'thread' ? new Thread(host) : new Process(host, compiled === 'bun');
  const remote = new Remote(end, host);
  const endpoints = (await remote.order('start', plan)) as DeviceEndpoints;
  return {
    endpoints,
    finished: remote.finished,
    pause: async () => void (await remote.order('pause')),
    resume: async () => void (await remote.order('resume')),
    statistics: async () => (await remote.order('statistics')) as ProxyStatistics,
    stop: () => remote.stop(),
    hold: (held) => remote.hold(held),
  };
}

/** Orders and their answers. */
class Remote {
  readonly finished: Promise<void>;
  readonly #end: End;
  readonly #host: string | URL;
  readonly #pending = new Map<number, Pending>();
  #orderCount = 0;
  #held = false;
  /** It has answered: it is a host. */
  #answered = false;
  #ended = false;
  #failure: Error | undefined;

  constructor(end: End, host: string | URL) {
    this.#end = end;
    this.#host = host;
    this.finished = new Promise((resolve, reject) => {
      end.listen(
        (report) => this.#take(report),
        (error) => {
          this.#ended = true;
          const failure = this.#failure ?? (this.#answered ? error : endedEarly(this.#host, error));
          this.#refusePending(
            failure ?? new SocketError('EBADF', { message: 'The device has ended' }),
          );
          if (failure === undefined) resolve();
          else reject(failure);
        },
      );
    });
    // A failure is reported to those that await `finished`.
    this.finished.catch(() => {});
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
    await this.finished.catch(() => {});
    this.hold(held);
  }

  hold(held: boolean): void {
    this.#held = held;
    this.#referTo();
  }

  #take(report: Report): void {
    if ('finished' in report) {
      if (report.failure !== undefined) this.#failure = errorOf(report.failure);
      if (!this.#answered) {
        // Some other program, which may go on for long.
        this.#refusePending(this.#failure ?? endedEarly(this.#host, undefined));
        this.#end.kill();
      }
      return;
    }
    this.#answered = true;
    const pending = this.#pending.get(report.id);
    this.#pending.delete(report.id);
    this.#referTo();
    if ('failure' in report) pending?.reject(errorOf(report.failure));
    else pending?.resolve(report.result);
  }

  #refusePending(refusal: Error): void {
    for (const pending of this.#pending.values()) pending.reject(refusal);
    this.#pending.clear();
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
  /** `ended` is called once, when the other side is gone; with an error unless it ended normally. */
  listen(take: (report: Report) => void, ended: (error: Error | undefined) => void): void;
  /** End the other side, whatever it does. */
  kill(): void;
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

class Process implements End {
  readonly #child: ChildProcess;

  /** `asBun`: this is an executable that Bun has made, which can also be Bun itself. */
  constructor(host: string | URL, asBun: boolean) {
    this.#child = fork(host, [HOST_MARK], {
      serialization: 'advanced',
      execArgv: inheritedFlags(),
      ...(asBun && { env: { ...process.env, BUN_BE_BUN: '1' } }),
    });
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

function errorOf({ message, code, address }: Failure): Error {
  if (code === undefined) return new Error(message);
  const detail = { message, ...(address !== undefined && { address }) };
  return new SocketError(code as SocketErrorCode, detail);
}

/** Whether `host` is a path: `data:` and the like are none. */
function isFile(host: string | URL): boolean {
  return typeof host === 'string' || host.protocol === 'file:';
}

function noHost(host: string | URL): SocketError {
  const message = `no file ${host}, expected as host one that imports zeromq-pure/device-host`;
  return new SocketError('ENOENT', { message });
}

function endedEarly(host: string | URL, cause: Error | undefined): SocketError {
  const how = cause === undefined ? '' : ` (${cause.message})`;
  const message = `${host} ended before it had answered${how}, expected a file that imports zeromq-pure/device-host`;
  return new SocketError('ENOENT', { message, cause });
}

function ownExecutable(): SocketError {
  const message =
    "a program compiled into one file would start itself again for a device with where: 'process': use 'thread', and name in the option host a file that imports zeromq-pure/device-host";
  return new SocketError('ENOTSUP', { message });
}

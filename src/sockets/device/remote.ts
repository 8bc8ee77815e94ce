/** Remote: controls a device that runs in a thread or a process of its own. */

import { existsSync } from 'node:fs';
import { type Child, type ChildEnd, startProcess, startThread } from '../../base/child.ts';
import { compiledBy } from '../../base/compiled.ts';
import { SocketError, type SocketErrorCode } from '../errors.ts';
import { inheritedFlags } from './flags.ts';
import { hostFile } from './host-file.ts';
import type { RunningDevice } from './inline.ts';
import type { Order, Report } from './orders.ts';
import type { ProxyStatistics } from './relay.ts';
import { type Failure, HOST_MARK, refuseMistakenRole } from './role.ts';
import type { DeviceEndpoints, DevicePlan } from './side.ts';

/**
 * Starts a device in a thread or process, with the program `named`, by default the one of this package. The device does not keep
 * this process alive, and ends with it.
 * @throws what opening the device's sockets throws there
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
  // Files inside an executable made by Bun do not exist on disk.
  if (compiled !== 'bun' && isFile(host) && !existsSync(host)) throw noHost(host);
  const remote =
    where === 'thread'
      ? new Remote(hostThread(host), host, ({ error }) => error)
      : new Remote(hostProcess(host, compiled === 'bun'), host, errorAfter);
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

/** Sends orders to the host, and matches its reports to them. */
class Remote {
  readonly finished: Promise<void>;
  readonly #child: Child;
  readonly #host: string | URL;
  readonly #pending = new Map<number, Pending>();
  #orderCount = 0;
  #held = false;
  /** Whether an order was answered, which shows that the program is a host. */
  #answered = false;
  #ended = false;
  #failure: Error | undefined;

  /** `errorOf`: the error of a child that did not end normally. */
  constructor(child: Child, host: string | URL, errorOf: (how: ChildEnd) => Error | undefined) {
    this.#child = child;
    this.#host = host;
    this.finished = new Promise((resolve, reject) => {
      child.listen(
        (report) => this.#take(report as Report),
        (how) => {
          this.#ended = true;
          const error = errorOf(how);
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
    this.#child.post((plan === undefined ? { id, what } : { id, what, plan }) as Order);
    return answer;
  }

  async stop(): Promise<void> {
    const held = this.#held;
    this.hold(true);
    // If the device has ended in the meantime, that is what was wanted.
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
        // Another program than a host, which may run for long.
        this.#refusePending(this.#failure ?? endedEarly(this.#host, undefined));
        this.#child.kill();
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

  /** A pending order keeps this process alive, a running device only if it is held. */
  #referTo(): void {
    if (this.#ended) return;
    if (this.#held || this.#pending.size > 0) this.#child.ref();
    else this.#child.unref();
  }
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

function hostThread(host: string | URL): Child {
  return startThread(host, { workerData: HOST_MARK, execArgv: inheritedFlags() });
}

/** `asBun`: this is an executable made by Bun, which can also run as Bun itself. */
function hostProcess(host: string | URL, asBun: boolean): Child {
  return startProcess(host, [HOST_MARK], {
    serialization: 'advanced',
    execArgv: inheritedFlags(),
    ...(asBun && { env: { ...process.env, BUN_BE_BUN: '1' } }),
  });
}

function errorAfter({ code, signal, error }: ChildEnd): Error | undefined {
  if (error !== undefined || code === 0) return error;
  return new Error(`the device's process ended with ${signal ?? code}`);
}

function errorOf({ message, code, address }: Failure): Error {
  if (code === undefined) return new Error(message);
  const detail = { message, ...(address !== undefined && { address }) };
  return new SocketError(code as SocketErrorCode, detail);
}

/** Whether `host` is a file path or `file:` URL; a `data:` URL is not. */
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

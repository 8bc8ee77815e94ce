/** Role: whether this thread or process was started to be the host of a device, and whether it has become one. */

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { SocketError } from '../errors.ts';

/** An error on its way between threads or processes. */
export interface Failure {
  readonly message: string;
  readonly code?: string | undefined;
  readonly address?: string | undefined;
}

/** The last report of a host, which answers no order: the device has ended, by itself or by command. */
export interface Finished {
  readonly finished: true;
  readonly failure?: Failure | undefined;
}

let taken = false;

/** In the host's own program: what it is to be; undefined where somebody merely loads it. */
export function takeRole(): 'thread' | 'process' | undefined {
  const role = roleHere();
  taken = role !== undefined;
  return role;
}

/**
 * A program that is its own host starts itself again, and would without end. So does one that was compiled into one file,
 * whatever program it means to start. The one above is told, too.
 * @throws SocketError `ENOTSUP` where this program was started as a host, and is something else
 */
export function refuseMistakenRole(): void {
  const role = taken ? undefined : roleHere();
  if (role === undefined) return;
  const message =
    'this program was started to host a device, and would start itself again: expected as host a file that imports zeromq-pure/device-host and nothing else';
  const report: Finished = { finished: true, failure: { code: 'ENOTSUP', message } };
  if (role === 'thread') parentPort!.postMessage(report);
  else process.send!(report);
  throw new SocketError('ENOTSUP', { message });
}

function roleHere(): 'thread' | 'process' | undefined {
  if (!isMainThread) {
    return parentPort !== null && workerData === HOST_MARK ? 'thread' : undefined;
  }
  // In an executable of one file there are other arguments before it.
  return process.argv.at(-1) === HOST_MARK && process.send !== undefined ? 'process' : undefined;
}

/** How a host is told from a program that merely loads this package: its first argument, or its `workerData`. */
export const HOST_MARK = 'zeromq-pure:device';

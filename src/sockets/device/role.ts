/** Role: whether this thread or process was started as the host of a device, and whether it runs the host program. */

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { SocketError } from '../errors.ts';

/** An error in the form in which it is sent between threads or processes. */
export interface Failure {
  readonly message: string;
  readonly code?: string | undefined;
  readonly address?: string | undefined;
}

/** The last report of a host, which answers no order: the device has ended, by itself or by an order. */
export interface Finished {
  readonly finished: true;
  readonly failure?: Failure | undefined;
}

let taken = false;

/** For the host program: whether it was started as host in a thread or a process; undefined where it is merely imported. */
export function takeRole(): 'thread' | 'process' | undefined {
  const role = roleHere();
  taken = role !== undefined;
  return role;
}

/**
 * Refuses to start a device in a program that was itself started as a host: a program that names itself as host would start
 * itself without end, and so would one compiled into one file, which starts itself whatever host it names. Reports the error to
 * the parent, too.
 * @throws SocketError `ENOTSUP` where this program was started as a host, and is another program
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
  // In an executable of one file there are other arguments before the mark.
  return process.argv.at(-1) === HOST_MARK && process.send !== undefined ? 'process' : undefined;
}

/** Marks a thread or process started as a host: the last argument of the process, or the `workerData` of the thread. */
export const HOST_MARK = 'zeromq-pure:device';

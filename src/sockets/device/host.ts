/** Host: runs a device in a thread or process of its own, under orders from its parent. This file is the program of both. */

import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { parentPort } from 'node:worker_threads';
import { type RunningDevice, startInline } from './inline.ts';
import type { Order, Report } from './orders.ts';
import type { ProxyStatistics } from './relay.ts';
import { type Failure, HOST_MARK, takeRole } from './role.ts';
import type { DeviceEndpoints } from './side.ts';

/** Executes orders until the device has ended. */
class Host {
  readonly #report: (report: Report) => void;
  readonly #close: () => void;
  #device: RunningDevice | undefined;

  constructor(report: (report: Report) => void, close: () => void) {
    this.#report = report;
    this.#close = close;
  }

  async obey(order: Order): Promise<void> {
    try {
      this.#report({ id: order.id, result: await this.#result(order) });
    } catch (error) {
      this.#report({ id: order.id, failure: failureOf(error) });
      if (order.what === 'start') this.#close();
    }
  }

  /** Stops the device and ends, within `ORPHAN_TIME`: there is no parent to give orders any more. */
  async orphaned(): Promise<void> {
    const patience = setTimeout(this.#close, ORPHAN_TIME);
    await this.#device?.stop();
    clearTimeout(patience);
    this.#close();
  }

  async #result(order: Order): Promise<DeviceEndpoints | ProxyStatistics | undefined> {
    if (order.what === 'start') {
      this.#device = await startInline(order.plan);
      this.#device.finished.then(
        () => this.#end(undefined),
        (error) => this.#end(failureOf(error)),
      );
      return this.#device.endpoints;
    }
    return (await this.#device?.[order.what]()) ?? undefined;
  }

  #end(failure: Failure | undefined): void {
    // On the next turn, so that the answer to `stop` goes out first.
    setImmediate(() => {
      this.#report({ finished: true, failure });
      this.#close();
    });
  }
}

function failureOf(error: unknown): Failure {
  const { message, code, address } = error as Failure;
  return { message, code, address };
}

function hostThread(port: NonNullable<typeof parentPort>): void {
  const host = new Host(
    (report) => port.postMessage(report),
    // In Deno the port cannot be closed from within: there the thread exits.
    () => (typeof port.close === 'function' ? port.close() : process.exit()),
  );
  port.on('message', (order: Order) => void host.obey(order));
}

function hostProcess(): void {
  process.title = HOST_MARK;
  const host = new Host(
    (report) => process.connected && process.send!(report),
    () => process.exit(),
  );
  process.on('message', (order: Order) => void host.obey(order));
  process.on('disconnect', () => void host.orphaned());
  process.on('SIGTERM', () => void host.orphaned());
  // Ctrl-C reaches all processes of the terminal; this one ends when its parent does.
  process.on('SIGINT', () => {});
}

const role = takeRole();
if (role === 'thread') hostThread(parentPort!);
else if (role === 'process') hostProcess();

/** Milliseconds a process may take to close after its parent has gone. */
const ORPHAN_TIME = 1_000;

/** Orders: what a device in a thread or process of its own and its parent say to each other. */

import type { ProxyStatistics } from './relay.ts';
import type { DeviceEndpoints, DevicePlan } from './side.ts';

/** From the parent; each is answered, by its number. */
export type Order =
  | { readonly id: number; readonly what: 'start'; readonly plan: DevicePlan }
  | { readonly id: number; readonly what: 'pause' | 'resume' | 'statistics' | 'stop' };

/** To the parent. `finished` answers no order: the device has ended, by itself or by command. */
export type Report =
  | { readonly id: number; readonly result?: DeviceEndpoints | ProxyStatistics | undefined }
  | { readonly id: number; readonly failure: Failure }
  | { readonly finished: true; readonly failure?: Failure | undefined };

/** An error on its way between threads or processes. */
export interface Failure {
  readonly message: string;
  readonly code?: string | undefined;
  readonly address?: string | undefined;
}

/** How a host is told from a program that merely loads this file: its first argument, or its `workerData`. */
export const HOST_MARK = 'zeromq-pure:device';

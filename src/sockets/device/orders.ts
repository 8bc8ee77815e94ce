/** Orders: the messages between a device in a thread or process of its own and its parent. */

import type { ProxyStatistics } from './relay.ts';
import type { Failure, Finished } from './role.ts';
import type { DeviceEndpoints, DevicePlan } from './side.ts';

/** An order from the parent; each is answered by a report with the same `id`. */
export type Order =
  | { readonly id: number; readonly what: 'start'; readonly plan: DevicePlan }
  | { readonly id: number; readonly what: 'pause' | 'resume' | 'statistics' | 'stop' };

/** A report to the parent: the result or failure of an order, or the end of the device. */
export type Report =
  | { readonly id: number; readonly result?: DeviceEndpoints | ProxyStatistics | undefined }
  | { readonly id: number; readonly failure: Failure }
  | Finished;

/** Orders: what a device in a thread or process of its own and its parent say to each other. */

import type { ProxyStatistics } from './relay.ts';
import type { Failure, Finished } from './role.ts';
import type { DeviceEndpoints, DevicePlan } from './side.ts';

/** From the parent; each is answered, by its number. */
export type Order =
  | { readonly id: number; readonly what: 'start'; readonly plan: DevicePlan }
  | { readonly id: number; readonly what: 'pause' | 'resume' | 'statistics' | 'stop' };

/** To the parent. */
export type Report =
  | { readonly id: number; readonly result?: DeviceEndpoints | ProxyStatistics | undefined }
  | { readonly id: number; readonly failure: Failure }
  | Finished;

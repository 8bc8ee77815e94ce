/** Queue: the device between REQs and REPs (`ZMQ_QUEUE`). */

import { Device, type DeviceOptions, sideOf } from './device.ts';
import type { SideEnds } from './side.ts';

/** Where a device of two fixed types listens and connects; an endpoint alone is one to listen on. */
export interface DeviceEnds {
  /** Takes requests, or whatever comes: where it listens, or more. */
  in?: SideEnds | string;
  /** Where they go, and answers come from: where it listens, or more. */
  out?: SideEnds | string;
}

/** ROUTER for those who ask, DEALER for those who answer: `new Queue({ in: 'tcp://*:5559', out: 'tcp://*:5560' })`. */
export class Queue extends Device {
  constructor({ in: front, out: back, ...options }: DeviceOptions & DeviceEnds = {}) {
    super({ ...options, in: sideOf('router', front), out: sideOf('dealer', back) });
  }
}

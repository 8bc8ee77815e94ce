/** Queue: the device between REQs and REPs (`ZMQ_QUEUE`). */

import { Device, type DeviceEnds, type DeviceOptions, sideOf } from './device.ts';

/** ROUTER for clients, DEALER for workers: `new Queue({ in: 'tcp://*:5559', out: 'tcp://*:5560' })`. */
export class Queue extends Device {
  constructor({ in: front, out: back, ...options }: DeviceOptions & DeviceEnds = {}) {
    super({ ...options, in: sideOf('router', front), out: sideOf('dealer', back) });
  }
}

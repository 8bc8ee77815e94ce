/** Streamer: the device between PUSHes and PULLs (`ZMQ_STREAMER`). */

import { Device, type DeviceEnds, type DeviceOptions, sideOf } from './device.ts';

/** PULL for producers, PUSH for workers: `new Streamer({ in: 'tcp://*:5557', out: 'tcp://*:5558' })`. */
export class Streamer extends Device {
  constructor({ in: front, out: back, ...options }: DeviceOptions & DeviceEnds = {}) {
    super({ ...options, in: sideOf('pull', front), out: sideOf('push', back) });
  }
}

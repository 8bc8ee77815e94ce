/** Forwarder: the device between PUBs and SUBs (`ZMQ_FORWARDER`). */

import { Device, type DeviceEnds, type DeviceOptions, sideOf } from './device.ts';

/** What a Forwarder can be told beside its ends. */
export interface ForwarderOptions {
  /**
   * Given, the device is a SUB with these subscriptions and a PUB: its publishers send it all of that, and it filters on the
   * way out. By default it is an XSUB and an XPUB, and its publishers send only what somebody has subscribed to.
   */
  subscribe?: string | readonly string[];
}

/** XSUB for publishers, XPUB for subscribers: `new Forwarder({ in: 'tcp://*:5559', out: 'tcp://*:5560' })`. */
export class Forwarder extends Device {
  constructor(options: DeviceOptions & DeviceEnds & ForwarderOptions = {}) {
    const { in: front, out: back, subscribe, ...rest } = options;
    const sides =
      subscribe === undefined
        ? { in: sideOf('xsub', front), out: sideOf('xpub', back) }
        : { in: { ...sideOf('sub', front), subscribe }, out: sideOf('pub', back) };
    super({ ...rest, ...sides });
  }
}

/** Forwarder: the device between PUBs and SUBs (`ZMQ_FORWARDER`). */

import { Device, type DeviceEnds, type DeviceOptions, sideOf } from './device.ts';

/** Options of a Forwarder beside its endpoints. */
export interface ForwarderOptions {
  /**
   * Prefixes to subscribe to: the device is then a SUB with these subscriptions and a PUB, its publishers send everything that
   * matches, and the PUB filters. Default: an XSUB and an XPUB, whose publishers send only what subscribers have asked for.
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

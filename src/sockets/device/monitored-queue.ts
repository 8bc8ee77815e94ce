/** MonitoredQueue: a Queue that also sends a copy of each message to a monitor, as pyzmq's device of that name. */

import { Device, type DeviceEnds, type DeviceOptions, sideOf } from './device.ts';
import type { SideEnds, SideType } from './side.ts';

/** Options of a MonitoredQueue beside the endpoints of its two sides. */
export interface MonitoredQueueOptions {
  /** Endpoints and options of the monitor, which sends a copy of every message; a string is an endpoint to bind. */
  monitor?: SideEnds | string;
  /** Part put in front of copies of requests, and of replies. Default `['in', 'out']`. */
  prefixes?: readonly [front: string, back: string];
  /** The types of its sockets. Default `['router', 'dealer', 'pub']`. Between two ROUTERs the first two parts are exchanged. */
  types?: readonly [front: SideType, back: SideType, monitor: SideType];
}

/**
 * A ROUTER and a DEALER, and a monitor that sends a copy of each message:
 *
 *     'in'  | routing id | '' | request
 *     'out' | routing id | '' | reply
 */
export class MonitoredQueue extends Device {
  constructor(options: DeviceOptions & DeviceEnds & MonitoredQueueOptions = {}) {
    const { in: front, out: back, monitor, prefixes = DEFAULT_PREFIXES, ...rest } = options;
    const { types: [inType, outType, monitorType] = DEFAULT_TYPES, ...others } = rest;
    super({
      ...others,
      in: sideOf(inType, front),
      out: sideOf(outType, back),
      monitor: sideOf(monitorType, monitor),
      prefixes,
    });
  }
}

const DEFAULT_PREFIXES = ['in', 'out'] as const;
const DEFAULT_TYPES = ['router', 'dealer', 'pub'] as const;

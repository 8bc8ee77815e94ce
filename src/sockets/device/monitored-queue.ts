/** MonitoredQueue: a Queue that publishes what goes through it, as pyzmq's device of that name. */

import { Device, type DeviceEnds, type DeviceOptions, sideOf } from './device.ts';
import type { SideEnds, SideType } from './side.ts';

/** What a MonitoredQueue takes beside the ends of its two sides. */
export interface MonitoredQueueOptions {
  /** Is sent a copy of every message: where it listens, or more. */
  monitor?: SideEnds | string;
  /** What is put in front of copies of requests, and of replies. Default `['in', 'out']`. */
  prefixes?: readonly [front: string, back: string];
  /** The types of its sockets. Default `['router', 'dealer', 'pub']`. Between two ROUTERs the first two parts change places. */
  types?: readonly [front: SideType, back: SideType, monitor: SideType];
}

/**
 * A copy of each message goes out at the monitor:
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

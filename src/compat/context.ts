/** Context: the limits of version 5's one context, which is the default one of version 6. */

import { context } from '../sockets/index.ts';

/** The limits of the one context that all sockets share. Static methods only. */
export class Context {
  /** Always throws: there is one context, and no object of this class. */
  constructor() {
    throw new Error('Context cannot be made: all sockets live in one');
  }

  /** `ZMQ_IO_THREADS`. Kept and read back, without effect. */
  static setMaxThreads(value: number): void {
    context.ioThreads = value;
  }

  /** `ZMQ_IO_THREADS`; default 1. */
  static getMaxThreads(): number {
    return context.ioThreads;
  }

  /** `ZMQ_MAX_SOCKETS`: sockets that may be open at a time, those of version 6 included. Default 1023. */
  static setMaxSockets(value: number): void {
    context.maxSockets = value;
  }

  /** `ZMQ_MAX_SOCKETS`; default 1023. */
  static getMaxSockets(): number {
    return context.maxSockets;
  }
}

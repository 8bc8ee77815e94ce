/** Machine: what the figures were measured on. Nothing that names it. */

import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

export interface Machine {
  /** `AMD EPYC`. */
  readonly processor: string;
  readonly cores: number;
  /** Octets. */
  readonly memory: number;
  /** `Linux 6.1.0`. */
  readonly system: string;
  readonly node: string;
}

/** This one. */
export function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
    memory: totalmem(),
    // What comes after the number is a builder's name for it.
    system: `${type()} ${release().split('-')[0]}`,
    node: process.version,
  };
}

/** In one line. */
export function machineText({ processor, cores, memory, system, node }: Machine): string {
  const gibibytes = Math.round(memory / 2 ** 30);
  return `${processor}, ${cores} cores, ${gibibytes} GiB, ${system}, Node ${node}`;
}

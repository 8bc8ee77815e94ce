/** Outflow: in place of transport/outflow.ts, as a page cannot see what the kernel has taken. */

import type { Outflow as KernelOutflow } from '../sockets/transport/outflow.ts';

/** Reports nothing, and writes nothing past the stream. */
export class Outflow implements Pick<KernelOutflow, keyof KernelOutflow> {
  readonly movedAt = 0;
  readonly wroteNow = 0;
  readonly direct = false;

  left(): number {
    return 0;
  }

  writeNow(): boolean {
    return false;
  }

  readNow(): undefined {}
  look(): void {}
  keep(): void {}
  emptied(): void {}
}

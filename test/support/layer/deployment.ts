/** Deployment: what the conformance suite is run on. */

import type { Deployment } from '../../../src/layer/conformance/conformance.ts';
import type { AnyLayer } from '../../../src/layer/conformance/stage.ts';

/** These layers, and what is closed after them. */
export function deployment(layers: AnyLayer[], also?: () => Promise<void>): Deployment {
  return {
    layers,
    close: async () => {
      for (const layer of layers) await layer.close();
      await also?.();
    },
  };
}

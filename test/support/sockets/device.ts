/** A device that ends with its test. */

import type { Device } from '../../../src/sockets/device/device.ts';

/** Starts `device`; `front` and `back` are where its sides listen first. */
export async function startDevice<D extends Device>(
  t: { teardown(fn: () => unknown): void },
  device: D,
): Promise<{ device: D; front: string; back: string }> {
  t.teardown(() => device.stop());
  await device.start();
  const { endpoints } = device;
  return { device, front: endpoints.in[0] ?? '', back: endpoints.out[0] ?? '' };
}

/** Sodium: loads libsodium-wrappers (libsodium as WebAssembly), the faster library for CURVE, where it is installed. */

import type { Sodium } from '../../zmtp/mechanism/sodium-box.ts';

/**
 * The library, ready for use; undefined where it is not installed, cannot be loaded, or is turned off by
 * `ZEROMQ_PURE_CURVE=javascript` in the environment. Never rejects.
 */
export async function loadSodium(): Promise<Sodium | undefined> {
  try {
    // Within the `try`: Deno throws without the permission to read the environment.
    if (process.env['ZEROMQ_PURE_CURVE'] === 'javascript') return undefined;
    const { default: sodium } = await import('libsodium-wrappers');
    await sodium.ready;
    // The types of the package leave out its own module.
    return (sodium as typeof sodium & { libsodium: Sodium }).libsodium;
  } catch {
    return undefined;
  }
}

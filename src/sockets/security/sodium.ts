/** Sodium: finds libsodium-wrappers (libsodium as WebAssembly), the quicker library for CURVE, where somebody has installed it. */

import type { Sodium } from '../../zmtp/mechanism/sodium-box.ts';

/**
 * The library, ready to be used; undefined where it is not installed, cannot be loaded, or is not wanted: the environment
 * says `ZEROMQ_PURE_CURVE=javascript`. Never rejects.
 */
export async function loadSodium(): Promise<Sodium | undefined> {
  try {
    // Within the `try`: Deno asks for a permission to read the environment.
    if (process.env['ZEROMQ_PURE_CURVE'] === 'javascript') return undefined;
    const { default: sodium } = await import('libsodium-wrappers');
    await sodium.ready;
    // The types of the package leave out its own module.
    return (sodium as typeof sodium & { libsodium: Sodium }).libsodium;
  } catch {
    return undefined;
  }
}

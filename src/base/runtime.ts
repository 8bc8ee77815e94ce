/** Runtime: which runtime of JavaScript this program runs on. */

/** `node` is also what Electron has, and whatever else neither Bun nor Deno is. */
export const RUNTIME: 'node' | 'bun' | 'deno' =
  process.versions['bun'] !== undefined
    ? 'bun'
    : process.versions['deno'] !== undefined
      ? 'deno'
      : 'node';

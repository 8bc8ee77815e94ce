/** Compiled: whether this program and its runtime are one executable file, which runs nothing but this program. */

import { RUNTIME } from './runtime.ts';

/**
 * What made one file of this program: `sea` Node (single executable application), `bun` and `deno` their own `compile`.
 * Undefined for a program that a runtime loads from files.
 */
export function compiledBy(): 'sea' | 'bun' | 'deno' | undefined {
  if (RUNTIME === 'bun') return BUN_FILES.test(process.argv[1] ?? '') ? 'bun' : undefined;
  if (RUNTIME === 'deno') {
    const { Deno: deno } = globalThis as { Deno?: { build?: { standalone?: boolean } } };
    return deno?.build?.standalone ? 'deno' : undefined;
  }
  const sea = process.getBuiltinModule('node:sea') as { isSea(): boolean } | undefined;
  return sea?.isSea() ? 'sea' : undefined;
}

/** Where Bun shows the files inside of its executables, on Linux and macOS and on Windows. */
const BUN_FILES = /^(\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/;

/** Addresses of their own for layers under test. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string | undefined;
let count = 0;

/** An ipc endpoint that nobody else has; gone with the process. */
export function freeAddress(): string {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), 'zl-'));
    const made = folder;
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  }
  return `ipc://${folder}/${count++}`;
}

/** Memory: what this process holds, and whether that has stayed as it was. */

import { setTimeout as later } from 'node:timers/promises';

/** What a process holds when garbage is gone. Octets, and a number of handles. */
export interface Holdings {
  readonly heap: number;
  readonly external: number;
  readonly handles: number;
}

/** As soon as what is on its way out is out. Needs `--expose-gc`. */
export async function holdings(): Promise<Holdings> {
  if (globalThis.gc === undefined) throw new Error('run with node --expose-gc');
  // Closed connections are held for a moment longer, by timers and by the kernel: a leak is what stays.
  for (let i = 0; i < 3; i++) {
    await later(SETTLE_TIME);
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed, external, handles: handleCount() };
}

/** All that libuv knows, those that keep no process alive included: sockets are among them. */
function handleCount(): number {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  report.excludeNetwork = true; // without it, addresses are looked up
  const { libuv } = report.getReport() as { libuv: unknown[] };
  return libuv.length;
}

/** A line for each figure: after the warm-up, at the end, and whether that will do. */
export function compare(before: Holdings, after: Holdings): { lines: string[]; good: boolean } {
  let good = true;
  const lines = (['heap', 'external', 'handles'] as const).map((key) => {
    const [first, last] = [before[key], after[key]];
    // Less is no leak. A tenth of very little is less than one block or one timer more.
    const fine = last <= first * 1.1 + SLACK[key];
    if (!fine) good = false;
    const show = (value: number): string =>
      key === 'handles' ? String(value) : `${(value / 1024).toFixed(0)} KiB`;
    const change = first === 0 ? 0 : ((last - first) / first) * 100;
    const sign = change >= 0 ? '+' : '';
    return `  ${key.padEnd(9)} ${show(first).padStart(11)} → ${show(last).padStart(11)}  ${sign}${change.toFixed(1)} %  ${fine ? 'ok' : 'GREW'}`;
  });
  return { lines, good };
}

const SLACK: Readonly<Record<keyof Holdings, number>> = {
  heap: 256 * 1024,
  external: 128 * 1024,
  handles: 2,
};

/** Milliseconds, three times. */
const SETTLE_TIME = 1000;

/** Memory: what this process holds, and whether that has stayed as it was. */

import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as later } from 'node:timers/promises';

/** What a process holds when garbage is gone. Octets, and a number of handles. */
export interface Holdings {
  readonly heap: number;
  readonly external: number;
  readonly handles: number;
  readonly descriptors: number;
  /** What keeps the process: timers, and connections that are waited for. */
  readonly resources: number;
  /** Of the process, and of what it writes to. */
  readonly listeners: number;
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
  return {
    heap: heapUsed,
    external,
    handles: handleCount(),
    descriptors: existsSync(FDS) ? readdirSync(FDS).length : 0,
    resources: process.getActiveResourcesInfo().length,
    listeners: EMITTERS.flatMap((emitter) =>
      emitter.eventNames().map((name) => emitter.listenerCount(name)),
    ).reduce((sum, count) => sum + count, 0),
  };
}

/** All that libuv knows, those that keep no process alive included: sockets are among them. */
function handleCount(): number {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  report.excludeNetwork = true; // without it, addresses are looked up
  const { libuv } = report.getReport() as { libuv: unknown[] };
  return libuv.length;
}

/** A line for each figure: after the warm-up, at the end, and whether that will do. Memory may be a tenth more. */
export function compare(before: Holdings, after: Holdings): { lines: string[]; good: boolean } {
  let good = true;
  const lines = (Object.keys(SLACK) as (keyof Holdings)[]).map((key) => {
    const [first, last] = [before[key], after[key]];
    // Less is no leak. What is counted is as it was; a tenth of very little memory is less than one block.
    const isMemory = key === 'heap' || key === 'external';
    const fine = last <= (isMemory ? first * 1.1 : first) + SLACK[key];
    if (!fine) good = false;
    const show = (value: number): string =>
      isMemory ? `${(value / 1024).toFixed(0)} KiB` : String(value);
    const change = first === 0 ? 0 : ((last - first) / first) * 100;
    const sign = change >= 0 ? '+' : '';
    return `  ${key.padEnd(11)} ${show(first).padStart(11)} → ${show(last).padStart(11)}  ${sign}${change.toFixed(1)} %  ${fine ? 'ok' : 'GREW'}`;
  });
  return { lines, good };
}

const SLACK: Readonly<Record<keyof Holdings, number>> = {
  heap: 256 * 1024,
  external: 128 * 1024,
  handles: 0,
  descriptors: 0,
  resources: 0,
  listeners: 0,
};

/** Whether memory grows from sample to sample: the middle slope (Theil–Sen) of the last eight. */
export function slopes(samples: readonly Holdings[]): { lines: string[]; good: boolean } {
  const last = samples.slice(-8).map(({ heap, external }) => heap + external);
  const all: number[] = [];
  for (let i = 0; i < last.length; i++) {
    for (let j = i + 1; j < last.length; j++) all.push((last[j]! - last[i]!) / (j - i));
  }
  all.sort((a, b) => a - b);
  const mean = last.reduce((sum, value) => sum + value, 0) / last.length;
  const percent = ((all[all.length >> 1] ?? 0) / mean) * 100;
  // Of fewer samples nothing can be said.
  const good = last.length < 4 || percent <= 1;
  const line = `  memory per sample: ${percent.toFixed(2)} % of ${(mean / 1024).toFixed(0)} KiB, ${last.length} samples`;
  return { lines: [`${line}  ${good ? 'ok' : 'GREW'}`], good };
}

/** Looked up here, since the streams are handles that come to be when they are. */
const EMITTERS = [process, process.stdout, process.stderr];

const FDS = '/proc/self/fd';

/** Milliseconds, three times. */
const SETTLE_TIME = 300;

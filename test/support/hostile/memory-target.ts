/** A process with a bound socket in it, to be measured from outside while it is attacked. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import type { RawPeer } from '../raw-peer.ts';

export const MIB = 1_048_576;
/** Milliseconds. */
const PATIENCE = 60_000;

export interface Size {
  /** Octets. */
  readonly rss: number;
  /** In the heap of JavaScript, and what hangs on it. */
  readonly heap: number;
  /** Milliseconds of CPU since it began. */
  readonly cpu: number;
  /** The longest time for which its event loop stood still since the last question. Milliseconds. */
  readonly stall: number;
  readonly descriptors: number;
  readonly peers: number;
  readonly dropped: number;
  readonly queued: { readonly out: number; readonly in: number };
}

/** A process with a bound socket of this type. */
export async function target(
  t: Pick<Test, 'teardown'>,
  type: 'PULL' | 'ROUTER' | 'PUB' | 'DEALER',
  options: object = {},
) {
  const path = new URL('../peers/memory-victim.ts', import.meta.url).pathname;
  const child = spawn(
    process.execPath,
    ['--expose-gc', ...process.execArgv, path, type, JSON.stringify(options)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  t.teardown(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => JSON.parse((await lines.next()).value as string) as T;
  const { endpoint } = await next<{ endpoint: string }>();
  /** Lets the other process do what is asked, and returns its size then. */
  const ask = (work: Record<string, number> = {}): Promise<Size> => {
    child.stdin.write(`${JSON.stringify(work)}\n`);
    return next<Size>();
  };
  /** The size once `done`. */
  const when = async (done: (size: Size) => boolean): Promise<Size> => {
    for (const end = performance.now() + PATIENCE; performance.now() < end; ) {
      const size = await ask();
      if (done(size)) return size;
    }
    throw new Error('it did not come to that');
  };
  /** The size when nobody is there any more. */
  const alone = (): Promise<Size> => when((size) => size.peers === 0);
  /** Compares with an earlier size. */
  const grown = (t: Test, before: Size, after: Size): number => {
    const growth = Math.round((after.rss - before.rss) / MIB);
    t.comment(`${growth} MiB`);
    return growth;
  };
  return { endpoint, ask, when, alone, grown };
}

/** Connects as a lawful peer of this type, `count` times. */
export function many(t: Test, count: number, connect: () => Promise<RawPeer>): Promise<RawPeer[]> {
  t.setTimeout(60_000);
  return Promise.all(Array.from({ length: count }, connect));
}

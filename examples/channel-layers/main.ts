/** Channel layers: messages to groups and channels of other processes, without and with a hub. `npm start` */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cast, play } from './act.ts';
import { startHub } from './hub.ts';

const EMBEDDED: Cast = {
  producers: 1,
  consumers: 3,
  steps: [
    { kind: 'group', name: 'everyone', count: 10_000, consumers: [1, 2, 3] },
    { kind: 'group', name: 'some', count: 10_000, consumers: [1, 3] },
    { kind: 'channel', name: 'second', count: 10_000, consumers: [2] },
    { kind: 'channel', name: 'jobs', count: 10_000, consumers: [1, 2, 3] },
  ],
};

const DEDICATED: Cast = {
  producers: 2,
  consumers: 2,
  steps: [
    { kind: 'group', name: 'both', count: 5_000, consumers: [1, 2] },
    { kind: 'group', name: 'first', count: 5_000, consumers: [1] },
    { kind: 'channel', name: 'second', count: 5_000, consumers: [2] },
    { kind: 'channel', name: 'jobs', count: 5_000, consumers: [1, 2] },
  ],
};

/** Plays both acts and returns the exit code. */
async function main(signal: AbortSignal): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'channel-layers-'));
  try {
    const address = `ipc://${directory}/layer`;
    console.log('embedded layer: 1 producer, 3 consumers, no program in between\n');
    const embedded = shown(await play(EMBEDDED, { address }, signal));

    const hub = await startHub(signal);
    console.log('\ndedicated layer: 2 producers, 2 consumers, a hub in between\n');
    const dedicated = shown(await play(DEDICATED, { hub: hub.at }, signal));
    await hub.end();
    return embedded && dedicated ? 0 : 1;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Shows the outcome of an act, and tells whether it was right. */
function shown({ table, wrong }: Awaited<ReturnType<typeof play>>): boolean {
  console.log(table.join('\n'));
  if (wrong.length === 0) console.log('every message arrived where it should, and nowhere else');
  else console.error(`it went wrong:\n  ${wrong.slice(0, 20).join('\n  ')}`);
  return wrong.length === 0;
}

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
try {
  process.exitCode = await main(stop.signal);
} catch (error) {
  const reason = stop.signal.aborted ? 'interrupted' : (error as Error).message;
  // The first to fail takes the others with it.
  stop.abort();
  console.error(`channel-layers: ${reason}`);
  process.exitCode = 1;
}

/** Channel layers: messages to groups and channels of other processes, without and with a hub, or over a broker. `npm start` */

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cast, play } from './act.ts';
import { findBroker } from './broker.ts';
import { startHub } from './hub.ts';
import { parseChoice } from './options.ts';

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

/** The plan of the acts over a hub or a broker. */
const BETWEEN: Cast = {
  producers: 2,
  consumers: 2,
  steps: [
    { kind: 'group', name: 'both', count: 5_000, consumers: [1, 2] },
    { kind: 'group', name: 'first', count: 5_000, consumers: [1] },
    { kind: 'channel', name: 'second', count: 5_000, consumers: [2] },
    { kind: 'channel', name: 'jobs', count: 5_000, consumers: [1, 2] },
  ],
};

/** Plays an act for each layer that was asked for, even if the previous one failed, and returns the exit code. */
async function main(args: string[], signal: AbortSignal): Promise<number> {
  const { layers, url } = parseChoice(args);
  let wrongCount = 0;
  for (const [i, layer] of layers.entries()) {
    if (i > 0) console.log();
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    try {
      const right = layer === 'rabbitmq' ? await rabbitmq(url, either) : await ACTS[layer](either);
      if (!right) wrongCount++;
    } catch (error) {
      // The first player that fails ends the others of its act.
      stop.abort();
      if (signal.aborted) throw error;
      console.error(`channel-layers: ${(error as Error).message}`);
      wrongCount++;
    }
  }
  return wrongCount === 0 ? 0 : 1;
}

async function embedded(signal: AbortSignal): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'channel-layers-'));
  try {
    console.log('embedded layer: 1 producer, 3 consumers, no program in between\n');
    return shown(await play(EMBEDDED, { address: `ipc://${directory}/layer` }, signal));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function dedicated(signal: AbortSignal): Promise<boolean> {
  const hub = await startHub(signal);
  console.log('dedicated layer: 2 producers, 2 consumers, a hub in between\n');
  const right = shown(await play(BETWEEN, { hub: hub.at }, signal));
  await hub.end();
  return right;
}

async function rabbitmq(url: string, signal: AbortSignal): Promise<boolean> {
  await findBroker(url, signal);
  console.log('RabbitMQ layer: 2 producers, 2 consumers, a broker in between\n');
  // The broker may be in use, and may have messages of an earlier run.
  const prefix = `channel-layers-${randomUUID()}`;
  return shown(await play(BETWEEN, { url, prefix }, signal));
}

const ACTS = { embedded, dedicated };

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
  process.exitCode = await main(process.argv.slice(2), stop.signal);
} catch (error) {
  const reason = stop.signal.aborted ? 'interrupted' : (error as Error).message;
  console.error(`channel-layers: ${reason}`);
  process.exitCode = 1;
}

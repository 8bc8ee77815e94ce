/** Trial: one measurement of one subject in one scenario of the channel layers. */

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child, type Fact } from '../child.ts';
import type { LayerScenario } from './scenario.ts';
import { type LayerSubject, OURS } from './subject.ts';

/** Figures by the keys of the scenario's metrics, and how long it measured. */
export interface LayerOutcome {
  readonly seconds: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Sends `count` messages after some that are not measured. Rejects with one line when an end fails or is late. */
export async function runLayerTrial(
  scenario: LayerScenario,
  subject: LayerSubject,
  count: number,
  duration: number,
): Promise<LayerOutcome> {
  const directory = await mkdtemp(join(tmpdir(), 'layer-bench-'));
  const children: Child[] = [];
  const begin = (command: readonly string[], name: string): Child => {
    const child = new Child(command, name);
    children.push(child);
    return child;
  };
  const path = join(directory, 'socket');
  const orders = {
    system: subject.name,
    kind: scenario.kind,
    address: subject.server === undefined ? `ipc://${path}` : `unix://${path}`,
    verb: scenario.verb,
    consumers: scenario.consumers,
    channels: scenario.channels,
    count,
    warmup: Math.ceil(count * WARMUP_SHARE),
  };
  const words = Object.entries(orders).map(([key, value]) => `${key}=${value}`);
  const start = (role: string): Child => begin([...subject.command, role, ...words], role);
  try {
    if (subject.server !== undefined) {
      // Only ends print facts.
      const line = subject.server.map((word) => `'${word.replace('PATH', path)}'`).join(' ');
      begin(['/bin/sh', '-c', `exec ${line} >/dev/null`], 'server');
      while (!existsSync(path)) await sleep(10);
    }
    if (scenario.kind === 'crowd') return await measureCrowd(start);
    if (scenario.kind === 'hub' && subject.name === OURS) await ready(start('hub'));
    // Ours are not asked to be there first; the Python layer that binds has to be.
    const producer = start('producer');
    await ready(producer);
    const consumer = start('consumer');
    await Promise.race([ready(consumer), producer.failed()]);
    producer.tell('go');
    const timeout = RESULT_TIMEOUT + 20 * duration;
    const { result } = await consumer.fact('result', timeout);
    const { seconds, messages, ...values } = result as Fact;
    const rate = Number(messages) / Number(seconds);
    return {
      seconds: Number(seconds),
      values: { rate, ...values } as Record<string, number>,
    };
  } finally {
    await Promise.all(children.map((child) => child.end()));
    await rm(directory, { recursive: true, force: true });
  }
}

async function measureCrowd(start: (role: string) => Child): Promise<LayerOutcome> {
  await ready(start('producer'));
  const crowd = start('crowd');
  await ready(crowd);
  crowd.tell('go');
  const { result } = await crowd.fact('result', CROWD_TIMEOUT);
  const { seconds, memory } = result as { seconds: number; memory: number };
  return { seconds, values: { seconds, memory } };
}

async function ready(child: Child): Promise<void> {
  await child.fact('ready', START_TIMEOUT);
}

/** Messages before those that are measured, as a share of these. */
const WARMUP_SHARE = 0.3;
/** Milliseconds. */
const START_TIMEOUT = 60_000;
const RESULT_TIMEOUT = 30_000;
const CROWD_TIMEOUT = 300_000;

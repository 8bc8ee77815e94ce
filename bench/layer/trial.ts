/** Trial: one measurement of one subject in one scenario of the channel layers. */

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RabbitmqBroker } from '../../test/support/layer/rabbitmq-broker.ts';
import { Child, type Fact } from '../child.ts';
import { processorTime, sharedBroker, writeCount } from './broker.ts';
import type { LayerScenario } from './scenario.ts';
import { BARE, HUB, type LayerSubject, OURS } from './subject.ts';

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
  const onBroker = scenario.kind.startsWith('rabbitmq') && subject.name !== HUB;
  const broker = onBroker && subject.server === undefined ? await sharedBroker() : undefined;
  const address = subject.server === undefined ? `ipc://${path}` : `unix://${path}`;
  const warmup =
    scenario.verb === 'paced'
      ? PACED_WARMUP
      : Math.ceil(count * Math.max(WARMUP_SHARE, WARMUP / duration));
  const orders = {
    system: subject.name,
    kind: kindOf(scenario, subject),
    address: broker?.url() ?? address,
    prefix: basename(directory),
    verb: scenario.verb,
    consumers: scenario.consumers,
    channels: scenario.channels,
    count,
    warmup,
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
    if (scenario.kind === 'processes-crowd') return await measureProcesses(start);
    if (scenario.kind.endsWith('crowd')) return await measureCrowd(start, broker);
    const isOurs = ([OURS, BARE, HUB] as string[]).includes(subject.name);
    const hub = isOurs && ['hub', 'bare'].includes(orders.kind) ? start('hub') : undefined;
    if (hub !== undefined) await ready(hub);
    // Ours are not asked to be there first; the Python layer that binds has to be.
    const producer = start('producer');
    await ready(producer);
    // Nobody consumes where nothing is delivered.
    const consumer = orders.kind === 'bare' ? producer : start('consumer');
    if (consumer !== producer) await Promise.race([ready(consumer), producer.failed()]);
    const between = broker?.pid ?? hub?.pid;
    const [ownBefore, betweenBefore] = [processorTimes(producer, consumer), timeOf(between)];
    const writesBefore = hub === undefined ? 0 : writeCount(hub.pid!);
    producer.tell('go');
    const timeout = RESULT_TIMEOUT + 20 * duration;
    if (consumer !== producer) {
      await consumer.fact('measuring', timeout);
      producer.tell('measure');
    }
    const { result } = await consumer.fact('result', timeout);
    const { seconds, messages, ...values } = result as Fact;
    const rate = Number(messages) / Number(seconds);
    // Those before the measurement have taken their time as well.
    const all = Number(messages) * (1 + warmup / count);
    const own = ((processorTimes(producer, consumer) - ownBefore) / all) * 1e6;
    const betweenEach = ((timeOf(between) - betweenBefore) / all) * 1e6;
    return {
      seconds: Number(seconds),
      values: {
        rate,
        own,
        between: betweenEach,
        ...(hub !== undefined && { writes: (writeCount(hub.pid!) - writesBefore) / all }),
        ...values,
      } as Record<string, number>,
    };
  } finally {
    await Promise.all(children.map((child) => child.end()));
    await rm(directory, { recursive: true, force: true });
  }
}

async function measureCrowd(
  start: (role: string) => Child,
  broker: RabbitmqBroker | undefined,
): Promise<LayerOutcome> {
  if (broker === undefined) await ready(start('producer'));
  const crowd = start('crowd');
  await ready(crowd);
  crowd.tell('go');
  const { result } = await crowd.fact('result', CROWD_TIMEOUT);
  const { seconds, memory } = result as { seconds: number; memory: number };
  if (broker !== undefined) {
    await broker.restart();
    const listeningAt = performance.now();
    await crowd.fact('back', CROWD_TIMEOUT);
    return {
      seconds,
      values: { seconds, memory, recovery: (performance.now() - listeningAt) / 1000 },
    };
  }
  return { seconds, values: { seconds, memory } };
}

async function measureProcesses(start: (role: string) => Child): Promise<LayerOutcome> {
  const hub = start('hub');
  await ready(hub);
  const memory = async (): Promise<number> => {
    hub.tell('memory');
    return Number((await hub.fact('memory', START_TIMEOUT))['memory']);
  };
  const before = await memory();
  const processes = start('processes');
  await ready(processes);
  processes.tell('go');
  const { result } = await processes.fact('result', CROWD_TIMEOUT);
  const { seconds, messages } = result as { seconds: number; messages: number };
  const each = ((await memory()) - before) / messages;
  const busyBefore = timeOf(hub.pid);
  await sleep(IDLE);
  const processor = ((timeOf(hub.pid) - busyBefore) / (IDLE / 1000)) * 100;
  return { seconds, values: { rate: messages / seconds, memory: each, processor } };
}

/** What kind of layer a subject is asked for. */
function kindOf({ kind }: LayerScenario, { name }: LayerSubject): string {
  if (name === BARE) return 'bare';
  return name === HUB || kind === 'processes-crowd' ? 'hub' : kind;
}

/** Seconds. */
function processorTimes(...children: Child[]): number {
  return [...new Set(children)].reduce((sum, { pid }) => sum + timeOf(pid), 0);
}

function timeOf(pid: number | undefined): number {
  return pid === undefined ? 0 : processorTime(pid);
}

async function ready(child: Child): Promise<void> {
  await child.fact('ready', START_TIMEOUT);
}

/** Messages before those that are measured, as a share of these, and milliseconds that they take at least: Node is cold before. */
const WARMUP_SHARE = 0.3;
const WARMUP = 1500;
/** Messages before those that are sent a millisecond apart, each sent as soon as the one before is confirmed. */
const PACED_WARMUP = 10_000;
/** Milliseconds for which nothing is done. */
const IDLE = 3000;
/** Milliseconds. */
const START_TIMEOUT = 60_000;
const RESULT_TIMEOUT = 30_000;
const CROWD_TIMEOUT = 300_000;

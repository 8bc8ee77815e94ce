/** Trial: one measurement of one subject in one scenario: start its ends, let them go, hear the result. */

import { rm } from 'node:fs/promises';
import { type CpuInfo, cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { BUILT } from './build.ts';
import { Child, type Fact } from './child.ts';
import type { HeapCounted } from './ends/heap-count.ts';
import type { Kind } from './metric.ts';
import { processorTime } from './processor-time.ts';
import type { Scenario } from './scenario.ts';
import type { Subject, System } from './system.ts';

/** Everything that one trial needs to know. */
export interface TrialPlan {
  readonly scenario: Scenario;
  readonly subject: Subject;
  readonly system: System;
  /** Plays the other end where the subject is judged alone. */
  readonly partner: System | undefined;
  /** Messages to measure, and to let pass before. Whole numbers of messages for each peer. */
  readonly count: number;
  readonly warmup: number;
  /** Milliseconds that a measurement should take; idle connections are watched for longer. */
  readonly duration: number;
  /** Count what is allocated and collected, which costs a little time. */
  readonly counting: boolean;
  /** Where ipc sockets are made. */
  readonly directory: string;
}

/** The figures of one trial by the keys of the scenario's metrics, and how long it measured. */
export interface Outcome {
  readonly seconds: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Runs it. Rejects with one line when an end fails or is late. */
export async function runTrial(plan: TrialPlan): Promise<Outcome> {
  const children: Child[] = [];
  const { scenario, system, partner } = plan;
  const start = (role: string, orders: Record<string, string | number> = {}): Child => {
    const { command, countsHeap } =
      scenario.alone === undefined || scenario.alone === role ? system : partner!;
    const child = new Child([...command, ...commandLine(plan, role, orders)], role, countsHeap);
    children.push(child);
    return child;
  };
  try {
    return await ARRANGEMENTS[plan.scenario.kind](plan, start, children);
  } finally {
    await Promise.all(children.map((child) => child.end()));
    if (plan.scenario.transport === 'ipc') await rm(ipcPath(plan), { force: true });
  }
}

type Start = (role: string, orders?: Record<string, string | number>) => Child;

/** How the ends of each kind come together. */
const ARRANGEMENTS: Record<
  Kind,
  (plan: TrialPlan, start: Start, children: Child[]) => Promise<Outcome>
> = {
  'push-pull': (plan, start) => oneWay(plan, start, 'pull', 'push'),
  'pub-sub': (plan, start) => publish(plan, start),
  'req-rep': (plan, start) => askAndAnswer(plan, start, 'rep', 'req'),
  'dealer-router': (plan, start) => askAndAnswer(plan, start, 'router', 'dealer'),
  backlog: queueThenDrain,
  inproc: (plan, start) => within(plan, start, 'inproc'),
  threads: (plan, start) => within(plan, start, 'threads'),
  handshake: (plan, start) => askAndAnswer(plan, start, 'router', 'newcomers'),
  flood: serveUnderFlood,
  idle: watchIdle,
};

/** Both ends are in one process. */
async function within(plan: TrialPlan, start: Start, role: string): Promise<Outcome> {
  const both = start(role);
  await both.fact('ready', START_TIMEOUT);
  both.tell('go');
  return resultOf(plan, both);
}

/** The receiver binds and measures. */
async function oneWay(
  plan: TrialPlan,
  start: Start,
  receiver: string,
  sender: string,
): Promise<Outcome> {
  const receiving = start(receiver);
  const { endpoint } = await receiving.fact('ready', START_TIMEOUT);
  const sending = start(sender, { endpoint: String(endpoint) });
  await sending.fact('ready', START_TIMEOUT);
  sending.tell('go');
  return resultOf(plan, receiving, sending);
}

/** The publisher binds, the subscribers measure and are ready when they hear it. */
async function publish(plan: TrialPlan, start: Start): Promise<Outcome> {
  const publisher = start('pub');
  const { endpoint } = await publisher.fact('ready', START_TIMEOUT);
  const subscribers = start('sub', { endpoint: String(endpoint) });
  await Promise.race([subscribers.fact('ready', SUBSCRIBE_TIMEOUT), publisher.failed()]);
  publisher.tell('go');
  return resultOf(plan, subscribers, publisher);
}

/** The one who answers binds, the one who asks measures. */
async function askAndAnswer(
  plan: TrialPlan,
  start: Start,
  answerer: string,
  asker: string,
): Promise<Outcome> {
  const answering = start(answerer);
  const { endpoint } = await answering.fact('ready', START_TIMEOUT);
  const asking = start(asker, { endpoint: String(endpoint) });
  await Promise.race([asking.fact('ready', CONNECT_ALL_TIMEOUT), answering.failed()]);
  asking.tell('go');
  return resultOf(plan, asking, answering);
}

/** Likewise, while strangers ask for the server's attention. */
async function serveUnderFlood(plan: TrialPlan, start: Start, children: Child[]): Promise<Outcome> {
  const answering = start('rep');
  const { endpoint } = await answering.fact('ready', START_TIMEOUT);
  const program = join(BUILT, 'ends/flood.js');
  const line = ['flood', `endpoint=${endpoint}`, `flood=${plan.scenario.orders['flood']}`];
  const strangers = new Child([process.execPath, program, ...line], 'flood');
  children.push(strangers);
  await strangers.fact('ready', START_TIMEOUT);
  const asking = start('req', { endpoint: String(endpoint) });
  await Promise.race([asking.fact('ready', START_TIMEOUT), answering.failed()]);
  asking.tell('go');
  return resultOf(plan, asking, answering, strangers);
}

/** The sender fills a queue for a receiver that is not there yet, and says what it uses; then the receiver comes, and measures. */
async function queueThenDrain(plan: TrialPlan, start: Start): Promise<Outcome> {
  const sender = start('backlog');
  await sender.fact('ready', START_TIMEOUT);
  const before = await usageOf(sender);
  sender.tell('go');
  await sender.fact('filled', RESULT_TIMEOUT + 20 * plan.duration);
  const filled = await usageOf(sender);
  const { seconds, values } = await resultOf(plan, start('pull'), sender);
  const after = await usageOf(sender);
  const messages = plan.warmup + plan.count;
  return {
    seconds,
    values: {
      ...values,
      memory: (filled.memory - before.memory) / messages,
      'processor-backlog': ((after.processor - before.processor) / messages) * 1e9,
    },
  };
}

/** The server says what it uses: before the connections, with them, and a while later. */
async function watchIdle(plan: TrialPlan, start: Start, children: Child[]): Promise<Outcome> {
  const { peers } = plan.scenario;
  const server = start('idle-server');
  const { endpoint } = await server.fact('ready', START_TIMEOUT);
  const before = await usageOf(server);
  const program = join(BUILT, 'ends/idle-clients.js');
  const line = ['clients', `endpoint=${endpoint}`, `peers=${peers}`];
  const clients = new Child([process.execPath, program, ...line], 'clients');
  children.push(clients);
  const ready = clients.fact('ready', CONNECT_TIMEOUT);
  const { seconds: connect } = await Promise.race([ready, server.failed()]);

  const [at, first] = [performance.now(), await usageOf(server)];
  const watched = later(Math.max(2000, plan.duration * 5));
  await Promise.race([watched, clients.failed(), server.failed()]);
  const last = await usageOf(server);
  const seconds = (performance.now() - at) / 1000;
  return {
    seconds: Number(connect) + seconds,
    values: {
      memory: (last.memory - before.memory) / peers,
      connect: Number(connect),
      processor: ((last.processor - first.processor) / seconds) * 100,
    },
  };
}

async function usageOf(server: Child): Promise<{ memory: number; processor: number }> {
  server.tell('mark');
  const { usage } = await server.fact('usage', START_TIMEOUT);
  return usage as { memory: number; processor: number };
}

/** The figures of `measuring`, and what it and `others`, which must not end before, have used meanwhile. */
async function resultOf(plan: TrialPlan, measuring: Child, ...others: Child[]): Promise<Outcome> {
  const ends = [measuring, ...others];
  const failures = others.map((child) => child.failed());
  const timeout = RESULT_TIMEOUT + 20 * plan.duration;
  const next = (...keys: string[]): Promise<Fact> =>
    Promise.race([measuring.fact(keys, timeout), ...failures]);

  const first = await next('measuring', 'result');
  // An end that does not say when it begins to measure leaves nothing to be compared with.
  const used = ends.map(({ pid }) => ('measuring' in first ? processorTime(pid) : undefined));
  const [processors, startedAt] = [cpus(), performance.now()];
  const counting =
    plan.counting && 'measuring' in first ? ends.filter(({ countsHeap }) => countsHeap) : [];
  for (const end of counting) end.tell('count');
  const { result } = 'result' in first ? first : await next('result');
  for (const end of counting) end.tell('count');

  const { seconds, messages, ...figures } = result as Record<string, number> & {
    seconds: number;
    messages: number;
  };
  const values: Record<string, number> = { seconds, rate: messages / seconds, ...figures };
  let own = 0;
  for (const [i, end] of ends.entries()) {
    const [before, after] = [used[i], processorTime(end.pid)];
    if (before === undefined || after === undefined) continue;
    own += after - before;
    values[`processor-${end.name}`] = ((after - before) / messages) * 1e9;
  }
  if (own > 0) values['foreign'] = foreignShare(processors, cpus(), own, startedAt);
  for (const end of counting) {
    const { count } = await end.fact('count', COUNT_TIMEOUT);
    const { allocated, collections } = count as HeapCounted;
    values[`allocated-${end.name}`] = allocated / messages;
    values[`collections-${end.name}`] = (collections / messages) * 1e6;
  }
  return { seconds, values };
}

/** The share of all processors that others had since `startedAt`, when the ends of the trial had `own` seconds. */
function foreignShare(
  before: readonly CpuInfo[],
  after: readonly CpuInfo[],
  own: number,
  startedAt: number,
): number {
  const busy = (processors: readonly CpuInfo[]): number =>
    processors.reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  const foreign = busy(after) - busy(before) - own * 1000;
  return Math.max(0, foreign / ((performance.now() - startedAt) * after.length));
}

/** What an end is told on its command line. Later ones win. */
function commandLine(
  plan: TrialPlan,
  role: string,
  orders: Record<string, string | number>,
): string[] {
  const { scenario, subject } = plan;
  const all = {
    system: subject.system,
    style: subject.style,
    size: scenario.size,
    peers: scenario.peers,
    count: plan.count,
    warmup: plan.warmup,
    curve: 0,
    handshake: scenario.alone === undefined ? 0 : 1,
    ...scenario.orders,
    endpoint: scenario.transport === 'ipc' ? `ipc://${ipcPath(plan)}` : 'tcp://127.0.0.1:*',
    ...orders,
  };
  return [role, ...Object.entries(all).map(([key, value]) => `${key}=${value}`)];
}

function ipcPath({ directory }: TrialPlan): string {
  return join(directory, 'bench.sock');
}

/** Milliseconds. A slow machine is no failure; a lost message is. */
const START_TIMEOUT = 20_000;
const SUBSCRIBE_TIMEOUT = 60_000;
const CONNECT_ALL_TIMEOUT = 60_000;
const CONNECT_TIMEOUT = 120_000;
const RESULT_TIMEOUT = 15_000;
const COUNT_TIMEOUT = 5_000;

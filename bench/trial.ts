/** Trial: one measurement of one subject in one scenario: start its ends, let them go, hear the result. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { BUILT } from './build.ts';
import { Child, type Fact } from './child.ts';
import type { Kind, Scenario } from './scenario.ts';
import type { Subject, System } from './system.ts';

/** Everything that one trial needs to know. */
export interface TrialPlan {
  readonly scenario: Scenario;
  readonly subject: Subject;
  readonly system: System;
  /** Messages to measure, and to let pass before. Whole numbers of messages for each peer. */
  readonly count: number;
  readonly warmup: number;
  /** Milliseconds that a measurement should take; idle connections are watched for longer. */
  readonly duration: number;
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
  const start = (role: string, orders: Record<string, string | number> = {}): Child => {
    const child = new Child([...plan.system.command, ...commandLine(plan, role, orders)], role);
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
  async inproc(plan, start) {
    const both = start('inproc');
    await both.fact('ready', START_TIMEOUT);
    both.tell('go');
    return outcome(await resultOf(plan, both));
  },
  handshake: (plan, start) => askAndAnswer(plan, start, 'router', 'newcomers'),
  flood: serveUnderFlood,
  idle: watchIdle,
};

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
  return outcome(await resultOf(plan, receiving, sending));
}

/** The publisher binds, the subscribers measure and are ready when they hear it. */
async function publish(plan: TrialPlan, start: Start): Promise<Outcome> {
  const publisher = start('pub');
  const { endpoint } = await publisher.fact('ready', START_TIMEOUT);
  const subscribers = start('sub', { endpoint: String(endpoint) });
  await Promise.race([subscribers.fact('ready', SUBSCRIBE_TIMEOUT), publisher.failed()]);
  publisher.tell('go');
  return outcome(await resultOf(plan, subscribers, publisher));
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
  await Promise.race([asking.fact('ready', START_TIMEOUT), answering.failed()]);
  asking.tell('go');
  return outcome(await resultOf(plan, asking, answering));
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
  return outcome(await resultOf(plan, asking, answering, strangers));
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

/** The result of `measuring`; `other` must not end before. */
async function resultOf(
  { duration }: TrialPlan,
  measuring: Child,
  ...others: Child[]
): Promise<Fact> {
  const failures = others.map((child) => child.failed());
  const timeout = RESULT_TIMEOUT + 20 * duration;
  const { result } = await Promise.race([measuring.fact('result', timeout), ...failures]);
  return result as Fact;
}

function outcome({ seconds, messages, ...values }: Fact): Outcome {
  const figures = { rate: Number(messages) / Number(seconds), ...values };
  return { seconds: Number(seconds), values: figures as Record<string, number> };
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
const CONNECT_TIMEOUT = 120_000;
const RESULT_TIMEOUT = 15_000;

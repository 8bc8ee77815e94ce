/** Soak: very many messages, and the event loop while they pass. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Publisher, Pull, Push, Subscriber } from 'zeromq-pure';
import type { Finding } from './finding.ts';
import { compare, holdings } from './memory.ts';

/** `count` messages through PUSH and PULL, both in this process, over tcp. */
export async function soakPushPull(count: number): Promise<Finding> {
  const pull = new Pull();
  const push = new Push();
  await pull.bind('tcp://127.0.0.1:*');
  push.connect(pull.lastEndpoint!);
  const finding = await soak('PUSH/PULL', count, async (some) => {
    await Promise.all([send(push, some), receive(pull, some)]);
  });
  push.close();
  pull.close();
  return finding;
}

/** The same through PUB and two SUBs. */
export async function soakPubSub(count: number): Promise<Finding> {
  const publisher = new Publisher({ noDrop: true });
  await publisher.bind('tcp://127.0.0.1:*');
  const subscribers = [0, 1].map(() => {
    const subscriber = new Subscriber();
    subscriber.connect(publisher.lastEndpoint!);
    subscriber.subscribe('');
    return subscriber;
  });
  await publisher.waitFor('subscription', { peers: 2, timeout: 10_000 });
  const finding = await soak('PUB/SUB, two subscribers', count, async (some) => {
    await Promise.all([send(publisher, some), ...subscribers.map((each) => receive(each, some))]);
  });
  for (const socket of [publisher, ...subscribers]) socket.close();
  return finding;
}

/** Lets a tenth of `count` through as a warm-up, then all of it. */
async function soak(
  title: string,
  count: number,
  pass: (some: number) => Promise<void>,
): Promise<Finding> {
  await pass(Math.ceil(count / 10));
  const delay = monitorEventLoopDelay({ resolution: 1 }); // a handle, too
  delay.enable();
  const before = await holdings();
  delay.reset();
  const startedAt = performance.now();
  await pass(count);
  delay.disable();
  const seconds = (performance.now() - startedAt) / 1000;
  const { lines, good } = compare(before, await holdings());
  const milliseconds = (value: number): string => `${(value / 1e6).toFixed(1)} ms`;
  return {
    title: `${title}: ${count} messages of 64 B in ${seconds.toFixed(1)} s`,
    lines: [
      ...lines,
      `  event loop: a timer of 1 ms took p50 ${milliseconds(delay.percentile(50))}, ` +
        `p99 ${milliseconds(delay.percentile(99))}, most ${milliseconds(delay.max)}`,
    ],
    good,
  };
}

async function send(socket: Push | Publisher, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await socket.send(BODY);
}

async function receive(socket: Pull | Subscriber, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await socket.receive();
}

const BODY = Buffer.alloc(64, 0x2a);

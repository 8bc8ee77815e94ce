/** A bound socket of the type given, which nobody reads. For each line on stdin it says how large the process is. */

import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { Dealer, Publisher, Pull, Router } from '../../../src/index.ts';

const CLASSES = { PULL: Pull, ROUTER: Router, PUB: Publisher, DEALER: Dealer };
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

const [, , type, options = '{}'] = process.argv;
const socket = new CLASSES[type as keyof typeof CLASSES](JSON.parse(options));
await socket.bind('tcp://127.0.0.1:*');
process.stdout.write(`${JSON.stringify({ endpoint: socket.lastEndpoint })}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  const {
    publish = 0,
    octets = 0,
    read = 0,
    drain = 0,
  } = JSON.parse(line) as Record<string, number>;
  if (socket instanceof Publisher) {
    for (let n = 0; n < publish; n++) {
      await socket.send(Buffer.alloc(octets));
      if (n % 100 === 99) await new Promise(setImmediate);
    }
  } else {
    for (let n = 0; n < read; n++) await socket.receive();
    if (drain > 0) void forget(socket);
  }
  // Not that of the collections below.
  const stall = delay.max / 1e6;
  (globalThis as { gc?: () => void }).gc?.();
  await new Promise((resolve) => setTimeout(resolve, 20));
  (globalThis as { gc?: () => void }).gc?.();
  delay.reset();
  const { rss, heapUsed, external } = process.memoryUsage();
  const heap = heapUsed + external;
  const { user, system } = process.cpuUsage();
  const cpu = (user + system) / 1_000;
  const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
  const { peers, dropped, queued } = socket.stats();
  const size = { rss, heap, cpu, stall, descriptors, peers: peers.length, dropped, queued };
  process.stdout.write(`${JSON.stringify(size)}\n`);
}

/** Reads what comes from now on. */
async function forget(socket: AsyncIterable<Buffer[]>): Promise<void> {
  for await (const _ of socket);
}

/** A bound socket of the type given, which nobody reads. For each line on stdin it says how large the process is. */

import { createInterface } from 'node:readline';
import { Publisher, Pull, Router } from '../../../src/index.ts';

const CLASSES = { PULL: Pull, ROUTER: Router, PUB: Publisher };

const [, , type, options = '{}'] = process.argv;
const socket = new CLASSES[type as keyof typeof CLASSES](JSON.parse(options));
await socket.bind('tcp://127.0.0.1:*');
process.stdout.write(`${JSON.stringify({ endpoint: socket.lastEndpoint })}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  const { publish = 0, size = 0, read = 0 } = JSON.parse(line) as Record<string, number>;
  if (socket instanceof Publisher) {
    for (let n = 0; n < publish; n++) {
      await socket.send(Buffer.alloc(size));
      if (n % 100 === 99) await new Promise(setImmediate);
    }
  } else {
    for (let n = 0; n < read; n++) await socket.receive();
  }
  (globalThis as { gc?: () => void }).gc?.();
  await new Promise((resolve) => setTimeout(resolve, 20));
  (globalThis as { gc?: () => void }).gc?.();
  const { rss } = process.memoryUsage();
  const { peers, dropped, queued } = socket.stats();
  process.stdout.write(`${JSON.stringify({ rss, peers: peers.length, dropped, queued })}\n`);
}

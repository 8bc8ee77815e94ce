/**
 * Two threads announce themselves to the main one, over the channel layer of this example.
 *
 * ```sh
 * node build/examples/own-carrier/main.js
 * ```
 */

import { once } from 'node:events';
import { isMainThread, Worker } from 'node:worker_threads';
import { BroadcastLayer } from './broadcast-layer.ts';

const layer = new BroadcastLayer({ name: 'own-carrier' });
const channel = await layer.newChannel();

if (isMainThread) {
  await layer.groupAdd('room', channel);
  const workers = [1, 2].map((n) => new Worker(new URL(import.meta.url), { argv: [`${n}`] }));
  const ends = workers.map((worker) => once(worker, 'exit'));
  for (const _ of workers) {
    const { thread, from } = await layer.receive(channel);
    console.log(`main: thread ${thread} is here`);
    await layer.send(String(from), { text: 'welcome' });
  }
  await Promise.all(ends);
} else {
  const [, , thread] = process.argv;
  await layer.groupSend('room', { thread, from: channel });
  const { text } = await layer.receive(channel);
  console.log(`thread ${thread}: ${text}`);
}
await layer.close();

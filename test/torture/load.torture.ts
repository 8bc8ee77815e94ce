/** `npm run torture`: load, memory and slow readers (rows 3b of the plan). */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as later } from 'node:timers/promises';
import type { Test } from 'tap';
import { MIB, many, target } from '../support/hostile/memory-target.ts';
import {
  addressOf,
  command,
  connectPeer,
  connectRaw,
  greeting,
  message,
  ready,
} from '../support/raw-peer.ts';
import { row, signed } from '../support/torture.ts';

const ping = command('PING', Buffer.from([0, 0]));
const pong = command('PONG');

row('3b', '2 000 silent TCP connections', '≤ 16 KiB each', async (t) => {
  const { endpoint, ask, when } = await target(t, 'ROUTER', { handshakeInterval: 600_000 });
  const before = await ask();
  for (let n = 0; n < 20; n++) await many(t, 100, () => connectRaw(t, endpoint));
  const after = await when(({ descriptors }) => descriptors >= before.descriptors + 2_000);
  return each('KiB', (after.rss - before.rss) / 2_000 / 1_024, 16);
});

row('3b', '2 000 idle DEALERs', '≤ 25 KiB each', async (t) => {
  const { endpoint, ask, when } = await target(t, 'ROUTER');
  const before = await ask();
  for (let n = 0; n < 20; n++) await many(t, 100, () => connectPeer(t, endpoint, 'DEALER'));
  const after = await when(({ peers }) => peers === 2_000);
  return each('KiB', (after.rss - before.rss) / 2_000 / 1_024, 25);
});

row('3b', '10 000 handshakes ended by a reset', '≥ 2 000/s, fds back, heap ±5 %', async (t) => {
  const { endpoint, alone } = await target(t, 'ROUTER');
  await storm(endpoint, 2_000);
  const before = await alone();
  const began = performance.now();
  await storm(endpoint, 10_000);
  const rate = 10_000 / ((performance.now() - began) / 1_000);
  const after = await alone();
  const growth = (after.heap / before.heap - 1) * 100;
  const descriptors = after.descriptors - before.descriptors;
  return {
    result: `${Math.round(rate)}/s, fds ${signed(descriptors)}, heap ${signed(growth, 1)} %, CPU ${Math.round(after.cpu - before.cpu)} ms`,
    good: rate >= 2_000 && descriptors <= 0 && growth <= 5,
  };
});

row('3b', 'kill −9 of 60 busy DEALERs in 20 rounds', 'fds back, heap +≤ 5 MiB', async (t) => {
  const { endpoint, ask, alone, when } = await target(t, 'ROUTER');
  await ask({ drain: 1 });
  const flood = async (count: number): Promise<void> => {
    const path = new URL('../support/peers/flood.ts', import.meta.url).pathname;
    const children = Array.from({ length: count }, () =>
      spawn(process.execPath, [...process.execArgv, path, endpoint], { stdio: 'ignore' }),
    );
    t.teardown(() => {
      for (const child of children) child.kill('SIGKILL');
    });
    await when(({ peers }) => peers >= count);
    const gone = children.map((child) => once(child, 'close'));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(gone);
  };
  await flood(3);
  const before = await alone();
  for (let round = 0; round < 20; round++) await flood(3);
  const after = await alone();
  const [heap, descriptors] = [
    (after.heap - before.heap) / MIB,
    after.descriptors - before.descriptors,
  ];
  return {
    result: `fds ${signed(descriptors)}, heap ${signed(heap, 1)} MiB, RSS ${signed((after.rss - before.rss) / MIB)} MiB`,
    good: descriptors <= 0 && heap <= 5,
  };
});

row('3b', '20 subscribers that never read, 30 MB of 10 kB', 'RSS +≤ 40 MiB', async (t) => {
  const { endpoint, ask, when } = await target(t, 'PUB');
  // The sum of what any publisher needs, once.
  await ask({ publish: 3_000, octets: 10_000 });
  const peers = await many(t, 20, () => connectPeer(t, endpoint, 'SUB'));
  for (const peer of peers) {
    peer.stream.pause();
    peer.write(command('SUBSCRIBE'));
  }
  const before = await when((size) => size.peers === 20);
  const after = await ask({ publish: 3_000, octets: 10_000 });
  const grown = (after.rss - before.rss) / MIB;
  return {
    result: `RSS ${signed(grown)} MiB, ${after.queued.out} queued, ${after.dropped} counted`,
    good: grown <= 40 && after.dropped > 0,
  };
});

row('3b', '1 MiB messages nobody reads, cap of 64 MiB', 'RSS +≤ 80 MiB', async (t) => {
  const options = { receiveHighWaterMarkBytes: 64 * MIB };
  const { endpoint, ask, when } = await target(t, 'PULL', options);
  const before = await ask();
  const peers = await many(t, 4, () => connectPeer(t, endpoint, 'PUSH'));
  const body = message(Buffer.alloc(MIB));
  for (const peer of peers) for (let n = 0; n < 60; n++) peer.write(body);
  const held = await when(({ queued }) => queued.in >= 64);
  const after = await ask();
  const grown = (after.rss - before.rss) / MIB;
  return { result: `RSS ${signed(grown)} MiB, ${held.queued.in} held`, good: grown <= 80 };
});

row('3b', '100 000 subscriptions of one peer', '≤ 600 B each', async (t) => {
  const { endpoint, peer, before, ask } = await publisherWithPeer(t);
  await subscribe(peer, 100_000);
  const after = await ask();
  t.ok(endpoint);
  return each('B', (after.heap - before.heap) / 100_000, 600);
});

row('3b', '… and its leaving', 'no stall > 20 ms', async (t) => {
  const { peer, ask } = await publisherWithPeer(t);
  await subscribe(peer, 100_000);
  await ask();
  peer.destroy();
  // A question collects garbage and does not count that: the purge is left alone to be over before it.
  await later(1_000);
  const size = await ask();
  if (size.peers > 0) throw new Error('it has not left yet');
  return stall(size.stall);
});

row('3b', '1 000 000 times the same subscription', 'heap +≤ 2 MiB', async (t) => {
  const { peer, before, ask } = await publisherWithPeer(t);
  const same = Buffer.concat(
    Array.from({ length: 10_000 }, () => command('SUBSCRIBE', Buffer.from('same'))),
  );
  for (let n = 0; n < 100; n++) if (!peer.write(same)) await once(peer.stream, 'drain');
  peer.write(ping);
  await peer.sees(pong, 60_000);
  const grown = ((await ask()).heap - before.heap) / MIB;
  return { result: `heap ${signed(grown, 1)} MiB`, good: grown <= 2 };
});

for (const megabytes of [0.1, 1, 10]) {
  row(
    '3b',
    `a topic of ${megabytes} MB, cancelled`,
    'RSS +≤ 2 × topic + 4, stall ≤ 20 ms',
    async (t) => {
      const { peer, before, ask } = await publisherWithPeer(t);
      const topic = Buffer.alloc(megabytes * 1e6, 'abcdefg');
      await ask();
      peer.write(command('SUBSCRIBE', topic), ping);
      await peer.sees(pong);
      const held = await ask();
      peer.forget();
      peer.write(command('CANCEL', topic), ping);
      await peer.sees(pong);
      const after = await ask();
      const grown = (held.rss - before.rss) / 1e6;
      const still = Math.max(held.stall, after.stall);
      return {
        result: `RSS ${signed(grown, 1)} MB, stall ${still.toFixed(1)} ms, left ${signed((after.heap - before.heap) / 1e6, 2)} MB`,
        good: grown <= 2 * megabytes + 4 && still <= 20,
      };
    },
  );
}

/** A PUB that has done some work, and a subscriber of octets. */
async function publisherWithPeer(t: Test) {
  const victim = await target(t, 'PUB');
  const warm = await connectPeer(t, victim.endpoint, 'SUB');
  await subscribe(warm, 2_000);
  warm.destroy();
  await victim.alone();
  const peer = await connectPeer(t, victim.endpoint, 'SUB');
  const before = await victim.when(({ peers }) => peers === 1);
  return { ...victim, peer, before };
}

async function subscribe(peer: Awaited<ReturnType<typeof connectPeer>>, count: number) {
  for (let n = 0; n < count; n += 1_000) {
    const some = Array.from({ length: 1_000 }, (_, i) =>
      command('SUBSCRIBE', Buffer.from(`topic/${n + i}/of a usual length`)),
    );
    if (!peer.write(...some)) await once(peer.stream, 'drain');
  }
  peer.write(ping);
  await peer.sees(pong, 60_000);
}

/** Connects, shakes hands and resets, 50 at once, with as little work as can be. */
async function storm(endpoint: string, count: number): Promise<void> {
  const hello = Buffer.concat([greeting(), ready('DEALER')]);
  const address = addressOf(endpoint);
  let left = count;
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      let received = 0;
      const stream = net.connect(address, () => stream.write(hello));
      stream.on('error', () => {});
      stream.on('data', (chunk) => {
        received += chunk.length;
        if (received > 64) stream.resetAndDestroy();
      });
      stream.on('close', () => resolve());
    });
  const lane = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: 50 }, lane));
}

function each(unit: string, value: number, bar: number) {
  return { result: `${value.toFixed(1)} ${unit} each`, good: value <= bar };
}

function stall(milliseconds: number) {
  return { result: `longest ${milliseconds.toFixed(1)} ms`, good: milliseconds <= 20 };
}

/** What hostile and slow peers cost in memory. Measured in a process of its own, with generous margins. */

import t from 'tap';
import { MIB, many, target } from '../support/hostile/memory-target.ts';
import {
  command,
  connectPeer,
  connectRaw,
  frame,
  frameHeader,
  greeting,
  message,
} from '../support/raw-peer.ts';

const router = await target(t, 'ROUTER');
const pull = await target(t, 'PULL');
const publisher = await target(t, 'PUB');

t.test('READY of 8 GiB, and 64 of 256 MiB with the first of it sent', async (t) => {
  const { endpoint, alone, grown } = router;
  const before = await alone();
  const peers = await many(t, 64, () => connectRaw(t, endpoint));
  for (const [n, peer] of peers.entries()) {
    const size = n === 0 ? 8n << 30n : 256n << 20n;
    peer.write(greeting(), frameHeader(size, 4), Buffer.alloc(MIB));
  }
  await Promise.all(peers.map((peer) => peer.closed));
  t.ok(grown(t, before, await alone()) < 40);
});

t.test('frames that are announced and do not come', async (t) => {
  const { endpoint, alone, grown, when } = pull;
  const before = await alone();
  const peers = await many(t, 64, () => connectPeer(t, endpoint, 'PUSH'));
  for (const peer of peers) peer.write(frameHeader(3n << 30n), Buffer.alloc(1_000));
  t.ok(grown(t, before, await when((size) => size.peers === 64)) < 40);
});

t.test('half a message, then close: 500 times, and 500 more (CVE-2021-20234)', async (t) => {
  const { endpoint, alone, grown } = router;
  const round = async (): Promise<void> => {
    for (let n = 0; n < 500; n += 25) {
      await many(t, 25, async () => {
        const peer = await connectPeer(t, endpoint, 'DEALER', { 'X-Some': 'y'.repeat(500) });
        peer.write(frame(Buffer.alloc(20_000), 1), frameHeader(100_000n), Buffer.alloc(30_000));
        peer.stream.end();
        await peer.closed;
        return peer;
      });
    }
  };
  await round();
  const before = await alone();
  await round();
  t.ok(grown(t, before, await alone()) < 40);
});

t.test('16 messages that never end', async (t) => {
  const { endpoint, ask, alone, grown } = pull;
  const before = await alone();
  const parts = Buffer.alloc(2 * 60_000, Buffer.from([1, 0]));
  const peers = await many(t, 16, () => connectPeer(t, endpoint, 'PUSH'));
  for (const peer of peers) {
    peer.write(parts, command('PING', Buffer.from([0, 0])));
    await peer.sees(command('PONG'));
  }
  t.ok(grown(t, before, await ask()) < 150);
});

t.test('garbage upstream of a PUB (CVE-2021-20237)', async (t) => {
  const { endpoint, ask, alone, grown } = publisher;
  await alone();
  const peer = await connectPeer(t, endpoint, 'SUB');
  const before = await ask();
  const garbage = Buffer.concat(Array.from({ length: 2_000 }, () => message('x'.repeat(100))));
  for (let n = 0; n < 100; n++) peer.write(garbage);
  peer.write(command('PING', Buffer.from([0, 0])));
  await peer.sees(command('PONG'));
  t.ok(grown(t, before, await ask()) < 60);
});

t.test('20 subscribers that never read share what waits for them', async (t) => {
  const { endpoint, ask, alone, grown, when } = publisher;
  await alone();
  const peers = await many(t, 20, () => connectPeer(t, endpoint, 'SUB'));
  for (const peer of peers) {
    peer.stream.pause();
    peer.write(command('SUBSCRIBE'));
  }
  const before = await when((size) => size.peers === 20);
  const after = await ask({ publish: 3_000, octets: 10_000 });
  t.ok(after.dropped > 0, `${after.dropped} dropped`);
  t.equal(after.queued.out, 20 * 1_000, 'the marks are full');
  t.ok(grown(t, before, after) < 120, 'not 20 × 10 MB');
});

t.test('an application that does not read: messages of 1 MiB, with a mark in octets', async (t) => {
  const options = { receiveHighWaterMarkBytes: 64 * MIB };
  const { endpoint, ask, grown } = await target(t, 'PULL', options);
  const before = await ask();
  const peers = await many(t, 4, () => connectPeer(t, endpoint, 'PUSH'));
  const body = message(Buffer.alloc(MIB));
  for (const peer of peers) for (let n = 0; n < 40; n++) peer.write(body);
  let after = await ask();
  for (let still = 0; still < 5; ) {
    const next = await ask();
    still = next.queued.in === after.queued.in && next.queued.in > 0 ? still + 1 : 0;
    after = next;
  }
  t.ok(after.queued.in >= 64 && after.queued.in <= 70, `${after.queued.in} held`);
  t.ok(grown(t, before, after) < 140);
  t.equal((await ask({ read: 160 })).queued.in, 0, 'nothing is lost');
});

t.test('500 idle peers', async (t) => {
  const { endpoint, alone, grown, when } = router;
  await alone();
  await many(t, 20, () => connectPeer(t, endpoint, 'DEALER'));
  const before = await when((size) => size.peers === 20);
  await many(t, 500, () => connectPeer(t, endpoint, 'DEALER'));
  const after = await when((size) => size.peers === 520);
  t.comment(`${((after.rss - before.rss) / 500 / 1_024).toFixed(1)} KiB each`);
  t.ok(grown(t, before, after) < 40);
});

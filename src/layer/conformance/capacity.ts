/** Capacity: what becomes of messages that a channel has no room for. */

import assert from 'node:assert/strict';
import { type Case, channelOf, eventually, exact, exclusive, silent, single } from './stage.ts';

export const CAPACITY: readonly Case[] = [
  {
    name: 'over capacity, send rejects with ChannelFull; with room again it does not',
    options: { capacity: 3 },
    needs: exact,
    body: async ({ sender, receiver }) => {
      const plain = await channelOf(receiver, 'narrow');
      for (const channel of [plain, await receiver.newChannel()]) {
        for (let n = 0; n < 3; n++) await sender.send(channel, { n });
        await assert.rejects(sender.send(channel, { n: 3 }), { code: 'ERR_CHANNEL_FULL' });
        assert.deepEqual(await receiver.receive(channel), { n: 0 });
        await eventually(async () => {
          await sender.send(channel, { n: 4 });
          return true;
        });
        for (const n of [1, 2, 4]) assert.deepEqual(await receiver.receive(channel), { n });
      }
      assert.ok((await sender.stats()).full >= 2);
    },
  },
  {
    name: 'one full channel leaves others alone',
    options: { capacity: 1 },
    needs: exact,
    body: async ({ sender, receiver }) => {
      const [full, free] = [await channelOf(receiver, 'full'), await channelOf(receiver, 'free')];
      await sender.send(full, { n: 1 });
      await assert.rejects(sender.send(full, { n: 2 }), { code: 'ERR_CHANNEL_FULL' });
      await sender.send(free, { n: 3 });
      assert.deepEqual(await receiver.receive(free), { n: 3 });
    },
  },
  {
    name: 'process-specific channels share the capacity of the part before !',
    options: { capacity: 2 },
    needs: exact,
    body: async ({ sender, receiver }) => {
      const [a, b, c] = [
        await receiver.newChannel('shared'),
        await receiver.newChannel('shared'),
        await receiver.newChannel('other'),
      ];
      const madeUp = ['made.up!a', 'made.up!b', 'else!c'] as const;
      const sets = [[a, b, c] as const, ...(single(sender.capabilities) ? [madeUp] : [])];
      for (const [one, two, three] of sets) {
        await sender.send(one, { n: 1 });
        await sender.send(two, { n: 2 });
        await assert.rejects(sender.send(one, { n: 3 }), { code: 'ERR_CHANNEL_FULL' });
        await assert.rejects(sender.send(two, { n: 3 }), { code: 'ERR_CHANNEL_FULL' });
        await sender.send(three, { n: 4 });
        assert.deepEqual(await receiver.receive(two), { n: 2 });
        assert.deepEqual(await receiver.receive(one), { n: 1 });
        assert.deepEqual(await receiver.receive(three), { n: 4 });
      }
    },
  },
  {
    name: 'channelCapacity: the first pattern that matches wins',
    options: {
      capacity: 3,
      channelCapacity: [
        ['http.*', 1],
        [/^ws\.(in|out)/, 2],
        ['*', 4],
      ],
    },
    needs: (capabilities) => exact(capabilities) && single(capabilities),
    body: async ({ sender }) => {
      for (const [channel, capacity] of [
        ['http.request', 1],
        ['ws.in', 2],
        ['ws.other', 4],
      ] as const) {
        for (let n = 0; n < capacity; n++) await sender.send(channel, { n });
        await assert.rejects(sender.send(channel, {}), { code: 'ERR_CHANNEL_FULL' });
      }
    },
  },
  {
    name: 'groupSend passes over full members, counts them, and never rejects',
    options: { capacity: 3 },
    needs: ({ groupOverflow, capacity }) => groupOverflow === 'skipped' && capacity !== 'process',
    body: async ({ sender, receiver }) => {
      const [full, free] = [await receiver.newChannel('full'), await receiver.newChannel('free')];
      await receiver.groupAdd('crowd', full);
      for (let n = 0; n < 5; n++) await sender.groupSend('crowd', { n });
      await eventually(async () => (await receiver.stats()).skipped === 2);
      await receiver.groupAdd('crowd', free);
      await sender.groupSend('crowd', { n: 5 });
      assert.deepEqual(await receiver.receive(free), { n: 5 });
      for (let n = 0; n < 3; n++) assert.deepEqual(await receiver.receive(full), { n });
      await silent(receiver, full);
      assert.equal((await receiver.stats()).skipped, 3);
    },
  },
  {
    name: 'a group message that many channels of a process get counts once',
    options: { capacity: 10 },
    needs: exclusive,
    body: async ({ sender, receiver }) => {
      const channels = await Promise.all(
        Array.from({ length: 50 }, () => receiver.newChannel('many')),
      );
      await Promise.all(channels.map((channel) => receiver.groupAdd('all', channel)));
      for (let n = 0; n < 10; n++) await sender.groupSend('all', { n });
      for (const channel of channels) {
        for (let n = 0; n < 10; n++) assert.deepEqual(await receiver.receive(channel), { n });
      }
    },
  },
  {
    name: 'localCapacity: beyond it members are passed over, and counted',
    options: { localCapacity: 5 },
    needs: (capabilities) => exclusive(capabilities) && capabilities.groupOverflow === 'skipped',
    body: async ({ sender, receiver }) => {
      const channels = await Promise.all(['a', 'b', 'c'].map((name) => receiver.newChannel(name)));
      for (const channel of channels) await receiver.groupAdd('crowded', channel);
      await sender.groupSend('crowded', { n: 1 });
      await sender.groupSend('crowded', { n: 2 });
      await eventually(async () => (await receiver.stats()).skipped > 0);
      assert.deepEqual(await receiver.receive(channels[0]!), { n: 1 });
      const { unread, skipped } = await receiver.stats();
      assert.ok(unread <= 5 && unread + 1 + skipped === 6, `${unread} unread, ${skipped} skipped`);
    },
  },
];

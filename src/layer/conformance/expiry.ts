/** Expiry: how long messages and memberships last. */

import assert from 'node:assert/strict';
import { arrived, type Case, channelOf, exact, exclusive, silent } from './stage.ts';

export const EXPIRY: readonly Case[] = [
  {
    name: 'an unread message expires, and makes room',
    options: { expiry: 3000, capacity: 2 },
    timed: true,
    needs: exact,
    body: async ({ sender, receiver, time }) => {
      const mortal = await channelOf(receiver, 'mortal');
      await sender.send(mortal, { n: 1 });
      time.now += 2000;
      await sender.send(mortal, { n: 2 });
      await assert.rejects(sender.send(mortal, { n: 3 }), { code: 'ERR_CHANNEL_FULL' });
      time.now += 1500;
      await sender.send(mortal, { n: 4 });
      assert.deepEqual(await receiver.receive(mortal), { n: 2 });
      assert.deepEqual(await receiver.receive(mortal), { n: 4 });
      await sender.send(mortal, { n: 5 });
      time.now += 4000;
      await silent(receiver, mortal);
    },
  },
  {
    name: 'gaps between messages: only what is older than expiry is gone',
    options: { expiry: 3000 },
    timed: true,
    needs: exclusive,
    body: async ({ sender, receiver, time }) => {
      const plain = await channelOf(receiver, 'gap.plain');
      const member = await receiver.newChannel();
      await receiver.groupAdd('gaps', member);
      const sends = [
        [plain, (n: number) => sender.send(plain, { n })],
        [member, (n: number) => sender.groupSend('gaps', { n })],
      ] as const;
      for (const [channel, send] of sends) {
        for (const [gap, gone] of [
          [1000, 0],
          [2000, 1],
        ] as const) {
          for (let n = 0; n < 3; n++) {
            if (n > 0) time.now += gap;
            const { delivered } = await receiver.stats();
            await send(n);
            if (channel === member) await arrived(receiver, delivered + 1);
          }
          for (let n = gone; n < 3; n++) assert.deepEqual(await receiver.receive(channel), { n });
          await silent(receiver, channel);
          // The next one must wait unread before it is received.
          await receiver.ready();
        }
      }
    },
  },
  {
    name: 'localExpiry: how long a message waits in the process that reads it',
    options: { expiry: 10_000, localExpiry: 2000 },
    timed: true,
    needs: exclusive,
    body: async ({ sender, receiver, time }) => {
      const channel = await receiver.newChannel();
      await receiver.groupAdd('impatient', channel);
      await sender.groupSend('impatient', { n: 1 });
      await arrived(receiver, 1);
      time.now += 3000;
      await sender.groupSend('impatient', { n: 2 });
      assert.deepEqual(await receiver.receive(channel), { n: 2 });
    },
  },
  {
    name: 'group messages expire for each member on its own',
    options: { expiry: 3000 },
    timed: true,
    needs: exclusive,
    body: async ({ sender, receiver, time }) => {
      const [a, b] = [await receiver.newChannel(), await receiver.newChannel()];
      for (const channel of [a, b]) await receiver.groupAdd('aging', channel);
      await sender.groupSend('aging', { n: 1 });
      assert.deepEqual(await receiver.receive(a), { n: 1 });
      time.now += 2000;
      await sender.groupSend('aging', { n: 2 });
      assert.deepEqual(await receiver.receive(a), { n: 2 });
      time.now += 2000;
      assert.deepEqual(await receiver.receive(b), { n: 2 });
      await sender.groupSend('aging', { n: 3 });
      assert.deepEqual(await receiver.receive(b), { n: 3 }, 'still a member');
    },
  },
  {
    name: 'a membership ends groupExpiry after the last groupAdd',
    options: { groupExpiry: 10_000 },
    timed: true,
    needs: ({ groupExpiry }) => groupExpiry,
    body: async ({ sender, receiver, time }) => {
      const [a, b] = [await receiver.newChannel(), await receiver.newChannel()];
      await receiver.groupAdd('brief', a);
      await receiver.groupAdd('brief', b);
      time.now += 6000;
      await receiver.groupAdd('brief', a);
      time.now += 6000;
      await sender.groupSend('brief', { n: 1 });
      assert.deepEqual(await receiver.receive(a), { n: 1 });
      await silent(receiver, b);
    },
  },
];

/** Groups: which channels get the messages to a group. */

import assert from 'node:assert/strict';
import { type Case, channelOf, exclusive, silent, single } from './stage.ts';

export const GROUPS: readonly Case[] = [
  {
    name: 'a group message reaches members, and nobody else',
    body: async ({ sender, receiver }) => {
      const [a, b, c] = await Promise.all([
        receiver.newChannel(),
        receiver.newChannel(),
        receiver.newChannel(),
      ]);
      for (const channel of [a, b, c]) await receiver.groupAdd('people', channel);
      await receiver.groupDiscard('people', b);
      await sender.groupSend('people', { n: 1 });
      assert.deepEqual(await receiver.receive(a), { n: 1 });
      assert.deepEqual(await receiver.receive(c), { n: 1 });
      await silent(receiver, b);
    },
  },
  {
    name: 'each member has a message of its own',
    body: async ({ sender, receiver }) => {
      const [a, b] = [await receiver.newChannel(), await receiver.newChannel()];
      for (const channel of [a, b]) await receiver.groupAdd('copies', channel);
      await sender.groupSend('copies', { list: [1] });
      const first = await receiver.receive(a);
      (first['list'] as number[]).push(2);
      assert.deepEqual(await receiver.receive(b), { list: [1] });
    },
  },
  {
    name: 'ordinary channels can be members, and the message has one reader',
    needs: single,
    body: async ({ sender, receiver, other }) => {
      await receiver.groupAdd('mixed.bag', 'worker');
      await other.groupAdd('mixed.bag', 'worker');
      await receiver.ready();
      await other.ready();
      await sender.groupSend('mixed.bag', { n: 1 });
      assert.deepEqual(await other.receive('worker'), { n: 1 });
      await silent(receiver, 'worker');
      await other.groupDiscard('mixed.bag', 'worker');
      await sender.groupSend('mixed.bag', { n: 2 });
      await silent(receiver, 'worker');
    },
  },
  {
    name: 'a channel of another process can be added to a group, and discarded',
    needs: ({ foreignMembers }) => foreignMembers,
    body: async ({ sender, receiver, other }) => {
      const channel = await receiver.newChannel();
      const first = receiver.receive(channel);
      await receiver.ready();
      await other.groupAdd('foreign', channel);
      await other.ready();
      await sender.groupSend('foreign', { n: 1 });
      assert.deepEqual(await first, { n: 1 });
      await receiver.groupAdd('foreign', channel);
      await sender.groupSend('foreign', { n: 2 });
      assert.deepEqual(await receiver.receive(channel), { n: 2 });
      await silent(receiver, channel);
      await other.groupDiscard('foreign', channel);
      await other.ready();
      await sender.groupSend('foreign', { n: 3 });
      await silent(receiver, channel);
    },
  },
  {
    name: 'groupAdd twice is as once; groupDiscard of a stranger does nothing',
    body: async ({ sender, receiver }) => {
      const channel = await receiver.newChannel();
      await receiver.groupDiscard('twice', channel);
      await receiver.groupAdd('twice', channel);
      await receiver.groupAdd('twice', channel);
      await sender.groupSend('twice', { n: 1 });
      assert.deepEqual(await receiver.receive(channel), { n: 1 });
      await silent(receiver, channel);
      await receiver.groupDiscard('twice', channel);
      await receiver.groupDiscard('twice', channel);
      await receiver.ready();
      await sender.groupSend('twice', { n: 2 });
      await silent(receiver, channel);
      await sender.groupSend('nobody.there', { n: 3 });
    },
  },
  {
    name: 'what is said last of a membership counts, also when it is said at once',
    needs: exclusive,
    body: async ({ sender, receiver, other }) => {
      const channel = await receiver.newChannel();
      const first = receiver.receive(channel);
      const { foreignMembers } = receiver.capabilities;
      for (const layer of foreignMembers ? [receiver, other] : [receiver]) {
        await Promise.all([
          layer.groupAdd('again', channel),
          layer.groupDiscard('again', channel),
          layer.groupAdd('again', channel),
        ]);
        await layer.ready();
      }
      await sender.groupSend('again', { n: 1 });
      assert.deepEqual(await first, { n: 1 });
      await silent(receiver, channel);
    },
  },
  {
    name: 'one, ten and a hundred members get it',
    body: async ({ sender, receiver }) => {
      for (const count of [1, 10, 100]) {
        const group = `of.${count}`;
        const channels = await Promise.all(
          Array.from({ length: count }, () => receiver.newChannel()),
        );
        await Promise.all(channels.map((channel) => receiver.groupAdd(group, channel)));
        await sender.groupSend(group, { count });
        for (const channel of channels)
          assert.deepEqual(await receiver.receive(channel), { count });
      }
    },
  },
  {
    name: 'except leaves channels out',
    needs: ({ except }) => except,
    body: async ({ sender, receiver }) => {
      const [a, b] = [await receiver.newChannel(), await receiver.newChannel()];
      const plain = await channelOf(receiver, 'plain');
      for (const channel of [a, b, plain]) await receiver.groupAdd('others', channel);
      await sender.groupSend('others', { n: 1 }, { except: a });
      await sender.groupSend('others', { n: 2 }, { except: plain });
      assert.deepEqual(await receiver.receive(b), { n: 1 });
      assert.deepEqual(await receiver.receive(b), { n: 2 });
      assert.deepEqual(await receiver.receive(a), { n: 2 });
      assert.deepEqual(await receiver.receive(plain), { n: 1 });
      await silent(receiver, plain);
    },
  },
];

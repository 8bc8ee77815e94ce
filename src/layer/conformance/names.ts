/** Names: which are allowed, which channel or group each leads to, and which layers may use them. */

import assert from 'node:assert/strict';
import { type Case, channelOf, exclusive, silent, single } from './stage.ts';

export const NAMES: readonly Case[] = [
  {
    name: 'channels whose names begin alike do not mix',
    needs: ({ lateReaders }) => lateReaders,
    body: async ({ sender, receiver }) => {
      const alike = ['chan', 'chan1', 'chan11', 'chan1.1', 'c'];
      const names = await Promise.all(alike.map((name) => channelOf(receiver, name)));
      for (const name of names) await sender.send(name, { name });
      for (const name of names) assert.deepEqual(await receiver.receive(name), { name });
    },
  },
  {
    name: 'newChannel makes names that are valid, new, and lead back',
    body: async ({ sender, receiver }) => {
      const names = await Promise.all([
        receiver.newChannel(),
        receiver.newChannel(),
        receiver.newChannel('mine'),
        receiver.newChannel('specific.'),
      ]);
      assert.equal(new Set(names).size, names.length);
      for (const name of names) {
        assert.match(name, /^[a-zA-Z0-9\-_.]+![a-zA-Z0-9\-_.]+$/);
        assert.ok(name.length <= 100);
      }
      assert.ok(names[2]!.startsWith('mine.'));
      const received = names.map((name) => receiver.receive(name));
      await receiver.ready();
      for (const name of names) await sender.send(name, { name });
      assert.deepEqual(
        await Promise.all(received),
        names.map((name) => ({ name })),
      );
    },
  },
  {
    name: 'a group and a channel may have the same name',
    needs: (capabilities) => capabilities.separateNames && single(capabilities),
    body: async ({ sender, receiver }) => {
      const channel = await receiver.newChannel();
      await receiver.groupAdd('room', channel);
      await sender.send('room', { to: 'channel' });
      await silent(receiver, channel);
      assert.deepEqual(await receiver.receive('room'), { to: 'channel' });
      await sender.groupSend('room', { to: 'group' });
      assert.deepEqual(await receiver.receive(channel), { to: 'group' });
      await silent(receiver, 'room');
    },
  },
  {
    name: 'nobody else receives from a channel that newChannel has made',
    needs: exclusive,
    body: async ({ receiver, other }) => {
      if (other === receiver) return;
      const channel = await receiver.newChannel();
      const refused = { code: 'ERR_INVALID_NAME', message: /reads it alone/ };
      await assert.rejects(other.receive(channel), refused);
    },
  },
  {
    name: 'names are strict ASCII, at most 100 characters',
    body: async ({ sender, receiver }) => {
      const long = 'a'.repeat(100);
      const ordinary = sender.capabilities.ordinaryChannels !== 'none';
      for (const name of ['chat', 'a.b-c_D9', 'pre!post', 'pre!', long]) {
        if (ordinary) await sender.send(name, {});
        await receiver.groupDiscard('fine', name);
      }
      const bad = ['', '¯\\_(ツ)_/¯', 'a b', 'a\n', '٣', 'x!é', 'a!b!c', '!a', 'a?b', `${long}a`];
      for (const name of [...bad, '=+135!', undefined, 7] as string[]) {
        const expected = { code: 'ERR_INVALID_NAME' };
        await assert.rejects(sender.send(name, {}), expected, `send ${name}`);
        await assert.rejects(receiver.receive(name), expected, `receive ${name}`);
        await assert.rejects(receiver.groupAdd(name, 'fine'), expected, `group ${name}`);
        await assert.rejects(receiver.groupAdd('fine', name), expected, `member ${name}`);
        await assert.rejects(sender.groupSend(name, {}), expected, `groupSend ${name}`);
      }
      await assert.rejects(sender.groupSend('a!b', {}), { code: 'ERR_INVALID_NAME' });
      await assert.rejects(receiver.newChannel('a!b'), { code: 'ERR_INVALID_NAME' });
    },
  },
];

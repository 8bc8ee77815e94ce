/** Lifecycle: receiving until a time-out, a signal or the end; flush and close; what is left behind. */

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { type Case, channelOf, eventually, exclusive, silent } from './stage.ts';

export const LIFECYCLE: readonly Case[] = [
  {
    name: 'nothing is kept of a channel that is read empty',
    needs: exclusive,
    body: async ({ sender, receiver }) => {
      const channel = await channelOf(receiver, 'emptied');
      for (const n of [1, 2]) await sender.send(channel, { n });
      for (const n of [1, 2]) assert.deepEqual(await receiver.receive(channel), { n });
      await receiver.ready();
      await eventually(async () => {
        const [here, there] = [await sender.stats(), await receiver.stats()];
        return here.channels + there.channels === 0;
      });
    },
  },
  {
    name: 'receive gives up after its time-out, and with its signal',
    body: async ({ receiver }) => {
      const channel = await channelOf(receiver, 'nothing');
      await assert.rejects(receiver.receive(channel, { timeout: 20 }), { code: 'ERR_TIMEOUT' });
      const reason = new Error('reason');
      await assert.rejects(
        receiver.receive(channel, { signal: AbortSignal.abort(reason) }),
        reason,
      );
    },
  },
  {
    name: 'messages is a loop that ends when it is left or aborted',
    needs: exclusive,
    body: async ({ sender, receiver }) => {
      const channel = await channelOf(receiver, 'loop');
      for (let n = 0; n < 5; n++) await sender.send(channel, { n });
      const seen: unknown[] = [];
      for await (const { n } of receiver.messages(channel)) {
        seen.push(n);
        if (seen.length === 3) break;
      }
      const stop = new AbortController();
      for await (const { n } of receiver.messages(channel, { signal: stop.signal })) {
        seen.push(n);
        if (seen.length === 5) stop.abort();
      }
      assert.deepEqual(seen, [0, 1, 2, 3, 4]);
    },
  },
  {
    name: 'flush forgets messages and memberships',
    needs: (capabilities) => exclusive(capabilities) && capabilities.extensions.includes('flush'),
    body: async ({ sender, receiver }) => {
      const plain = await channelOf(receiver, 'flushed');
      const channel = await receiver.newChannel();
      await receiver.groupAdd('flushed', channel);
      await sender.send(plain, { n: 1 });
      await sender.send(channel, { n: 2 });
      await sender.flush();
      await sender.groupSend('flushed', { n: 3 });
      await silent(receiver, channel);
      await silent(receiver, plain);
      await sender.send(channel, { n: 4 });
      assert.deepEqual(await receiver.receive(channel), { n: 4 });
    },
  },
  {
    name: 'extensions say what is there',
    body: async ({ sender }) => {
      assert.ok(sender.extensions.includes('groups'));
      assert.deepEqual(sender.extensions, sender.capabilities.extensions);
      if (sender.extensions.includes('flush')) await sender.flush();
      else await assert.rejects(sender.flush(), { code: 'ERR_UNSUPPORTED' });
    },
  },
  {
    name: 'close ends those who wait, with LayerClosed',
    body: async ({ receiver }) => {
      const channel = await channelOf(receiver, 'closing');
      const received = [receiver.receive(channel), receiver.receive(await receiver.newChannel())];
      const loop = (async () => {
        for await (const message of receiver.messages(channel)) assert.fail(`got ${message}`);
      })();
      await turn();
      const expected = { code: 'ERR_LAYER_CLOSED' };
      const ends = received.map((waiting) => assert.rejects(waiting, expected));
      await receiver.close();
      await Promise.all([...ends, loop]);
      await assert.rejects(receiver.receive(channel), expected);
      await assert.rejects(receiver.send(channel, {}), expected);
      await assert.rejects(receiver.groupAdd('closing', 'x'), expected);
      await assert.rejects(receiver.groupSend('closing', {}), expected);
      await assert.rejects(receiver.newChannel(), expected);
      await receiver.close();
    },
  },
];

/** Delivery: messages arrive as they were sent, in order, once, at the readers that wait for them. */

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Message } from '../codec/value.ts';
import { type AnyLayer, type Case, channelOf, eventually, exclusive, single } from './stage.ts';

export const DELIVERY: readonly Case[] = [
  {
    name: 'a message arrives as it was sent',
    body: async ({ sender, receiver }) => {
      const message = { type: 'test.message', text: 'Ahoy-hoy!', n: [1, { a: null }], b: true };
      const channel = await channelOf(receiver, 'test-channel');
      const received = receiver.receive(channel);
      await receiver.ready();
      await sender.send(channel, message);
      assert.deepEqual(await received, message);
    },
  },
  {
    name: 'every type of value arrives exactly',
    needs: ({ bytes }) => bytes,
    body: async ({ sender, receiver }) => {
      const message: Message = {
        integers: [0, -1, 127, 255, 65_536, 2 ** 31, -(2 ** 31) - 1, 2 ** 40, 2 ** 53 - 1],
        wide: [2n ** 63n - 1n, -(2n ** 63n), 2n ** 60n + 1n],
        doubles: [0.1, -0, 1e300, 5e-324],
        text: ['', 'ä€😀', 'a\nb\0c'],
        bytes: new Uint8Array([0, 1, 255]),
        empty: [{}, [], new Uint8Array(0)],
        nested: { a: { b: { c: [[], [null, true, false]] } } },
        constructor: 'x',
        'key with spaces': 1,
      };
      const channel = await channelOf(receiver, 'values');
      await sender.send(channel, message);
      const received = await receiver.receive(channel);
      assert.deepEqual(received, message);
      assert.ok(Object.is((received['doubles'] as number[])[1], -0), 'minus zero');
      const proto = JSON.parse('{"__proto__": {"polluted": true}, "x": 1}') as Message;
      await sender.send(channel, proto);
      const hostile = await receiver.receive(channel);
      assert.deepEqual(Object.keys(hostile).sort(), ['__proto__', 'x']);
      assert.equal(Object.getPrototypeOf(hostile), Object.prototype);
      await sender.send(channel, { here: 1, gone: undefined });
      assert.deepEqual(Object.keys(await receiver.receive(channel)), ['here']);
    },
  },
  {
    name: 'a message waits for a reader that comes later',
    needs: ({ lateReaders }) => lateReaders,
    body: async ({ sender, receiver }) => {
      const channel = await channelOf(receiver, 'late');
      await sender.send(channel, { n: 1 });
      assert.deepEqual(await receiver.receive(channel, { timeout: 10_000 }), { n: 1 });
    },
  },
  {
    name: 'one writer and one reader: first in, first out',
    options: { capacity: 2000 },
    needs: ({ lateReaders }) => lateReaders,
    body: async ({ sender, receiver }) => {
      const own = await receiver.newChannel();
      for (const channel of [await channelOf(receiver, 'ordered'), own]) {
        for (let n = 0; n < 1000; n++) await sender.send(channel, { n });
        for (let n = 0; n < 1000; n++) assert.deepEqual(await receiver.receive(channel), { n });
      }
    },
  },
  {
    name: 'direct and group messages to one channel stay in order',
    options: { capacity: 2000 },
    body: async ({ sender, receiver }) => {
      const channel = await receiver.newChannel();
      await receiver.groupAdd('mixed', channel);
      await receiver.ready();
      for (let n = 0; n < 300; n += 2) {
        await sender.send(channel, { n });
        await sender.groupSend('mixed', { n: n + 1 });
      }
      for (let n = 0; n < 300; n++) assert.deepEqual(await receiver.receive(channel), { n });
    },
  },
  {
    name: 'each message of an ordinary channel has one reader',
    needs: single,
    body: async ({ sender, receiver, other }) => {
      const seen: unknown[] = [];
      const stop = new AbortController();
      const read = async (layer: AnyLayer) => {
        for await (const { n } of layer.messages('jobs', { signal: stop.signal })) seen.push(n);
      };
      const readers = [read(receiver), read(other)];
      await receiver.ready();
      await other.ready();
      for (let n = 0; n < 100; n++) await sender.send('jobs', { n });
      await eventually(async () => seen.length >= 100);
      await sender.send('end', {});
      await receiver.receive('end');
      stop.abort();
      await Promise.all(readers);
      assert.deepEqual(
        seen.sort((a, b) => Number(a) - Number(b)),
        Array.from({ length: 100 }, (_, n) => n),
      );
    },
  },
  {
    name: 'what no message can hold is refused, with its path',
    body: async ({ sender }) => {
      const channel = await channelOf(sender, 'strict');
      const cycle: Record<string, unknown> = {};
      cycle['self'] = cycle;
      const bad: [unknown, string | undefined][] = [
        [{ a: { b: [1, () => 1] } }, '$.a.b[1]'],
        [{ 'a b': Symbol('x') }, '$["a b"]'],
        [{ a: 2n ** 63n }, '$.a'],
        [{ a: -(2n ** 63n) - 1n }, '$.a'],
        [{ a: new Date(0) }, '$.a'],
        [{ a: new Map() }, '$.a'],
        [{ a: [undefined] }, '$.a[0]'],
        [{ a: '\ud800' }, '$.a'],
        [cycle, undefined],
        [[], '$'],
        ['text', '$'],
        [null, '$'],
        [{ __asgi_channel__: 'x' }, '$.__asgi_channel__'],
        [{ __asgi_group__: 'x' }, '$.__asgi_group__'],
      ];
      for (const [message, path] of bad) {
        const expected = { code: 'ERR_INVALID_MESSAGE', ...(path !== undefined && { path }) };
        await assert.rejects(sender.send(channel, message as Message), expected);
        await assert.rejects(sender.groupSend('strict', message as Message), expected);
      }
    },
  },
  {
    name: 'a megabyte arrives; more than maxMessageSize is refused',
    options: { maxMessageSize: 2_000_000 },
    body: async ({ sender, receiver }) => {
      const text = 'x'.repeat(1_048_576);
      const channel = await channelOf(receiver, 'large');
      const received = receiver.receive(channel);
      await receiver.ready();
      await sender.send(channel, { text });
      assert.equal(((await received)['text'] as string).length, text.length);
      const expected = { code: 'ERR_MESSAGE_TOO_LARGE' };
      await assert.rejects(sender.send(channel, { text: text + text }), expected);
      await assert.rejects(sender.groupSend('large', { text: text + text }), expected);
    },
  },
  {
    name: 'a cancelled receive loses nothing',
    options: { capacity: 1000 },
    needs: exclusive,
    body: async ({ sender, receiver, random }) => {
      const plain = await channelOf(receiver, 'cancelled');
      for (const channel of [plain, await receiver.newChannel()]) {
        const seen: unknown[] = [];
        const sending = (async () => {
          for (let n = 0; n < 200; n++) {
            await sender.send(channel, { n });
            if (n % 10 === 0) await turn();
          }
        })();
        while (seen.length < 200) {
          const stop = new AbortController();
          const received = receiver.receive(channel, { signal: stop.signal });
          if (random() < 0.5) await turn();
          if (random() < 0.5) stop.abort(new Error('enough'));
          await received.then(
            ({ n }) => seen.push(n),
            (error) => assert.equal(error.message, 'enough'),
          );
        }
        await sending;
        assert.equal(new Set(seen).size, 200, 'each once');
      }
    },
  },
  {
    name: 'several readers of a channel are served in turn',
    needs: exclusive,
    body: async ({ sender, receiver }) => {
      const channel = await channelOf(receiver, 'turn');
      const received = [1, 2, 3].map(() => receiver.receive(channel));
      await receiver.ready();
      for (let n = 0; n < 3; n++) await sender.send(channel, { n });
      assert.deepEqual(await Promise.all(received), [{ n: 0 }, { n: 1 }, { n: 2 }]);
    },
  },
  {
    name: 'a busy channel does not keep a quiet one from its messages',
    options: { capacity: 10_000 },
    needs: ({ lateReaders }) => lateReaders,
    body: async ({ sender, receiver }) => {
      const [busy, quiet] = [await channelOf(receiver, 'busy'), await channelOf(receiver, 'quiet')];
      for (let n = 0; n < 2000; n++) await sender.send(busy, { n });
      await sender.send(quiet, { n: -1 });
      assert.deepEqual(await receiver.receive(quiet), { n: -1 });
    },
  },
  {
    name: 'a hundred direct and a hundred group messages at once all arrive',
    options: { capacity: 500 },
    body: async ({ sender, receiver }) => {
      const channel = await receiver.newChannel();
      await receiver.groupAdd('storm', channel);
      await receiver.ready();
      await Promise.all(
        Array.from({ length: 100 }, (_, n) =>
          Promise.all([sender.send(channel, { n }), sender.groupSend('storm', { n: n + 100 })]),
        ),
      );
      const seen = new Set<unknown>();
      while (seen.size < 200) seen.add((await receiver.receive(channel, { timeout: 5000 }))['n']);
    },
  },
  {
    name: 'messages are encrypted for those who have the key',
    options: { symmetricEncryptionKeys: ['new', 'old'] },
    needs: ({ bytes }) => bytes,
    body: async ({ sender, receiver }) => {
      const channel = await receiver.newChannel();
      await receiver.groupAdd('secret', channel);
      const plain = await channelOf(receiver, 'plain.channel');
      await receiver.groupAdd('secret', plain);
      await sender.send(channel, { n: 1 });
      assert.deepEqual(await receiver.receive(channel), { n: 1 });
      await sender.groupSend('secret', { n: 2 });
      assert.deepEqual(await receiver.receive(channel), { n: 2 });
      assert.deepEqual(await receiver.receive(plain), { n: 2 });
    },
  },
];

/**
 * Conformance: what a channel layer has to do, as tests for any runner. "zeromq-pure/layer/conformance".
 *
 * ```ts
 * conformance({
 *   test: (name, body) => test(name, body),
 *   create: async (options) => {
 *     const layer = new MemoryLayer(options);
 *     return { layers: [layer], close: () => layer.close() };
 *   },
 * });
 * ```
 */

import assert from 'node:assert/strict';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import type { Capabilities, WaitOptions } from '../carrier.ts';
import type { Message } from '../codec/value.ts';
import type { LayerStats } from '../events.ts';
import type { LayerOptions } from '../options.ts';

/** What the tests use of a layer; ours are that, and so can others be. */
export interface AnyLayer {
  readonly extensions: readonly string[];
  readonly capabilities: Capabilities;
  send(channel: string, message: Message): Promise<void>;
  receive(channel: string, options?: WaitOptions): Promise<Message>;
  messages(channel: string, options?: { signal?: AbortSignal }): AsyncIterableIterator<Message>;
  newChannel(prefix?: string): Promise<string>;
  groupAdd(group: string, channel: string): Promise<void>;
  groupDiscard(group: string, channel: string): Promise<void>;
  groupSend(group: string, message: Message, options?: { except?: string }): Promise<void>;
  flush(): Promise<void>;
  ready(options?: WaitOptions): Promise<void>;
  close(): Promise<void>;
  stats(): LayerStats | Promise<LayerStats>;
}

/** Layers that make one: the first is the one that sends. The others, if any, are as in other processes. */
export interface Deployment {
  readonly layers: readonly AnyLayer[];
  close(): Promise<void>;
}

/** What to test, and with what. */
export interface ConformanceOptions {
  /** Declares a test, as most runners have it. */
  test(name: string, body: () => Promise<void>): void;
  /** A fresh deployment with these options; options that cannot be followed may be left out. */
  create(options: LayerOptions): Promise<Deployment>;
  /** False: `clock` has no effect, and tests with it are left out. Default true. */
  clock?: boolean;
}

/** Declare the tests. Those for what the layer's `capabilities` do not claim pass without doing anything. */
export function conformance({ test, create, clock = true }: ConformanceOptions): void {
  for (const { name, options = {}, needs, timed, body } of CASES) {
    if (timed && !clock) continue;
    test(name, async () => {
      const time = new Time();
      const deployment = await create(timed ? { ...options, clock: () => time.now } : options);
      try {
        const sender = deployment.layers[0]!;
        const receiver = deployment.layers[1] ?? sender;
        const other = deployment.layers[2] ?? receiver;
        if (needs !== undefined && !needs(sender.capabilities)) return;
        await within(20, body({ sender, receiver, other, time }));
      } finally {
        await deployment.close();
      }
    });
  }
}

interface Stage {
  readonly sender: AnyLayer;
  readonly receiver: AnyLayer;
  readonly other: AnyLayer;
  readonly time: Time;
}

interface Case {
  readonly name: string;
  readonly options?: LayerOptions;
  readonly needs?: (capabilities: Capabilities) => boolean;
  /** Turns the clock by hand. */
  readonly timed?: boolean;
  body(stage: Stage): Promise<void>;
}

/** A clock that goes when it is told to. */
class Time {
  now = 1000;
}

const single = ({ delivery }: Capabilities): boolean => delivery === 'one-reader';

const CASES: readonly Case[] = [
  {
    name: 'a message arrives as it was sent',
    body: async ({ sender, receiver }) => {
      const message = { type: 'test.message', text: 'Ahoy-hoy!', n: [1, { a: null }], b: true };
      const received = receiver.receive('test-channel');
      await receiver.ready();
      await sender.send('test-channel', message);
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
      await sender.send('values', message);
      const received = await receiver.receive('values');
      assert.deepEqual(received, message);
      assert.ok(Object.is((received['doubles'] as number[])[1], -0), 'minus zero');
      const proto = JSON.parse('{"__proto__": {"polluted": true}, "x": 1}') as Message;
      await sender.send('values', proto);
      const hostile = await receiver.receive('values');
      assert.deepEqual(Object.keys(hostile).sort(), ['__proto__', 'x']);
      assert.equal(Object.getPrototypeOf(hostile), Object.prototype);
      await sender.send('values', { here: 1, gone: undefined });
      assert.deepEqual(Object.keys(await receiver.receive('values')), ['here']);
    },
  },
  {
    name: 'a message waits for a reader that comes later',
    needs: ({ lateReaders }) => lateReaders,
    body: async ({ sender, receiver }) => {
      await sender.send('late', { n: 1 });
      assert.deepEqual(await receiver.receive('late', { timeout: 10 }), { n: 1 });
    },
  },
  {
    name: 'one writer and one reader: first in, first out',
    options: { capacity: 2000 },
    needs: ({ lateReaders }) => lateReaders,
    body: async ({ sender, receiver }) => {
      const own = await receiver.newChannel();
      for (const channel of ['ordered', own]) {
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
    name: 'channels whose names begin alike do not mix',
    needs: ({ lateReaders }) => lateReaders,
    body: async ({ sender, receiver }) => {
      const names = ['chan', 'chan1', 'chan11', 'chan1.1', 'c'];
      for (const name of names) await sender.send(name, { name });
      for (const name of names) assert.deepEqual(await receiver.receive(name), { name });
    },
  },
  {
    name: 'over capacity, send rejects with ChannelFull; with room again it does not',
    options: { capacity: 3 },
    needs: ({ confirmed }) => confirmed,
    body: async ({ sender, receiver }) => {
      for (const channel of ['narrow', await receiver.newChannel()]) {
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
    needs: ({ confirmed }) => confirmed,
    body: async ({ sender, receiver }) => {
      await sender.send('full', { n: 1 });
      await assert.rejects(sender.send('full', { n: 2 }), { code: 'ERR_CHANNEL_FULL' });
      await sender.send('free', { n: 3 });
      assert.deepEqual(await receiver.receive('free'), { n: 3 });
    },
  },
  {
    name: 'process-specific channels share the capacity of the part before !',
    options: { capacity: 2 },
    needs: ({ confirmed }) => confirmed,
    body: async ({ sender, receiver }) => {
      const [a, b, c] = [
        await receiver.newChannel('shared'),
        await receiver.newChannel('shared'),
        await receiver.newChannel('other'),
      ];
      for (const [one, two, three] of [
        [a, b, c],
        ['made.up!a', 'made.up!b', 'else!c'],
      ] as const) {
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
    needs: ({ confirmed }) => confirmed,
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
    needs: single,
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
    needs: single,
    body: async ({ sender, receiver, other }) => {
      const channel = await receiver.newChannel();
      const first = receiver.receive(channel);
      for (const layer of [receiver, other]) {
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
    name: 'groupSend passes over full members, counts them, and never rejects',
    options: { capacity: 3 },
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
    name: 'a group message that many channels of a process get counts once',
    options: { capacity: 10 },
    needs: single,
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
    name: 'a group and a channel may have the same name',
    needs: ({ separateNames }) => separateNames,
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
    name: 'except leaves channels out',
    needs: single,
    body: async ({ sender, receiver }) => {
      const [a, b] = [await receiver.newChannel(), await receiver.newChannel()];
      for (const channel of [a, b, 'plain']) await receiver.groupAdd('others', channel);
      await sender.groupSend('others', { n: 1 }, { except: a });
      await sender.groupSend('others', { n: 2 }, { except: 'plain' });
      assert.deepEqual(await receiver.receive(b), { n: 1 });
      assert.deepEqual(await receiver.receive(b), { n: 2 });
      assert.deepEqual(await receiver.receive(a), { n: 2 });
      assert.deepEqual(await receiver.receive('plain'), { n: 1 });
      await silent(receiver, 'plain');
    },
  },
  {
    name: 'an unread message expires, and makes room',
    options: { expiry: 3, capacity: 2 },
    timed: true,
    needs: ({ confirmed }) => confirmed,
    body: async ({ sender, receiver, time }) => {
      await sender.send('mortal', { n: 1 });
      time.now += 2;
      await sender.send('mortal', { n: 2 });
      await assert.rejects(sender.send('mortal', { n: 3 }), { code: 'ERR_CHANNEL_FULL' });
      time.now += 1.5;
      await sender.send('mortal', { n: 4 });
      assert.deepEqual(await receiver.receive('mortal'), { n: 2 });
      assert.deepEqual(await receiver.receive('mortal'), { n: 4 });
      await sender.send('mortal', { n: 5 });
      time.now += 4;
      await silent(receiver, 'mortal');
    },
  },
  {
    name: 'gaps between messages: only what is older than expiry is gone',
    options: { expiry: 3 },
    timed: true,
    needs: single,
    body: async ({ sender, receiver, time }) => {
      const member = await receiver.newChannel();
      await receiver.groupAdd('gaps', member);
      const sends = [
        ['gap.plain', (n: number) => sender.send('gap.plain', { n })],
        [member, (n: number) => sender.groupSend('gaps', { n })],
      ] as const;
      for (const [channel, send] of sends) {
        for (const [gap, gone] of [
          [1, 0],
          [2, 1],
        ] as const) {
          for (let n = 0; n < 3; n++) {
            if (n > 0) time.now += gap;
            const { delivered } = await receiver.stats();
            await send(n);
            if (channel === member) await arrived(receiver, delivered + 1);
          }
          for (let n = gone; n < 3; n++) assert.deepEqual(await receiver.receive(channel), { n });
          await silent(receiver, channel);
          // Nobody wants the next one before it is there.
          await receiver.ready();
        }
      }
    },
  },
  {
    name: 'localExpiry: how long a message waits in the process that reads it',
    options: { expiry: 10, localExpiry: 2 },
    timed: true,
    needs: single,
    body: async ({ sender, receiver, time }) => {
      const channel = await receiver.newChannel();
      await receiver.groupAdd('impatient', channel);
      await sender.groupSend('impatient', { n: 1 });
      await arrived(receiver, 1);
      time.now += 3;
      await sender.groupSend('impatient', { n: 2 });
      assert.deepEqual(await receiver.receive(channel), { n: 2 });
    },
  },
  {
    name: 'localCapacity: beyond it members are passed over, and counted',
    options: { localCapacity: 5 },
    needs: single,
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
  {
    name: 'group messages expire for each member on its own',
    options: { expiry: 3 },
    timed: true,
    needs: single,
    body: async ({ sender, receiver, time }) => {
      const [a, b] = [await receiver.newChannel(), await receiver.newChannel()];
      for (const channel of [a, b]) await receiver.groupAdd('aging', channel);
      await sender.groupSend('aging', { n: 1 });
      assert.deepEqual(await receiver.receive(a), { n: 1 });
      time.now += 2;
      await sender.groupSend('aging', { n: 2 });
      assert.deepEqual(await receiver.receive(a), { n: 2 });
      time.now += 2;
      assert.deepEqual(await receiver.receive(b), { n: 2 });
      await sender.groupSend('aging', { n: 3 });
      assert.deepEqual(await receiver.receive(b), { n: 3 }, 'still a member');
    },
  },
  {
    name: 'a membership ends groupExpiry after the last groupAdd',
    options: { groupExpiry: 10 },
    timed: true,
    body: async ({ sender, receiver, time }) => {
      const [a, b] = [await receiver.newChannel(), await receiver.newChannel()];
      await receiver.groupAdd('brief', a);
      await receiver.groupAdd('brief', b);
      time.now += 6;
      await receiver.groupAdd('brief', a);
      time.now += 6;
      await sender.groupSend('brief', { n: 1 });
      assert.deepEqual(await receiver.receive(a), { n: 1 });
      await silent(receiver, b);
    },
  },
  {
    name: 'nobody else receives from a channel that newChannel has made',
    needs: single,
    body: async ({ receiver, other }) => {
      if (other === receiver) return;
      const channel = await receiver.newChannel();
      const refused = { code: 'ERR_INVALID_NAME', message: /reads it alone/ };
      await assert.rejects(other.receive(channel), refused);
    },
  },
  {
    name: 'nothing is kept of a channel that is read empty',
    needs: single,
    body: async ({ sender, receiver }) => {
      for (const n of [1, 2]) await sender.send('emptied', { n });
      for (const n of [1, 2]) assert.deepEqual(await receiver.receive('emptied'), { n });
      await receiver.ready();
      await eventually(async () => {
        const [here, there] = [await sender.stats(), await receiver.stats()];
        return here.channels + there.channels === 0;
      });
    },
  },
  {
    name: 'names are strict ASCII, at most 100 characters',
    body: async ({ sender, receiver }) => {
      const long = 'a'.repeat(100);
      for (const name of ['chat', 'a.b-c_D9', 'pre!post', 'pre!', long]) {
        await sender.send(name, {});
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
  {
    name: 'what no message can hold is refused, with its path',
    body: async ({ sender }) => {
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
        await assert.rejects(sender.send('strict', message as Message), expected);
        await assert.rejects(sender.groupSend('strict', message as Message), expected);
      }
    },
  },
  {
    name: 'a megabyte arrives; more than maxMessageSize is refused',
    options: { maxMessageSize: 2_000_000 },
    body: async ({ sender, receiver }) => {
      const text = 'x'.repeat(1_048_576);
      const received = receiver.receive('large');
      await receiver.ready();
      await sender.send('large', { text });
      assert.equal(((await received)['text'] as string).length, text.length);
      const expected = { code: 'ERR_MESSAGE_TOO_LARGE' };
      await assert.rejects(sender.send('large', { text: text + text }), expected);
      await assert.rejects(sender.groupSend('large', { text: text + text }), expected);
    },
  },
  {
    name: 'a cancelled receive loses nothing',
    options: { capacity: 1000 },
    needs: single,
    body: async ({ sender, receiver }) => {
      for (const channel of ['cancelled', await receiver.newChannel()]) {
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
          if (Math.random() < 0.5) await turn();
          if (Math.random() < 0.5) stop.abort(new Error('enough'));
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
    name: 'receive gives up after its time-out, and with its signal',
    body: async ({ receiver }) => {
      await assert.rejects(receiver.receive('nothing', { timeout: 0.02 }), { code: 'ERR_TIMEOUT' });
      const reason = new Error('reason');
      await assert.rejects(
        receiver.receive('nothing', { signal: AbortSignal.abort(reason) }),
        reason,
      );
    },
  },
  {
    name: 'several readers of a channel are served in turn',
    needs: single,
    body: async ({ sender, receiver }) => {
      const received = [
        receiver.receive('turn'),
        receiver.receive('turn'),
        receiver.receive('turn'),
      ];
      await receiver.ready();
      for (let n = 0; n < 3; n++) await sender.send('turn', { n });
      assert.deepEqual(await Promise.all(received), [{ n: 0 }, { n: 1 }, { n: 2 }]);
    },
  },
  {
    name: 'messages is a loop that ends when it is left or aborted',
    needs: single,
    body: async ({ sender, receiver }) => {
      for (let n = 0; n < 5; n++) await sender.send('loop', { n });
      const seen: unknown[] = [];
      for await (const { n } of receiver.messages('loop')) {
        seen.push(n);
        if (seen.length === 3) break;
      }
      const stop = new AbortController();
      for await (const { n } of receiver.messages('loop', { signal: stop.signal })) {
        seen.push(n);
        if (seen.length === 5) stop.abort();
      }
      assert.deepEqual(seen, [0, 1, 2, 3, 4]);
    },
  },
  {
    name: 'a busy channel does not keep a quiet one from its messages',
    options: { capacity: 10_000 },
    needs: ({ lateReaders }) => lateReaders,
    body: async ({ sender, receiver }) => {
      for (let n = 0; n < 2000; n++) await sender.send('busy', { n });
      await sender.send('quiet', { n: -1 });
      assert.deepEqual(await receiver.receive('quiet'), { n: -1 });
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
      while (seen.size < 200) seen.add((await receiver.receive(channel, { timeout: 5 }))['n']);
    },
  },
  {
    name: 'flush forgets messages and memberships',
    needs: single,
    body: async ({ sender, receiver }) => {
      const channel = await receiver.newChannel();
      await receiver.groupAdd('flushed', channel);
      await sender.send('flushed', { n: 1 });
      await sender.send(channel, { n: 2 });
      await sender.flush();
      await sender.groupSend('flushed', { n: 3 });
      await silent(receiver, channel);
      await silent(receiver, 'flushed');
      await sender.send(channel, { n: 4 });
      assert.deepEqual(await receiver.receive(channel), { n: 4 });
    },
  },
  {
    name: 'extensions say what is there',
    body: async ({ sender }) => {
      assert.ok(sender.extensions.includes('groups'));
      assert.ok(sender.extensions.includes('flush'));
    },
  },
  {
    name: 'messages are encrypted for those who have the key',
    options: { symmetricEncryptionKeys: ['new', 'old'] },
    needs: ({ bytes }) => bytes,
    body: async ({ sender, receiver }) => {
      const channel = await receiver.newChannel();
      await receiver.groupAdd('secret', channel);
      await receiver.groupAdd('secret', 'plain.channel');
      await sender.send(channel, { n: 1 });
      assert.deepEqual(await receiver.receive(channel), { n: 1 });
      await sender.groupSend('secret', { n: 2 });
      assert.deepEqual(await receiver.receive(channel), { n: 2 });
      assert.deepEqual(await receiver.receive('plain.channel'), { n: 2 });
    },
  },
  {
    name: 'close ends those who wait, with LayerClosed',
    body: async ({ receiver }) => {
      const received = [receiver.receive('closing'), receiver.receive(await receiver.newChannel())];
      const loop = (async () => {
        for await (const message of receiver.messages('closing')) assert.fail(`got ${message}`);
      })();
      await turn();
      const expected = { code: 'ERR_LAYER_CLOSED' };
      const ends = received.map((waiting) => assert.rejects(waiting, expected));
      await receiver.close();
      await Promise.all([...ends, loop]);
      await assert.rejects(receiver.receive('closing'), expected);
      await assert.rejects(receiver.send('closing', {}), expected);
      await assert.rejects(receiver.groupAdd('closing', 'x'), expected);
      await assert.rejects(receiver.groupSend('closing', {}), expected);
      await assert.rejects(receiver.newChannel(), expected);
      await receiver.close();
    },
  },
];

/** Nothing waits at `channel`, and nothing is on its way: what is sent after it has arrived. */
async function silent(layer: AnyLayer, channel: string): Promise<void> {
  await layer.ready();
  const message = await layer.receive(channel, { timeout: 0.05 }).catch((error) => {
    if (error.code !== 'ERR_TIMEOUT') throw error;
    return undefined;
  });
  assert.equal(message, undefined, `nothing in ${channel}`);
}

/** `count` messages have been put into channels of the layer, since it was made. */
function arrived(layer: AnyLayer, count: number): Promise<void> {
  return eventually(async () => (await layer.stats()).delivered >= count);
}

async function eventually(done: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 5000;
  for (;;) {
    try {
      if (await done()) return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    if (performance.now() > end) assert.fail('it does not happen');
    await turn();
  }
}

async function within(seconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${seconds} s`)), seconds * 1000);
  });
  try {
    await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The limits measured on channels_zmq 0.1, Z1 to Z11: ours does not have them. */

import t, { type Test } from 'tap';
import { type ChannelLayer, DedicatedLayer, EmbeddedLayer, Hub } from '../../src/layer/index.ts';
import type { LayerOptions } from '../../src/layer/options.ts';
import { freeAddress } from '../support/layer/layer-addresses.ts';

type Pair = (
  t: Test,
  options?: LayerOptions,
) => Promise<[ChannelLayer, ChannelLayer, ChannelLayer]>;

const kinds: Record<string, Pair> = {
  embedded: async (t, options) => {
    const address = freeAddress();
    const make = () => use(t, new EmbeddedLayer({ address, ...options }));
    return [make(), make(), make()];
  },
  dedicated: async (t, options) => {
    const bind = freeAddress();
    const hub = new Hub({ bind });
    await hub.start();
    const make = () => use(t, new DedicatedLayer({ hub: bind, ...options }));
    const layers = [make(), make(), make()] as [DedicatedLayer, DedicatedLayer, DedicatedLayer];
    t.teardown(() => hub.close());
    return layers;
  },
};

for (const [kind, make] of Object.entries(kinds)) {
  t.test(kind, async (t) => {
    await t.test(
      'Z1: what is sent to newChannel() is received there, without extra keys',
      async (t) => {
        const [sender, receiver] = await make(t);
        const channel = await receiver.newChannel();
        await sender.send(channel, { n: 1 });
        t.strictSame(await receiver.receive(channel), { n: 1 });
      },
    );

    await t.test('Z2: an ordinary channel read by two layers delivers to one', async (t) => {
      const [sender, one, two] = await make(t);
      const readers = [one.receive('jobs'), two.receive('jobs')];
      await sender.send('jobs', { n: 1 });
      t.same(await Promise.race(readers), { n: 1 });
      await sender.send('jobs', { n: 2 });
      const both = await Promise.all(readers);
      t.same(both.map(({ n }) => n).sort(), [1, 2]);
    });

    await t.test('Z3: a channel message does not reach the group of that name', async (t) => {
      const [sender, receiver] = await make(t);
      const channel = await receiver.newChannel();
      await receiver.groupAdd('room', channel);
      await sender.send('room', { n: 1 });
      await sender.groupSend('room', { n: 2 });
      t.same(await receiver.receive(channel), { n: 2 });
      t.same(await receiver.receive('room'), { n: 1 });
    });

    await t.test('Z4: add, add, discard: not a member', async (t) => {
      const [sender, receiver] = await make(t);
      const channel = await receiver.newChannel();
      await receiver.groupAdd('g', channel);
      await receiver.groupAdd('g', channel);
      await receiver.groupDiscard('g', channel);
      await sender.groupSend('g', { n: 1 });
      await sender.send(channel, { n: 2 });
      t.same(await receiver.receive(channel), { n: 2 });
    });

    await t.test('Z5: the first message arrives, waited for or not', async (t) => {
      const [sender, receiver] = await make(t);
      const channel = await receiver.newChannel();
      const received = receiver.receive('waiting');
      await receiver.groupAdd('g', channel);
      await sender.groupSend('g', { n: 1 });
      await sender.send('waiting', { n: 2 });
      await sender.send('later', { n: 3 });
      t.same(await receiver.receive(channel), { n: 1 });
      t.same(await received, { n: 2 });
      t.same(await receiver.receive('later'), { n: 3 });
    });

    await t.test('Z6: five thousand channels in one process', async (t) => {
      const [sender, receiver] = await make(t);
      const names = Array.from({ length: 5000 }, (_, n) => `channel.${n}`);
      const own = await Promise.all(names.map(() => receiver.newChannel()));
      const received = [...names, ...own].map((name) => receiver.receive(name));
      await Promise.all(own.map((channel, n) => receiver.groupAdd(`group.${n % 500}`, channel)));
      await sender.send('channel.4999', { n: 1 });
      t.same(await received[4999], { n: 1 });
      await sender.groupSend('group.499', { n: 2 });
      t.same(await received[9999], { n: 2 });
      t.match(receiver.stats(), { waiting: 9989, groups: 500 });
      for (const waiting of received) waiting.catch(() => {});
    });

    await t.test(
      'Z7, Z8: capacity is a number of messages, and the sender learns of it',
      async (t) => {
        const [sender, receiver] = await make(t, { capacity: 100 });
        const channel = await receiver.newChannel();
        await receiver.groupAdd('g', channel);
        for (const name of [channel, 'nobody.reads']) {
          const outcomes = await Promise.allSettled(
            Array.from({ length: 1000 }, (_, n) =>
              sender.send(name, { n, text: 'x'.repeat(1000) }),
            ),
          );
          const refused = outcomes.filter(({ status }) => status === 'rejected');
          t.equal(refused.length, 900);
          t.ok(
            refused.every(
              (outcome) => 'reason' in outcome && outcome.reason.code === 'ERR_CHANNEL_FULL',
            ),
          );
        }
        for (let n = 0; n < 200; n++) await sender.groupSend('g', { n });
        for (let n = 0; n < 100; n++) t.match(await receiver.receive(channel), { n });
        t.equal(sender.stats().lost, 0);
      },
    );

    await t.test('Z10: bytes, wide integers and infinities arrive, or are refused', async (t) => {
      const [sender, receiver] = await make(t);
      const message = {
        bytes: new Uint8Array([0, 255]),
        wide: 2n ** 62n,
        inf: -Number.POSITIVE_INFINITY,
      };
      await sender.send('values', message);
      t.strictSame(await receiver.receive('values'), message);
      await t.rejects(sender.send('values', { n: 2n ** 70n }), { message: /^\$\.n: / });
    });

    await t.test('Z11: discarding a stranger opens nothing', async (t) => {
      const [, receiver] = await make(t);
      await receiver.groupDiscard('g', 'stranger');
      t.match(receiver.stats(), { channels: 0, groups: 0 });
    });
  });
}

t.test('Z9: many producers, with the dedicated layer that the refusal names', async (t) => {
  const address = freeAddress();
  const [one, two] = [0, 1].map(() => use(t, new EmbeddedLayer({ address })));
  await one!.send('a', {});
  await t.rejects(two!.send('a', {}), { message: /DedicatedLayer/ });
  const [first, second, third] = await kinds['dedicated']!(t);
  await Promise.all([first, second, third].map((layer, n) => layer.send('a', { n })));
  const seen = [await first.receive('a'), await first.receive('a'), await first.receive('a')];
  t.same(seen.map(({ n }) => n).sort(), [0, 1, 2]);
});

function use<L extends { close(): Promise<void> }>(t: Test, layer: L): L {
  t.teardown(() => layer.close());
  return layer;
}

/** Events and counters: each thing that can happen to a message or a process is told. */

import { once } from 'node:events';
import t, { type Test } from 'tap';
import { DedicatedLayer, EmbeddedLayer, Hub, MemoryLayer } from '../../src/layer/index.ts';
import { freeAddress } from '../support/layer/layer-addresses.ts';

t.test('full, skipped, backpressure and expired', async (t) => {
  let now = 0;
  const layer = use(t, new MemoryLayer({ capacity: 2, expiry: 5000, clock: () => now }));
  const told = listen(layer, 'full', 'skipped', 'backpressure', 'expired');
  for (let n = 0; n < 2; n++) await layer.send('small', { n });
  await t.rejects(layer.send('small', { n: 2 }), { code: 'ERR_CHANNEL_FULL', channel: 'small' });
  await layer.groupAdd('g', 'small');
  await layer.groupAdd('g', 'free');
  await layer.groupSend('g', { n: 3 });
  await layer.groupSend('g', { n: 4 });
  now = 6000;
  await layer.send('small', { n: 5 });
  t.same(await layer.receive('small'), { n: 5 });
  t.same(told, [
    ['full', { channel: 'small' }],
    ['skipped', { group: 'g', channels: ['small'] }],
    // The first report names the largest; the next comes after a while.
    [
      'backpressure',
      {
        channels: [
          ['small', 2],
          ['free', 1],
        ],
      },
    ],
    ['skipped', { group: 'g', channels: ['small'] }],
    ['expired', { channel: 'small', count: 2 }],
  ]);
  t.match(layer.stats(), { sent: 3, groupSent: 2, received: 1, full: 1, skipped: 2, expired: 2 });
  t.match(layer.stats(), { channels: 1, unread: 2, waiting: 0, groups: 1, memberships: 2 });
});

t.test('what is unread when a layer is closed is lost, and told', async (t) => {
  const layer = new MemoryLayer();
  const told = listen(layer, 'lost', 'close');
  await layer.send('a', {});
  await layer.send('b', {});
  {
    await using closing = layer;
    t.equal(closing.closed, false);
  }
  t.equal(layer.closed, true);
  t.same(told, [
    ['lost', { count: 2, why: 'unread when the layer was closed' }],
    ['close', undefined],
  ]);
  t.equal(layer.stats().lost, 2);
});

t.test('consumers come to a producer, and go', async (t) => {
  const address = freeAddress();
  const producer = use(t, new EmbeddedLayer({ address }));
  await producer.bind();
  const joined = once(producer.events, 'peer:join');
  const consumer = use(t, new EmbeddedLayer({ address }));
  const connected = once(consumer.events, 'connect');
  await consumer.groupAdd('g', await consumer.newChannel());
  const [{ peer }] = await joined;
  t.match(await connected, [{ address, restarted: false }]);
  t.equal(producer.stats().peers, 1);
  const left = once(producer.events, 'peer:leave');
  await consumer.close();
  t.same(await left, [{ peer }]);
  t.equal(producer.stats().peers, 0);
});

t.test('ready waits for a hub, but not for ever', async (t) => {
  const layer = use(t, new DedicatedLayer({ hub: freeAddress() }));
  await t.rejects(layer.ready({ timeout: 50 }), { code: 'ERR_TIMEOUT' });
  const reason = new Error('enough');
  await t.rejects(layer.ready({ signal: AbortSignal.abort(reason) }), reason);
  const stop = new AbortController();
  const waiting = layer.ready({ signal: stop.signal });
  stop.abort(reason);
  await t.rejects(waiting, reason);
  const closing = layer.ready();
  await layer.close();
  await t.rejects(closing, { code: 'ERR_LAYER_CLOSED' });
});

t.test(
  'a hub that comes back twice: memberships stay, and what it held is lost and told',
  async (t) => {
    const bind = freeAddress();
    const start = async (): Promise<Hub> => {
      const hub = new Hub({ bind });
      await hub.start();
      return hub;
    };
    let hub = await start();
    t.teardown(() => hub.close());
    const [sender, receiver] = [0, 1].map(() => use(t, new DedicatedLayer({ hub: bind }))) as [
      DedicatedLayer,
      DedicatedLayer,
    ];
    const [member, other] = await Promise.all([receiver.newChannel(), receiver.newChannel()]);
    await receiver.groupAdd('room', member);
    await receiver.groupAdd('room', other);
    await receiver.groupDiscard('room', other);
    await sender.ready();
    for (let round = 1; round <= 2; round++) {
      for (let n = 0; n < 3; n++) await sender.send('held', { n });
      await sender.send('read', { n: 3 });
      t.same(await receiver.receive('read'), { n: 3 });
      // So that the hub knows before it tells the sender what it holds.
      await receiver.ready();
      await sender.send('held', { n: 4 });
      t.equal(sender.stats().lost, (round - 1) * 4);

      const gone = [sender, receiver].map((layer) => once(layer.events, 'disconnect'));
      const lost = once(sender.events, 'lost');
      const lostThere = once(hub.events, 'lost');
      await hub.close();
      await Promise.all(gone);
      t.match(await lostThere, [{ count: 4 }]);
      const back = [sender, receiver].map((layer) => once(layer.events, 'connect'));
      hub = await start();
      for (const [event] of await Promise.all(back)) t.match(event, { restarted: true });
      t.same(await lost, [{ count: 4, why: 'in a hub that is gone' }]);
      t.equal(receiver.stats().lost, 0, 'who has sent nothing has lost nothing');

      await sender.groupSend('room', { round });
      t.same(await receiver.receive(member), { round });
      await receiver.ready();
      await t.rejects(receiver.receive(other, { timeout: 50 }), { code: 'ERR_TIMEOUT' });
    }
  },
);

/** Collects events of these names, in order. */
function listen(
  layer: MemoryLayer,
  ...names: ('full' | 'skipped' | 'backpressure' | 'expired' | 'lost' | 'close')[]
) {
  const told: [string, unknown][] = [];
  for (const name of names) layer.events.on(name, (event?: unknown) => told.push([name, event]));
  return told;
}

function use<L extends { close(): Promise<void> }>(t: Test, layer: L): L {
  t.teardown(() => layer.close());
  return layer;
}

/** Memberships that are begun and ended before there is a hub: what was said last counts. */

import t from 'tap';
import { DedicatedLayer, Hub } from '../../src/layer/index.ts';
import { freeAddress } from '../support/layer-addresses.ts';

t.test('of a channel of our own, and of one that another process reads', async (t) => {
  const [pull, pub] = [freeAddress(), freeAddress()];
  const [reader, other] = [0, 1].map(() => new DedicatedLayer({ push: pull, pub })) as [
    DedicatedLayer,
    DedicatedLayer,
  ];
  const hub = new Hub({ pull, pub });
  t.teardown(async () => {
    for (const each of [reader, other, hub]) await each.close();
  });
  const channel = await reader.newChannel();
  const said = [reader, other].flatMap((layer, n) => [
    layer.groupAdd(`stays.${n}`, channel),
    layer.groupDiscard(`stays.${n}`, channel),
    layer.groupAdd(`stays.${n}`, channel),
    layer.groupAdd(`goes.${n}`, channel),
    layer.groupDiscard(`goes.${n}`, channel),
  ]);
  await hub.start();
  await Promise.all(said);
  // So that the hub's answers are here as well.
  for (const layer of [reader, other, reader]) await layer.ready();
  for (const n of [0, 1]) {
    await other.groupSend(`goes.${n}`, { lost: n });
    await other.groupSend(`stays.${n}`, { n });
  }
  for (const n of [0, 1]) t.same(await reader.receive(channel, { timeout: 10 }), { n });
  await t.rejects(reader.receive(channel, { timeout: 0.1 }), { code: 'ERR_TIMEOUT' });
});

/** Memberships that are begun and ended where the hub does not hear it at once: what was said last counts. */

import t, { type Test } from 'tap';
import { DedicatedLayer, Hub } from '../../../src/layer/index.ts';
import { FaultProxy } from '../../support/faults/proxy.ts';
import { freeAddress } from '../../support/layer/layer-addresses.ts';
import { turns } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

t.test(
  'before there is a hub: of a channel of our own, and of one that another process reads',
  async (t) => {
    const bind = freeAddress();
    const [reader, other] = [0, 1].map(() => new DedicatedLayer({ hub: bind })) as [
      DedicatedLayer,
      DedicatedLayer,
    ];
    const hub = new Hub({ bind });
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
    for (const n of [0, 1]) t.same(await reader.receive(channel, { timeout: PATIENCE }), { n });
    await t.rejects(reader.receive(channel, { timeout: 100 }), { code: 'ERR_TIMEOUT' });
  },
);

interface Scene {
  /** Made the channel, and reads it. */
  readonly reader: DedicatedLayer;
  readonly other: DedicatedLayer;
  readonly channel: string;
  /** The connection of one of them. */
  readonly proxy: FaultProxy;
}

async function scene(t: Test, proxied: 'reader' | 'other'): Promise<Scene> {
  const bind = freeAddress();
  const hub = new Hub({ bind });
  await hub.start();
  const proxy = await FaultProxy.open(t, bind);
  const at = (who: string) => (who === proxied ? proxy.endpoint : bind);
  const reader = new DedicatedLayer({ hub: at('reader') });
  const other = new DedicatedLayer({ hub: at('other') });
  t.teardown(async () => {
    for (const each of [reader, other, hub]) await each.close();
  });
  return { reader, other, channel: await reader.newChannel(), proxy };
}

t.test('ended on a connection that is lost: said again, also to the same hub', async (t) => {
  const { reader, other, channel, proxy } = await scene(t, 'other');
  for (const group of ['goes', 'returns']) await other.groupAdd(group, channel);
  proxy.silence();
  const said = [
    other.groupDiscard('goes', channel),
    other.groupDiscard('returns', channel),
    other.groupAdd('returns', channel),
  ];
  await turns(10);
  proxy.reset();
  await Promise.all(said);
  await other.groupSend('goes', { lost: true });
  await other.groupSend('returns', { here: true });
  t.same(await reader.receive(channel, { timeout: PATIENCE }), { here: true });
  await t.rejects(reader.receive(channel, { timeout: 100 }), { code: 'ERR_TIMEOUT' });
});

t.test('ended by another, while the connection of who reads is lost', async (t) => {
  const { reader, other, channel, proxy } = await scene(t, 'reader');
  for (const group of ['goes', 'returns']) await reader.groupAdd(group, channel);
  proxy.silence();
  await other.groupSend('goes', { n: 0 });
  await other.groupDiscard('goes', channel);
  await other.groupDiscard('returns', channel);
  await other.groupSend('goes', { lost: true });
  const returned = reader.groupAdd('returns', channel);
  proxy.reset();
  await returned;
  await other.groupSend('goes', { lost: true });
  await other.groupSend('returns', { n: 1 });
  for (const n of [0, 1]) t.same(await reader.receive(channel, { timeout: PATIENCE }), { n });
  await t.rejects(reader.receive(channel, { timeout: 100 }), { code: 'ERR_TIMEOUT' });
});

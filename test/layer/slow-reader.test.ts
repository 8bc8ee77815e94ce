/** A member of a group that does not read, on a real connection: it costs itself messages, counted, and nobody else anything. */

import t from 'tap';
import { DedicatedLayer, Hub } from '../../src/layer/index.ts';
import { freeAddress } from '../support/layer/layer-addresses.ts';
import { PATIENCE } from '../support/patience.ts';

const COUNT = 500;
const CAPACITY = 20;

t.test('a slow reader of a group', async (t) => {
  const bind = freeAddress();
  const hub = new Hub({ bind });
  await hub.start();
  const options = { hub: bind, capacity: CAPACITY };
  const [producer, slow, quick] = [0, 1, 2].map(() => new DedicatedLayer(options)) as [
    DedicatedLayer,
    DedicatedLayer,
    DedicatedLayer,
  ];
  t.teardown(async () => {
    for (const each of [producer, slow, quick, hub]) await each.close();
  });
  const [unread, sibling, read] = [
    await slow.newChannel('a'),
    await slow.newChannel('b'),
    await quick.newChannel(),
  ];
  await Promise.all([slow.groupAdd('g', unread), quick.groupAdd('g', read)]);
  const skipped: string[] = [];
  slow.events.on('skipped', ({ channels }) => skipped.push(...channels));
  for (let n = 0; n < COUNT; n++) {
    await producer.groupSend('g', { n });
    t.same(await quick.receive(read, { timeout: PATIENCE }), { n });
  }
  // What was sent to the slow one is there when something later is.
  const waiting = slow.receive(sibling, { timeout: PATIENCE });
  await slow.ready();
  await producer.send(sibling, { n: COUNT });
  t.same(await waiting, { n: COUNT }, 'a reader of the same process is served');
  t.match(slow.stats(), { unread: CAPACITY, skipped: COUNT - CAPACITY, lost: 0 });
  t.same(skipped, Array(COUNT - CAPACITY).fill(unread), 'each of them is reported');
  t.match(quick.stats(), { received: COUNT, skipped: 0, lost: 0 });
  t.match(hub.stats(), { lost: 0, peers: 3 });
  for (let n = 0; n < CAPACITY; n++) t.same(await slow.receive(unread), { n });
  await producer.groupSend('g', { n: -1 });
  t.same(await slow.receive(unread, { timeout: PATIENCE }), { n: -1 }, 'who reads again gets more');
});

/** One hub at several endpoints, of different transports. */

import t from 'tap';
import { DedicatedLayer, Hub } from '../../src/layer/index.ts';
import { freeAddress } from '../support/layer/layer-addresses.ts';

t.test('layers at any of its endpoints reach each other', async (t) => {
  const bind = ['tcp://127.0.0.1:0', 'ws://127.0.0.1:0', freeAddress()];
  const hub = new Hub({ bind });
  t.strictSame(hub.stats().endpoints, []);
  await hub.start();
  t.teardown(() => hub.close());
  const { endpoints, bind: first } = hub.stats();
  t.match(endpoints, [/^tcp:\/\/127\.0\.0\.1:[1-9]/, /^ws:\/\/127\.0\.0\.1:[1-9]/, bind[2]!]);
  t.equal(first, endpoints[0]);

  const layers = endpoints.map((at) => new DedicatedLayer<{ n: number }>({ hub: at }));
  t.teardown(() => Promise.all(layers.map((layer) => layer.close())));
  const channels = await Promise.all(layers.map((layer) => layer.newChannel()));
  await Promise.all(layers.map((layer, n) => layer.groupAdd('all', channels[n]!)));
  for (const [n, layer] of layers.entries()) {
    await layer.groupSend('all', { n });
    for (const [m, each] of layers.entries()) t.same(await each.receive(channels[m]!), { n });
    await layer.send('jobs', { n });
    t.same(await layers[(n + 1) % layers.length]!.receive('jobs'), { n });
    await layer.send(channels[(n + 1) % layers.length]!, { n });
    t.same(await layers[(n + 1) % layers.length]!.receive(channels[(n + 1) % layers.length]!), {
      n,
    });
  }
  t.equal(hub.stats().peers, 3);
  await hub.close();
  t.strictSame(hub.stats().endpoints, []);
});

t.test('a hub that cannot have one of its endpoints listens at none', async (t) => {
  const [free, taken] = [freeAddress(), freeAddress()];
  const other = new Hub({ bind: taken });
  await other.start();
  t.teardown(() => other.close());
  const hub = new Hub({ bind: [free, taken] });
  await t.rejects(hub.start(), { code: 'ERR_ADDRESS_IN_USE' });
  const next = new Hub({ bind: free });
  await t.resolves(next.start(), 'the other one is free again');
  await next.close();
});

t.test('addresses that are none', async (t) => {
  for (const bind of [[], [''], ['tcp://127.0.0.1:0', ''], [5], '', undefined]) {
    t.throws(() => new Hub({ bind } as never), { code: 'ERR_INVALID_OPTION' });
  }
});

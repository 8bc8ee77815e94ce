/** A hub with one socket and its layers in several processes: who dies, who comes late, who comes back. */

import t, { type Test } from 'tap';
import { DedicatedLayer, Hub } from '../../../src/layer/index.ts';
import { FaultProxy } from '../../support/fault-proxy.ts';
import { freeAddress } from '../../support/layer-addresses.ts';
import { LayerProcess, skipProcesses } from '../../support/layer-process.ts';

const skip = skipProcesses;

async function start(t: Test, kind: 'dedicated' | 'hub', options: object): Promise<LayerProcess> {
  const process = await LayerProcess.start(kind, options);
  t.teardown(() => process.kill());
  if (kind === 'hub') await process.call('start');
  return process;
}

t.test('a hub that is killed and started again: everything goes on', { skip }, async (t) => {
  const bind = freeAddress();
  const hub = await start(t, 'hub', { bind });
  const producer = await start(t, 'dedicated', { hub: bind });
  const consumer = await start(t, 'dedicated', { hub: bind });
  const channel = await consumer.call('newChannel');
  await consumer.call('groupAdd', 'phoenix', channel);
  await consumer.call('groupAdd', 'phoenix', 'ordinary');
  await producer.call('groupSend', 'phoenix', { n: 1 });
  t.same(await consumer.call('receive', channel), { n: 1 });
  t.same(await consumer.call('receive', 'ordinary'), { n: 1 });
  const waiting = consumer.call('receive', 'later');
  await consumer.call('ready');
  await hub.kill();
  const sending = producer.call('flood', channel, 0, 20);
  await start(t, 'hub', { bind });
  const lost = (await sending).ERR_UNCONFIRMED ?? 0;
  const got = await consumer.call('collect', channel, 20 - lost);
  t.equal(got.length, 20 - lost, 'what was not reported as lost has arrived');
  await consumer.call('ready');
  await producer.call('send', 'later', { n: 3 });
  t.same(await waiting, { n: 3 }, 'who waited before still does');
  await producer.call('groupSend', 'phoenix', { n: 4 });
  t.same(await consumer.call('receive', channel), { n: 4 }, 'a member before is one now');
  t.same(await consumer.call('receive', 'ordinary'), { n: 4 }, 'so is one that the hub kept');
  t.match((await consumer.call('told')).connect, [{ restarted: false }, { restarted: true }]);
});

t.test('L2: a consumer that is killed with what it had of a channel', { skip }, async (t) => {
  const bind = freeAddress();
  await start(t, 'hub', { bind, limits: { putBackTimeout: 200 } });
  const [producer, victim, heir] = await Promise.all(
    [0, 1, 2].map(() => start(t, 'dedicated', { hub: bind })),
  );
  for (let n = 0; n < 50; n++) victim!.call('receive', 'work').catch(() => {});
  await victim!.call('ready');
  victim!.child.kill('SIGSTOP');
  t.same(await producer!.call('flood', 'work', 0, 50), {});
  victim!.child.kill('SIGKILL');
  const got = await heir!.call('collect', 'work', 50);
  t.same(
    got.map(({ n }: { n: number }) => n),
    Array.from({ length: 50 }, (_, n) => n),
  );
});

t.test('L1: a hub that is not heard while it refuses', async (t) => {
  const bind = freeAddress();
  const hub = new Hub({ bind });
  await hub.start();
  const proxy = await FaultProxy.open(t, bind);
  const layer = new DedicatedLayer({ hub: proxy.endpoint, capacity: 10 });
  t.teardown(async () => {
    await layer.close();
    await hub.close();
  });
  for (let n = 0; n < 10; n++) await layer.send('full', { n });
  proxy.silence();
  const all = Array.from({ length: 3000 }, (_, n) =>
    layer.send('full', { n }).then(
      () => 'ok',
      ({ code }) => code,
    ),
  );
  setTimeout(() => proxy.reset(), 200);
  const outcomes = new Set(await Promise.all(all));
  t.same([...outcomes], ['ERR_CHANNEL_FULL']);
  t.equal(hub.stats().sent, 10);
});

t.test('several hubs share channels and groups', async (t) => {
  const hubs = [0, 1, 2].map(() => new Hub({ bind: freeAddress() }));
  for (const hub of hubs) await hub.start();
  const at = { hubs: hubs.map((hub) => hub.stats().bind) };
  const [one, two] = [new DedicatedLayer(at), new DedicatedLayer(at)];
  t.teardown(async () => {
    for (const each of [one, two, ...hubs]) await each.close();
  });
  for (let n = 0; n < 20; n++) await one.send(`spread.${n}`, { n });
  for (let n = 0; n < 20; n++) t.same(await two.receive(`spread.${n}`), { n });
  const channel = await two.newChannel();
  for (let n = 0; n < 10; n++) {
    await two.groupAdd(`group.${n}`, channel);
    await one.groupSend(`group.${n}`, { n });
    t.same(await two.receive(channel), { n });
  }
});

t.test('authorize: who may not is disconnected, and told of', async (t) => {
  const bind = freeAddress();
  const hub = new Hub({
    bind,
    authorize: ({ action, name }) => action !== 'send' || name !== 'no',
  });
  await hub.start();
  const layer = new DedicatedLayer({ hub: bind, expiry: 1000 });
  t.teardown(async () => {
    await layer.close();
    await hub.close();
  });
  await layer.send('yes', {});
  const told = new Promise((resolve) => hub.events.once('undecodable', resolve));
  const refused = t.rejects(layer.send('no', {}), { code: 'ERR_CHANNEL_FULL' });
  t.match(await told, { error: { message: 'send no is not allowed' } });
  await refused;
});

/** Layers in several processes: who dies, who comes late, who comes back. */

import t, { type Test } from 'tap';
import { DedicatedLayer, Hub } from '../../src/layer/index.ts';
import { FaultProxy } from '../support/faults/proxy.ts';
import { freeAddress } from '../support/layer/layer-addresses.ts';
import { LayerProcess, skipProcesses } from '../support/layer/layer-process.ts';

const skip = skipProcesses;

async function start(
  t: Test,
  kind: 'embedded' | 'dedicated' | 'hub',
  options: object,
): Promise<LayerProcess> {
  const process = await LayerProcess.start(kind, options);
  t.teardown(() => process.kill());
  if (kind === 'hub') await process.call('start');
  return process;
}

function addresses() {
  const address = freeAddress();
  return { bind: address, hub: address };
}

t.test('embedded', { skip }, async (t) => {
  await t.test('a second producer is told to use the dedicated layer', async (t) => {
    const options = { address: freeAddress() };
    const [one, two] = [await start(t, 'embedded', options), await start(t, 'embedded', options)];
    await one.call('send', 'a', { n: 1 });
    await t.rejects(two.call('send', 'a', { n: 2 }), {
      code: 'ERR_ADDRESS_IN_USE',
      message: /DedicatedLayer/,
    });
    t.same(await two.call('receive', 'a'), { n: 1 }, 'it can still receive');
  });

  await t.test('a producer that starts later reaches members of before', async (t) => {
    const options = { address: freeAddress() };
    const consumer = await start(t, 'embedded', options);
    const channel = await consumer.call('newChannel');
    await consumer.call('groupAdd', 'early', channel);
    const producer = await start(t, 'embedded', options);
    const waiting = consumer.call('ready');
    await producer.call('groupFlood', 'early', 0, 20);
    await producer.call('send', channel, { n: 20 });
    await waiting;
    t.same(await consumer.call('collect', channel, 21), numbers(21), 'from the first on, in order');
    t.match(await consumer.call('told'), { connect: [{ restarted: false }] }, 'it was announced');
  });

  await t.test('a producer that dies is replaced, and memberships live on', async (t) => {
    const options = { address: freeAddress() };
    const consumer = await start(t, 'embedded', options);
    const first = await start(t, 'embedded', options);
    await first.call('bind');
    const channel = await consumer.call('newChannel');
    await consumer.call('groupAdd', 'heirs', channel);
    await first.call('groupSend', 'heirs', { n: 1 });
    t.same(await consumer.call('receive', channel), { n: 1 });
    await first.kill();
    const second = await start(t, 'embedded', options);
    await second.call('groupSend', 'heirs', { n: 2 });
    t.same(await consumer.call('receive', channel), { n: 2 });
    t.match((await consumer.call('told')).connect, [{ restarted: false }, { restarted: true }]);
  });

  await t.test('a thousand channels and more in one process', async (t) => {
    const options = { address: freeAddress() };
    const [producer, consumer] = [
      await start(t, 'embedded', options),
      await start(t, 'embedded', options),
    ];
    await producer.call('bind');
    for (let n = 0; n < 1500; n++) consumer.call('begin', 'receive', `plain.${n}`);
    await consumer.call('ready');
    t.match(await consumer.call('stats'), { waiting: 1500 });
  });
});

t.test('dedicated', { skip }, async (t) => {
  await t.test('many producers, one reader for each message', async (t) => {
    const where = addresses();
    await start(t, 'hub', where);
    const layers = await Promise.all([0, 1, 2, 3].map(() => start(t, 'dedicated', where)));
    const [one, two, three, four] = layers as [
      LayerProcess,
      LayerProcess,
      LayerProcess,
      LayerProcess,
    ];
    const reading = [
      three.call('collect', 'jobs', 80, 1000),
      four.call('collect', 'jobs', 80, 1000),
    ];
    t.same(
      await Promise.all([one.call('flood', 'jobs', 0, 40), two.call('flood', 'jobs', 40, 80)]),
      [{}, {}],
    );
    const seen = (await Promise.all(reading)).flat().map(({ n }) => n);
    t.same(
      seen.sort((a, b) => a - b),
      numbers(80).map(({ n }) => n),
    );
  });

  await t.test('a stuck reader: senders learn that its channel is full', async (t) => {
    const where = addresses();
    await start(t, 'hub', where);
    const [producer, consumer] = [
      await start(t, 'dedicated', where),
      await start(t, 'dedicated', where),
    ];
    const channel = await consumer.call('newChannel');
    await consumer.call('groupAdd', 'stuck', channel);
    t.same(await producer.call('flood', channel, 0, 100), {});
    t.same(await producer.call('flood', channel, 100, 1100), { ERR_CHANNEL_FULL: 1000 });
    await producer.call('groupFlood', 'stuck', 0, 50);
    while ((await consumer.call('stats')).skipped < 50);
    t.same(await consumer.call('collect', channel, 100), numbers(100));
    t.match(await consumer.call('stats'), { skipped: 50 });
    t.same(await producer.call('flood', channel, 0, 1), {}, 'there is room again');
  });

  await t.test('a hub that is killed and started again: everything goes on', async (t) => {
    const where = addresses();
    const hub = await start(t, 'hub', where);
    const [producer, consumer] = [
      await start(t, 'dedicated', where),
      await start(t, 'dedicated', where),
    ];
    const channel = await consumer.call('newChannel');
    await consumer.call('groupAdd', 'phoenix', channel);
    await consumer.call('groupAdd', 'phoenix', 'ordinary');
    await producer.call('groupSend', 'phoenix', { n: 1 });
    await producer.call('send', 'held', { n: 2 });
    t.same(await consumer.call('receive', channel), { n: 1 });
    t.same(await consumer.call('receive', 'ordinary'), { n: 1 });
    const waiting = consumer.call('receive', 'later');
    await consumer.call('ready');
    await hub.kill();
    const sending = producer.call('flood', channel, 0, 20);
    await start(t, 'hub', where);
    const refused = await sending;
    const lost = refused.ERR_UNCONFIRMED ?? 0;
    const got = await consumer.call('collect', channel, 20 - lost);
    t.equal(got.length, 20 - lost, 'what was not reported as lost has arrived');
    await consumer.call('ready');
    await producer.call('send', 'later', { n: 3 });
    t.same(await waiting, { n: 3 }, 'who waited before still does');
    await producer.call('groupSend', 'phoenix', { n: 4 });
    t.same(await consumer.call('receive', channel), { n: 4 }, 'a member before is one now');
    t.same(await consumer.call('receive', 'ordinary'), { n: 4 }, 'likewise where the hub kept it');
    t.match((await consumer.call('told')).connect, [{ restarted: false }, { restarted: true }]);
  });

  await t.test('L2: a consumer that is killed with what it had of a channel', async (t) => {
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

  await t.test('a second hub on the same addresses is refused', async (t) => {
    const where = addresses();
    await start(t, 'hub', where);
    const second = await LayerProcess.start('hub', where);
    t.teardown(() => second.kill());
    await t.rejects(second.call('start'), { code: 'ERR_ADDRESS_IN_USE', message: /another hub/ });
  });

  await t.test('without a hub, messages wait for it', async (t) => {
    const where = addresses();
    const [producer, consumer] = [
      await start(t, 'dedicated', where),
      await start(t, 'dedicated', where),
    ];
    const sent = producer.call('flood', 'patient', 0, 10);
    await start(t, 'hub', where);
    t.same(await sent, {});
    t.same(await consumer.call('collect', 'patient', 10), numbers(10));
  });

  await t.test('a send that no hub takes before it expires says so', async (t) => {
    const producer = await start(t, 'dedicated', { ...addresses(), expiry: 200 });
    t.same(await producer.call('flood', 'nowhere', 0, 3), { ERR_UNCONFIRMED: 3 });
    t.match(await producer.call('stats'), { lost: 3 });
  });

  await t.test('several hubs share channels and groups', async (t) => {
    const all = [addresses(), addresses(), addresses()];
    await Promise.all(all.map((where) => start(t, 'hub', where)));
    const options = { hubs: all.map(({ hub }) => hub) };
    const [producer, consumer] = [
      await start(t, 'dedicated', options),
      await start(t, 'dedicated', options),
    ];
    for (let n = 0; n < 20; n++) await producer.call('send', `spread.${n}`, { n });
    for (let n = 0; n < 20; n++) t.same(await consumer.call('receive', `spread.${n}`), { n });
    const channel = await consumer.call('newChannel');
    for (let n = 0; n < 10; n++) await consumer.call('groupAdd', `group.${n}`, channel);
    for (let n = 0; n < 10; n++) {
      await producer.call('groupSend', `group.${n}`, { n });
      t.same(await consumer.call('receive', channel), { n });
    }
    // The hubs learn a moment later what was read.
    await consumer.call('ready');
    t.same(await producer.call('flood', channel, 0, 101), { ERR_CHANNEL_FULL: 1 });
  });
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

t.test(
  'authorize: what is not allowed is refused by that name, and nothing else happens',
  async (t) => {
    const bind = freeAddress();
    const hub = new Hub({ bind, authorize: ({ name }) => !name.startsWith('no') });
    await hub.start();
    const layer = new DedicatedLayer({ hub: bind, expiry: 1000 });
    t.teardown(async () => {
      await layer.close();
      await hub.close();
    });
    await layer.ready();
    const told: { name: string; action: string }[] = [];
    hub.events.on('denied', (event) => told.push(event));
    layer.events.on('disconnect', () => t.fail('the connection stays'));
    const code = 'ERR_REFUSED';
    const outcomes = await Promise.all([
      layer.send('yes', { n: 1 }),
      t.rejects(layer.send('no.send', {}), { code, channel: 'no.send' }),
      layer.send('yes', { n: 2 }),
      t.rejects(layer.receive('no.receive'), { code, channel: 'no.receive' }),
      t.rejects(layer.groupAdd('no.add', await layer.newChannel()), { code }),
      t.rejects(layer.groupAdd('no.add', 'ordinary'), { code }),
      layer.groupSend('no.group', {}),
    ]);
    t.equal(outcomes.length, 7);
    await layer.ready();
    t.same(
      told.map(({ action, name }) => `${action} ${name}`).sort(),
      ['groupAdd no.add', 'groupSend no.group', 'receive no.receive', 'send no.send'],
      'one event for an action',
    );
    t.match(layer.stats(), { sent: 2, full: 0, lost: 0, denied: 5, memberships: 0 });
    t.match(hub.stats(), { sent: 2, groupSent: 0, full: 0, lost: 0, denied: 5, peers: 1 });
    t.same(await layer.receive('yes'), { n: 1 });
    t.same(await layer.receive('yes'), { n: 2 });
    await t.rejects(layer.receive('no.receive'), { code }, 'asked again, refused again');
  },
);

t.test('authorize: flush', async (t) => {
  const bind = freeAddress();
  const hub = new Hub({ bind, authorize: ({ action }) => action !== 'flush' });
  await hub.start();
  const layer = new DedicatedLayer({ hub: bind });
  t.teardown(async () => {
    await layer.close();
    await hub.close();
  });
  await t.rejects(layer.flush(), { code: 'ERR_REFUSED' });
});

function numbers(count: number): { n: number }[] {
  return Array.from({ length: count }, (_, n) => ({ n }));
}

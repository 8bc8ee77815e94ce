/** What RabbitmqLayer does when its broker dies, stops, refuses, is short of memory, or hands it what is no message. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { loadClient } from '../../../src/layer/rabbitmq/client.ts';
import { RabbitmqLayer, type RabbitmqLayerOptions } from '../../../src/layer/rabbitmq/index.ts';
import { RabbitmqBroker, skipRabbitmq } from '../../support/rabbitmq-broker.ts';

t.test('the missing library is named with the command that installs it', async (t) => {
  const load = () => {
    throw new Error('Cannot find module');
  };
  const message = /npm install rabbitmq-client$/;
  t.throws(() => loadClient(load), { code: 'ERR_UNSUPPORTED', message });
});

t.test('options that make no sense are refused', async (t) => {
  const bad: RabbitmqLayerOptions[] = [
    { url: 'http://localhost' },
    { url: 'amqp://localhost/a/b' },
    { url: [] },
    { remoteCapacity: 0 },
    { heartbeatInterval: 10 },
    { queue: 'a!b' },
    { tls: {} },
  ];
  for (const options of bad) {
    t.throws(() => new RabbitmqLayer(options), { code: 'ERR_INVALID_OPTION' });
  }
});

t.test('a broker', { skip: skipRabbitmq }, async (t) => {
  const broker = await RabbitmqBroker.start({ tls: 'mutual' });
  t.teardown(() => broker.stop());
  const open = (options: RabbitmqLayerOptions = {}) => {
    const layer = new RabbitmqLayer({
      url: broker.url(),
      reconnectInterval: 50,
      reconnectMaxInterval: 200,
      heartbeatInterval: 1000,
      ...options,
    });
    t.teardown(() => layer.close());
    return layer;
  };

  t.test('wrong password, missing virtual host, wrong port: an event that says so', async (t) => {
    for (const [url, code] of [
      [broker.url('guest', 'asgi', 'wrong'), 'ACCESS_REFUSED'],
      [broker.url('guest', 'missing'), 'NOT_ALLOWED'],
      ['amqp://127.0.0.1:1/asgi', 'ECONNREFUSED'],
    ] as const) {
      const layer = open({ url });
      const [{ error }] = await once(layer.events, 'refused');
      t.equal(error.code, code, url);
      await layer.close();
    }
  });

  t.test('TLS with a client certificate; a wrong CA and no certificate are refused', async (t) => {
    const { ca, otherCa, client } = broker.certificates!;
    const read = (file: string) => readFileSync(file);
    const pair = { cert: read(client.cert), key: read(client.key) };
    const layer = open({ url: broker.tlsUrl, tls: { ca: read(ca), ...pair } });
    await layer.ready({ timeout: 10_000 });
    const channel = await layer.newChannel();
    await layer.send(channel, { n: 1 });
    t.same(await layer.receive(channel), { n: 1 });
    for (const tls of [{ ca: read(otherCa), ...pair }, { ca: read(ca) }]) {
      const refused = open({ url: broker.tlsUrl, tls });
      await once(refused.events, 'refused');
      await refused.close();
    }
  });

  t.test('without permission to configure, the layer is refused', async () => {
    const layer = open({ url: broker.url('reader') });
    await once(layer.events, 'refused');
    await layer.close();
  });

  t.test('a slow reader: local, then remote capacity, then ChannelFull, and back', async (t) => {
    const layer = open({ queue: 'x', localCapacity: 1, remoteCapacity: 1 });
    const pressed = once(layer.events, 'backpressure');
    await layer.send('x!y', { n: 1 });
    await layer.send('x!y', { n: 2 });
    await t.rejects(layer.send('x!y', { n: 3 }), { code: 'ERR_CHANNEL_FULL' });
    t.same((await pressed)[0].channels, [['x!y', 1]]);
    t.same(await layer.receive('x!y'), { n: 1 });
    t.same(await layer.receive('x!y'), { n: 2 });
    await layer.send('x!y', { n: 4 });
    t.same(await layer.receive('x!y'), { n: 4 });
    t.equal(layer.stats().full, 1);
    await t.rejects(layer.receive('z!y'), { code: 'ERR_INVALID_NAME' });
    await layer.close();
  });

  t.test('messages that are none are counted, and do not come again', async (t) => {
    const layer = open({ queue: 'bad', maxMessageSize: 100 });
    await layer.ready();
    const connection = await layer.connection;
    const publisher = connection.createPublisher({ confirm: true });
    const reported = once(layer.events, 'undecodable');
    const bodies = [Buffer.from('no msgpack'), Buffer.from([0x80]), Buffer.alloc(5000), { a: 1 }];
    for (const body of bodies) await publisher.send('bad', body);
    await reported;
    await layer.send('bad!x', { n: 1 });
    t.same(await layer.receive('bad!x'), { n: 1 });
    t.equal(layer.stats().undecodable, bodies.length);
    await publisher.close();
    await layer.close();
  });

  const goesOn = async (t: Test, layer: RabbitmqLayer, channel: string) => {
    await layer.groupSend('room', { n: 1 });
    t.same(await layer.receive(channel, { timeout: 5000 }), { n: 1 });
  };

  t.test('connections closed by an administrator, and a queue deleted: it goes on', async (t) => {
    const layer = open({ queue: 'mine' });
    const channel = await layer.newChannel();
    await layer.groupAdd('room', channel);
    const before = layer.connection;
    for (const harm of [
      () => broker.closeConnections('maintenance'),
      () => broker.deleteQueue('mine'),
    ]) {
      const [gone, back] = [once(layer.events, 'disconnect'), once(layer.events, 'connect')];
      await harm();
      await gone;
      const [{ restarted }] = await back;
      t.equal(restarted, false);
      await goesOn(t, layer, channel);
    }
    t.not(await layer.connection, await before, 'another connection');
    await layer.close();
  });

  t.test('short of memory, messages wait; with memory again they arrive', async (t) => {
    const layer = open();
    const channel = await layer.newChannel();
    await layer.send(channel, { n: 0 });
    // A connection that has published is told as soon as memory is short.
    const blocked = once(layer.events, 'blocked');
    await broker.memoryAlarm(true);
    const sent = layer.send(channel, { n: 1 });
    await blocked;
    const unblocked = once(layer.events, 'unblocked');
    await broker.memoryAlarm(false);
    await unblocked;
    await sent;
    t.same(await layer.receive(channel), { n: 0 });
    t.same(await layer.receive(channel), { n: 1 });
    await layer.close();
  });

  t.test('a broker that stands still is given up, and found again', async (t) => {
    const layer = open();
    const channel = await layer.newChannel();
    await layer.groupAdd('room', channel);
    const gone = once(layer.events, 'disconnect');
    await broker.pause();
    const unknown = layer.send(channel, { n: 1 }).then(
      () => undefined,
      ({ code }) => code,
    );
    await gone;
    t.equal(await unknown, 'ERR_UNCONFIRMED');
    const back = once(layer.events, 'connect');
    broker.resume();
    await back;
    await layer.close();
  });

  t.test(
    'killed and started under another name: groups are bound again, losses told',
    async (t) => {
      const layer = open();
      const channel = await layer.newChannel();
      await layer.groupAdd('room', channel);
      await layer.send('jobs', { n: 1 });
      const gone = once(layer.events, 'disconnect');
      const lost = once(layer.events, 'lost');
      const back = once(layer.events, 'connect');
      await broker.kill();
      await gone;
      const waits = layer.send(channel, { n: 2 });
      await broker.restart({ renamed: true });
      const [{ restarted }] = await back;
      t.equal(restarted, true);
      t.equal((await lost)[0].count, 1);
      await waits;
      t.same(await layer.receive(channel), { n: 2 });
      await goesOn(t, layer, channel);
      await layer.close();
    },
  );
});

/** What RabbitmqLayer makes of a broker: queues, bindings, acknowledgements, names; and what it says when readers are slow. */

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { REPORT_INTERVAL } from '../../../src/layer/events.ts';
import { RabbitmqLayer, type RabbitmqLayerOptions } from '../../../src/layer/rabbitmq/index.ts';
import { RabbitmqBroker, skipRabbitmq } from '../../support/layer/rabbitmq-broker.ts';

t.test('on a broker', { skip: skipRabbitmq }, async (t) => {
  const broker = await RabbitmqBroker.start();
  t.teardown(() => broker.stop());
  const open = (options: RabbitmqLayerOptions = {}) => {
    const layer = new RabbitmqLayer({ url: broker.url(), reconnectInterval: 50, ...options });
    t.teardown(() => layer.close());
    return layer;
  };

  t.test('one queue for all channels; the first member binds it, the last unbinds', async (t) => {
    const layer = open({ queue: 'one' });
    await layer.ready();
    t.strictSame(await broker.queues(), ['one', 'one.control']);
    const bound = async () => (await broker.bindings()).filter((each) => each.startsWith('one '));
    t.strictSame(await bound(), []);
    await layer.groupAdd('room', 'one!1');
    await layer.groupAdd('room', 'one!2');
    await layer.groupAdd('room', 'one!2');
    await layer.groupAdd('hall', 'one!2');
    t.strictSame(await bound(), ['one hall', 'one room']);
    await layer.groupDiscard('room', 'one!1');
    await layer.groupDiscard('room', 'one!1');
    t.strictSame(await bound(), ['one hall', 'one room'], 'there is another member');
    await layer.groupDiscard('room', 'one!2');
    t.strictSame(await bound(), ['one hall']);
    t.strictSame(await broker.queues(), ['one', 'one.control'], 'and no queue for each channel');
    await layer.close();
    t.notOk((await broker.queues()).includes('one'), 'it ends with its process');
  });

  t.test('a message is acknowledged when the last channel has let go of it', async (t) => {
    const layer = open({ queue: 'acks', localCapacity: 1 });
    await layer.groupAdd('pair', 'acks!1');
    await layer.groupAdd('pair', 'acks!2');
    await layer.groupSend('pair', { n: 1 });
    await layer.ready();
    await layer.send('acks!3', { n: 2 });
    t.same(await layer.receive('acks!1'), { n: 1 });
    await layer.ready();
    t.equal(await broker.messageCount('acks'), 1, 'the next one waits: acks!2 has not read');
    t.same(await layer.receive('acks!2'), { n: 1 });
    t.same(await layer.receive('acks!3'), { n: 2 });

    await layer.send('acks!1', { n: 3 });
    await layer.ready();
    await layer.flush();
    await layer.send('acks!3', { n: 4 });
    t.same(await layer.receive('acks!3'), { n: 4 }, 'what flush has dropped takes no room');
    await layer.close();
  });

  t.test('a full process names its three largest channels, seldom', async (t) => {
    let forward = 0;
    const clock = () => performance.now() + forward;
    const layer = open({ queue: 'slow', localCapacity: 11, clock });
    const told: unknown[] = [];
    layer.events.on('backpressure', ({ channels }) => told.push(channels));
    const fill = async (counts: Readonly<Record<string, number>>) => {
      for (const [channel, count] of Object.entries(counts)) {
        for (let n = 0; n < count; n++) await layer.send(`slow!${channel}`, { n });
      }
      await layer.ready();
    };
    await fill({ d: 1, c: 2, b: 3 });
    t.strictSame(told, [], 'not full');
    await fill({ a: 5 });
    const three = [
      ['slow!a', 5],
      ['slow!b', 3],
      ['slow!c', 2],
    ];
    t.strictSame(told, [three]);
    for (const after of [0, REPORT_INTERVAL]) {
      forward += after;
      await layer.receive('slow!d');
      await fill({ d: 1 });
      // It waits there until the one that was read is acknowledged.
      while ((await broker.messageCount('slow')) > 0);
      await layer.ready();
      t.equal(told.length, after === 0 ? 1 : 2, `full again after ${after} ms`);
    }
    t.strictSame(told[1], three);
    await layer.close();
  });

  t.test('the queue of an ordinary channel ends when it is used no more', async (t) => {
    // Long enough for a message to arrive on a busy machine; the queue ends after twice that.
    const layer = open({ expiry: 2000 });
    await layer.ready();
    const first = layer.receive('short');
    await layer.send('short', { n: 1 });
    t.same(await first, { n: 1 });
    t.ok((await broker.queues()).includes('short'));
    while ((await broker.queues()).includes('short')) await sleep(10);
    await layer.send('short', { n: 2 });
    t.same(await layer.receive('short'), { n: 2 }, 'and is made again');
    await layer.close();
  });

  t.test('the longest expiry is one that the broker takes; a longer one is refused', async (t) => {
    const expiry = 4_000_000_000;
    for (const durable of [false, true]) {
      const layer = open({ queue: 'long', expiry, durable, prefix: `long${durable}` });
      const refused: unknown[] = [];
      layer.events.on('refused', ({ error }) => refused.push(error));
      await layer.groupAdd('room', 'long!1');
      await layer.send('long!1', { n: 1 });
      await layer.groupSend('room', { n: 2 });
      t.same(await layer.receive('long!1'), { n: 1 });
      t.same(await layer.receive('long!1'), { n: 2 });
      const sent = async () => {
        // A quorum queue takes nothing until it has a leader.
        while (!(await layer.send('jobs', { n: 3 }).then(() => true, notFull)));
      };
      await sent();
      t.same(await layer.receive('jobs'), { n: 3 });
      t.strictSame(refused, []);
      await layer.close();
    }
    t.throws(() => open({ expiry: expiry + 1 }), {
      code: 'ERR_INVALID_OPTION',
      message: 'expiry is 4000000001, expected milliseconds above 0, at most 4000000000',
    });
  });

  t.test('newChannel makes names as the Python package does, if asked for its wire', async (t) => {
    const python = open({ wire: 'channels_rabbitmq' });
    const name = await python.newChannel('specific');
    t.match(name, /^channels_[a-zA-Z]{12}![a-zA-Z]{12}$/);
    t.equal((await python.newChannel()).split('!')[0], name.split('!')[0], 'one queue');
    const native = open();
    t.match(await native.newChannel('mine'), /^mine\.[0-9a-f]{16}!/);
    await native.send(name, { n: 1 });
    t.same(await python.receive(name), { n: 1 });
    await Promise.all([python.close(), native.close()]);
  });

  t.test('virtual hosts and prefixes share nothing', async (t) => {
    const layers = [
      open({ queue: 'same' }),
      open({ queue: 'same', url: broker.url('guest', '%2F') }),
      open({ queue: 'same', prefix: 'other' }),
    ];
    for (const layer of layers) await layer.groupAdd('room', 'same!1');
    for (const [n, layer] of layers.entries()) {
      await layer.send('same!1', { n });
      await layer.groupSend('room', { n: n + 10 });
      await layer.send('jobs', { n: n + 20 });
    }
    for (const [n, layer] of layers.entries()) {
      t.same(await layer.receive('same!1'), { n });
      t.same(await layer.receive('same!1'), { n: n + 10 });
      t.same(await layer.receive('jobs'), { n: n + 20 });
      t.match(layer.stats(), { unread: 0, received: 3 });
    }
    await Promise.all(layers.map((layer) => layer.close()));
  });

  t.test('connection: for a job queue of one’s own, another promise after a loss', async (t) => {
    const layer = open({ queue: 'raw' });
    const first = layer.connection;
    t.equal(layer.connection, first, 'the same one while it lasts');
    const work = async (n: number) => {
      const connection = await layer.connection;
      const channel = await connection.acquire();
      await channel.queueDeclare({ queue: 'own.jobs', exclusive: true });
      await channel.basicPublish({ routingKey: 'own.jobs' }, { n });
      while ((await channel.basicGet({ queue: 'own.jobs' })) === undefined);
      await channel.close();
    };
    await work(1);
    let between: Promise<unknown> | undefined;
    let settled = false;
    layer.events.once('disconnect', () => {
      between = layer.connection;
      between.then(() => {
        settled = true;
      });
    });
    layer.events.once('connect', () => t.notOk(settled, 'not before it is open again'));
    const back = once(layer.events, 'connect');
    await broker.closeConnections('maintenance');
    await back;
    t.not(between, first);
    t.equal(layer.connection, between);
    t.not(await between, await first);
    await work(2);
    await layer.close();
  });

  t.test('groups are bound again before connect is emitted', async (t) => {
    const [layer, other] = [open({ queue: 'again' }), open()];
    await layer.groupAdd('room', 'again!1');
    await other.ready();
    const bound = new Promise<string[]>((resolve) => {
      layer.events.once('disconnect', () =>
        layer.events.once('connect', () => resolve(broker.bindings())),
      );
    });
    await broker.closeConnections('maintenance');
    t.ok((await bound).includes('again room'));
    await Promise.all([layer.close(), other.close()]);
  });
});

function notFull({ code }: { code: string }): false {
  if (code !== 'ERR_CHANNEL_FULL') throw new Error(code);
  return false;
}

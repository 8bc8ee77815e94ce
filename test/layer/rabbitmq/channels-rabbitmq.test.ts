/**
 * What the tests of the Python package channels_rabbitmq assert and the suite of all layers does not: queues by name, exchanges, capacities, expiry, name
 * conflicts and races with `close`.
 */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { encode } from '@msgpack/msgpack';
import t from 'tap';
import { RabbitmqLayer, type RabbitmqLayerOptions } from '../../../src/layer/rabbitmq/index.ts';
import { skipProcesses } from '../../support/layer/layer-process.ts';
import { RabbitmqBroker, skipRabbitmq } from '../../support/layer/rabbitmq-broker.ts';
import { PATIENCE } from '../../support/patience.ts';

/** Answers a message to its channel, and one to its group. */
const WORKER = `
import { parentPort, workerData } from 'node:worker_threads';
import { RabbitmqLayer } from '${pathToFileURL('dist/layer/rabbitmq/index.js')}';
const layer = new RabbitmqLayer(workerData);
await layer.groupAdd('threads', 'worker!1');
parentPort.postMessage('ready');
for (let i = 0; i < 2; i++) {
  const { n } = await layer.receive('worker!1');
  await layer.send('main!1', { n: n + 1 });
}
await layer.close();
`;

const CLOSED = { code: 'ERR_LAYER_CLOSED' };

t.test('as channels_rabbitmq', { skip: skipRabbitmq }, async (t) => {
  const broker = await RabbitmqBroker.start({ tls: 'server' });
  t.teardown(() => broker.stop());
  const open = (options: RabbitmqLayerOptions = {}) => {
    const layer = new RabbitmqLayer({
      url: broker.url(),
      reconnectInterval: 50,
      reconnectMaxInterval: 200,
      ...options,
    });
    t.teardown(() => layer.close());
    return layer;
  };

  t.test('bad names and the channels of other queues are refused', async (t) => {
    const layer = open({ queue: 'names' });
    await t.rejects(layer.send('=+135!', {}), { code: 'ERR_INVALID_NAME' });
    await t.rejects(layer.receive('=+135!'), { code: 'ERR_INVALID_NAME' });
    await t.rejects(layer.receive('y!y'), { code: 'ERR_INVALID_NAME' });
    await layer.close();
  });

  t.test('a message to the queue of another process arrives there alone', async (t) => {
    const [x, y] = [open({ queue: 'one' }), open({ queue: 'two' })];
    await y.ready();
    await x.send('two!a', { to: 'y' });
    await x.send('one!a', { to: 'x' });
    t.same(await y.receive('two!a'), { to: 'y' });
    t.same(await x.receive('one!a'), { to: 'x' });
    await x.groupAdd('both', 'one!1');
    await x.groupAdd('both', 'one!2');
    await y.groupAdd('both', 'two!3');
    await x.groupDiscard('both', 'one!2');
    await y.groupSend('both', { n: 1 });
    t.same(await x.receive('one!1'), { n: 1 });
    t.same(await y.receive('two!3'), { n: 1 });
    await y.send('one!2', { n: 2 });
    t.same(await x.receive('one!2'), { n: 2 }, 'no member any more, but a channel');
    await Promise.all([x.close(), y.close()]);
  });

  t.test('groups of one exchange do not hear those of another', async (t) => {
    const groupsExchange = 'other';
    const [x, y, z] = [
      open({ queue: 'x', groupsExchange }),
      open({ queue: 'y', groupsExchange }),
      open({ queue: 'z' }),
    ];
    await x.groupAdd('room', 'x!1');
    await y.groupAdd('room', 'y!1');
    await z.groupAdd('room', 'z!1');
    await y.groupSend('room', { from: 'y' });
    t.same(await x.receive('x!1'), { from: 'y' });
    t.same(await y.receive('y!1'), { from: 'y' });
    await z.groupSend('room', { from: 'z' });
    t.same(await z.receive('z!1'), { from: 'z' }, 'the first one it gets');
    await Promise.all([x.ready(), y.ready()]);
    t.match([x.stats(), y.stats()], [{ unread: 0 }, { unread: 0 }]);
    await Promise.all([x.close(), y.close(), z.close()]);
  });

  t.test('a membership may end before there is a connection', async (t) => {
    const layer = open({ queue: 'early' });
    await layer.groupDiscard('room', 'early!1');
    await layer.groupSend('room', { n: 0 });
    await layer.send('early!1', { n: 1 });
    t.same(await layer.receive('early!1'), { n: 1 });
    await layer.groupSend('nobody', { n: 2 });
    await layer.groupAdd('nobody', 'early!2');
    await layer.groupSend('nobody', { n: 3 });
    t.same(
      await layer.receive('early!2'),
      { n: 3 },
      'what was sent before it had a member is gone',
    );
    await layer.close();
  });

  t.test(
    'a full process misses a group message, which is counted, and hears the next',
    async (t) => {
      const layer = open({ queue: 'full', localCapacity: 1, remoteCapacity: 1 });
      await layer.groupAdd('room', 'full!1');
      await layer.groupSend('room', { n: 1 });
      await layer.ready();
      await layer.groupSend('room', { n: 2 });
      const skipped = once(layer.events, 'skipped');
      await layer.groupSend('room', { n: 3 });
      t.same(await skipped, [{ group: 'room', channels: ['room'] }]);
      t.same(await layer.receive('full!1'), { n: 1 });
      t.same(await layer.receive('full!1'), { n: 2 });
      await layer.ready();
      await layer.groupSend('room', { n: 4 });
      t.same(await layer.receive('full!1'), { n: 4 });
      t.equal(layer.stats().skipped, 1);
      await layer.close();
    },
  );

  t.test('a message to a group whose last member has just left is done with', async (t) => {
    const layer = open({ queue: 'bob', localCapacity: 1 });
    await layer.ready();
    const publisher = (await layer.connection).createPublisher({ confirm: true });
    await publisher.send('bob', Buffer.from(encode({ n: 1, __asgi_group__: 'left' })));
    await publisher.close();
    await layer.send('bob!1', { n: 2 });
    t.same(await layer.receive('bob!1'), { n: 2 }, 'it does not take the only place');
    await layer.close();
  });

  t.test('a message expires in the broker', async (t) => {
    const layer = open({ queue: 'ttl', localCapacity: 1, expiry: 60_000 });
    const quick = open({ queue: 'quick', expiry: 100 });
    await layer.send('ttl!y', { n: 1 });
    await layer.ready();
    await quick.send('ttl!y', { n: 2 });
    // It waits behind the first one, and the broker drops it when its time is over.
    while ((await broker.messageCount('ttl')) > 0);
    await layer.send('ttl!y', { n: 3 });
    t.same(await layer.receive('ttl!y'), { n: 1 });
    t.same(await layer.receive('ttl!y'), { n: 3 });
    await Promise.all([layer.close(), quick.close()]);
  });

  t.test('a message expires in the process, and makes room for the next', async (t) => {
    const layer = open({ queue: 'local', localExpiry: 20, localCapacity: 1 });
    const expired = once(layer.events, 'expired');
    await layer.send('local!y', { n: 1 });
    t.same(await expired, [{ channel: 'local!y', count: 1 }]);
    const received = layer.receive('local!y');
    await layer.send('local!y', { n: 2 });
    t.same(await received, { n: 2 });
    await layer.close();
  });

  t.test('a queue that somebody else has: the layer waits until it is free', async (t) => {
    const first = open({ queue: 'taken' });
    await first.ready();
    const second = open({ queue: 'taken' });
    const sent = second.send('taken!y', { n: 1 });
    const [{ error }] = await once(second.events, 'refused');
    t.equal(error.code, 'RESOURCE_LOCKED');
    const connected = once(second.events, 'connect');
    await first.close();
    await connected;
    await sent;
    // It may have gone to the first owner of the queue; the second reads from now on.
    await second.send('taken!z', { n: 2 });
    t.same(await second.receive('taken!z'), { n: 2 });
    await second.close();
  });

  for (const [title, url] of [
    ['without a broker', 'amqp://127.0.0.1:1/asgi'],
    ['while it connects', broker.url()],
  ] as const) {
    t.test(`close ends everything ${title}`, async (t) => {
      const layer = open({ queue: 'closing', url });
      const before = [
        layer.send('closing!1', {}),
        layer.send('jobs', {}),
        layer.groupAdd('g', 'closing!1'),
        layer.receive('closing!1'),
        layer.ready(),
        layer.connection,
      ].map((call: Promise<unknown>) => t.rejects(call, CLOSED));
      const closed = layer.close();
      const after = [
        layer.send('closing!1', {}),
        layer.groupAdd('g', 'closing!1'),
        layer.groupSend('g', {}),
        layer.groupDiscard('g', 'closing!1'),
        layer.receive('closing!1'),
        layer.connection,
      ].map((call: Promise<unknown>) => t.rejects(call, CLOSED));
      await Promise.all([...before, closed, ...after]);
    });
  }

  t.test('TLS without a client certificate: the broker is verified', async (t) => {
    const { ca, otherCa } = broker.certificates!;
    const layer = open({ url: broker.tlsUrl, tls: { ca: readFileSync(ca) }, queue: 'tls' });
    await layer.send('tls!1', { n: 1 });
    t.same(await layer.receive('tls!1'), { n: 1 });
    await layer.close();
    for (const [title, tls, code] of [
      [
        'a CA that has not signed it',
        { ca: readFileSync(otherCa) },
        /^UNABLE_TO_VERIFY|^SELF_SIGN/,
      ],
      ['what Node trusts', {}, /^UNABLE_TO_VERIFY|^SELF_SIGN/],
      ['another name', { ca: readFileSync(ca), servername: 'other' }, /^ERR_TLS_CERT_ALTNAME/],
    ] as const) {
      const refused = open({ url: broker.tlsUrl, tls, expiry: 300 });
      const sent = t.rejects(refused.send('tls!1', {}), { code: 'ERR_UNCONFIRMED' }, title);
      const [{ error }] = await once(refused.events, 'refused');
      t.match(error.code, code, title);
      await sent;
      t.equal(refused.stats().sent, 0);
      await refused.close();
    }
  });

  t.test('a worker thread has its own layer', { skip: skipProcesses }, async (t) => {
    const layer = open({ queue: 'main' });
    await layer.groupAdd('threads', 'main!1');
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(WORKER)}`), {
      workerData: { url: broker.url(), queue: 'worker' },
      execArgv: [],
    });
    t.teardown(() => worker.terminate());
    const ended = once(worker, 'exit');
    t.same(await once(worker, 'message'), ['ready']);
    await layer.send('worker!1', { n: 1 });
    t.same(await layer.receive('main!1', { timeout: PATIENCE }), { n: 2 });
    await layer.groupSend('threads', { n: 3 }, { except: 'main!1' });
    t.same(await layer.receive('main!1', { timeout: PATIENCE }), { n: 4 });
    t.same(await ended, [0], 'it ends by itself when its layer is closed');
    await layer.close();
  });

  t.test('receive after close, with a connection and without', async (t) => {
    const layer = open({ queue: 'over' });
    await layer.connection;
    await layer.close();
    await t.rejects(layer.receive('over!1'), CLOSED);
    const never = open({ queue: 'never' });
    await never.close();
    await t.rejects(never.receive('never!1'), CLOSED);
  });
});

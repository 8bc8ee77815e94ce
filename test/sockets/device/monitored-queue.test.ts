/** The MonitoredQueue: a Queue that tells what goes through it, frame by frame as pyzmq's. */

import t from 'tap';
import { MonitoredQueue } from '../../../src/sockets/device/monitored-queue.ts';
import { Dealer, Pull, Push, Reply, Request } from '../../../src/sockets/index.ts';
import { faultless, sendNumbered, use, verify } from '../../support/interop.ts';
import { implementations, LibzmqPeer } from '../../support/libzmq-peer.ts';
import { startDevice } from '../../support/sockets/device.ts';
import { handshaken } from '../../support/wait.ts';

const BIND = 'tcp://127.0.0.1:*';
/** The monitor publishes to whoever has subscribed, so for a test it pushes instead. */
const PUSHING = ['router', 'dealer', 'push'] as const;

t.test('a copy of each message: prefix, routing id, empty, body', async (t) => {
  const device = new MonitoredQueue({ in: BIND, out: BIND, monitor: BIND, types: PUSHING });
  const { front, back } = await startDevice(t, device);
  const monitor = use(t, new Pull());
  monitor.connect(device.endpoints.monitor[0]!);
  const server = use(t, new Reply());
  server.connect(back);
  const ids: string[] = [];
  for (const name of ['a', 'b']) {
    const client = use(t, new Request());
    client.connect(front);
    await client.send(name);
    await server.receive();
    await server.send(['answer to', name]);
    t.same((await client.receive()).map(String), ['answer to', name]);

    const [prefix, id, empty, ...body] = await monitor.receive();
    t.same([prefix, empty, ...body].map(String), ['in', '', name]);
    t.equal(id!.length, 5);
    t.equal(id![0], 0, 'a routing id as libzmq makes them');
    const reply = await monitor.receive();
    t.strictSame(reply.slice(0, 3), [Buffer.from('out'), id, empty], 'the same id in and out');
    t.same(reply.slice(3).map(String), ['answer to', name]);
    ids.push(id!.toString('hex'));
  }
  t.not(ids[0], ids[1], 'and another for each client');
});

t.test('between two ROUTERs the first two parts change places', async (t) => {
  const types = ['router', 'router', 'push'] as const;
  const device = new MonitoredQueue({ in: BIND, out: BIND, monitor: BIND, types });
  const { front, back } = await startDevice(t, device);
  const monitor = use(t, new Pull());
  monitor.connect(device.endpoints.monitor[0]!);
  const [asker, answerer] = [use(t, new Dealer({ routingId: 'asker' })), use(t, new Dealer())];
  answerer.routingId = 'answerer';
  asker.connect(front);
  answerer.connect(back);
  await Promise.all([handshaken(asker), handshaken(answerer)]);
  await answerer.send(['asker', 'hello']);
  t.same((await asker.receive()).map(String), ['answerer', 'hello']);
  await asker.send(['answerer', 'question']);
  t.same((await answerer.receive()).map(String), ['asker', 'question']);
  t.same((await monitor.receive()).map(String), ['out', 'asker', 'answerer', 'hello']);
  t.same((await monitor.receive()).map(String), ['in', 'answerer', 'asker', 'question']);
});

t.test('a monitor that pushes and has no reader holds the queue up', async (t) => {
  const device = new MonitoredQueue({ in: BIND, out: BIND, monitor: BIND, types: PUSHING });
  const { front, back } = await startDevice(t, device);
  const [client, server] = [use(t, new Request()), use(t, new Reply())];
  client.connect(front);
  server.connect(back);
  await client.send('held up');
  await t.rejects(server.receive({ timeout: 100 }), { code: 'EAGAIN' });
  const monitor = use(t, new Pull());
  monitor.connect(device.endpoints.monitor[0]!);
  t.equal(String(await server.receive()), 'held up');
});

t.test('100 000 messages and their copies, whole and in order', async (t) => {
  const types = ['pull', 'push', 'push'] as const;
  const device = new MonitoredQueue({ in: BIND, out: BIND, monitor: BIND, types });
  const { front, back } = await startDevice(t, device);
  const [push, pull, monitor] = [use(t, new Push()), use(t, new Pull()), use(t, new Pull())];
  push.connect(front);
  pull.connect(back);
  monitor.connect(device.endpoints.monitor[0]!);
  const copies = {
    receive: async () => {
      const [prefix, ...message] = await monitor.receive();
      return String(prefix) === 'in' ? message : [];
    },
  };
  const [received, copied] = [verify(pull, 100_000), verify(copies, 100_000)];
  await sendNumbered(push, 100_000);
  t.strictSame(await received, faultless('ours', 100_000));
  t.strictSame(await copied, faultless('ours', 100_000));
});

for (const implementation of implementations(t)) {
  t.test(`with libzmq through ${implementation}`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });

    t.test('a libzmq SUB reads what the monitor publishes', async (t) => {
      const device = new MonitoredQueue({ in: BIND, out: BIND, prefixes: ['asked', 'told'] });
      const { front, back } = await startDevice(t, device.bindMonitor(BIND));
      const [client, server] = [await peer.open('REQ'), await peer.open('REP')];
      const watcher = await peer.open('SUB', { receiveHighWaterMark: 0 });
      await watcher.connect(device.endpoints.monitor[0]!);
      await watcher.subscribe('');
      await client.connect(front);
      await server.connect(back);
      await server.echo();
      // Until the subscription has arrived nothing is published: ask until the first copy comes.
      let seen: unknown[][] = [];
      for (let n = 0; seen.length === 0; n++) {
        await client.send(`probe ${n}`);
        await client.receive();
        seen = await watcher.receiveMany(1, 100);
      }
      while ((await watcher.receiveMany(1, 200)).length > 0);
      for (let n = 0; n < 100; n++) {
        await client.send([String(n), '']);
        await client.receive();
      }
      const copies = await watcher.receiveMany(200);
      const id = copies[0]![1];
      for (const [i, copy] of copies.entries()) {
        const expected = [i % 2 ? 'told' : 'asked', id as Buffer, '', String(i >> 1), ''];
        t.strictSame(
          copy,
          expected.map((part) => Buffer.from(part as string)),
        );
      }
    });
  });
}

t.test('a monitor has a socket that sends', async (t) => {
  const types = ['router', 'dealer', 'pull'] as const;
  const device = new MonitoredQueue({ in: BIND, out: BIND, monitor: BIND, types });
  await t.rejects(device.start(), { code: 'EINVAL' });
});

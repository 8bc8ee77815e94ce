/** The examples of examples/devices: among themselves, and each role against libzmq in another process. */

import t, { type Test } from 'tap';
import { Reply } from 'zeromq-pure';
import {
  client as brokerClient,
  broker as brokerRole,
  service as brokerService,
} from '../../examples/devices/broker.ts';
import {
  device as forwarder,
  server as publisher,
  subscriber,
} from '../../examples/devices/forwarder.ts';
import {
  device as queue,
  client as queueClient,
  server as queueServer,
} from '../../examples/devices/queue.ts';
import { feeder, device as streamer, worker } from '../../examples/devices/streamer.ts';
import { LibzmqPeer } from '../support/libzmq-peer.ts';
import { ANYWHERE, asInTour, type Played, play } from './stage.ts';

t.test('queue', async (t) => {
  await t.test(
    'replies come through it from both servers in turn; its ports are free after',
    async (t) => {
      const { device, service, workers } = await queueDevice(t);
      const servers = ['1', '2'].map((name) =>
        play(t, `server ${name}`, (run) => queueServer({ requests: workers }, run, name)),
      );
      const client = play(t, 'client 1', async (run) =>
        queueClient({ service: await service() }, run, '1'),
      );
      await client.over;
      const names = repliesOf(client).map((line) => /server (\d)/.exec(line)![1]);
      t.equal(names.length, 9);
      t.ok(
        names.every((name, i) => name !== names[i + 1]),
        `in turn: ${names}`,
      );
      const ends = [workers, await service()];
      await device.stop();
      await asInTour(t, 'devices/queue', [device, ...servers, client]);
      for (const endpoint of ends) {
        const other = new Reply();
        await t.resolves(other.bind(endpoint), `${endpoint} is free`);
        other.close();
      }
    },
  );

  await t.test('our device, a libzmq server and a libzmq client', async (t) => {
    const { service, workers } = await queueDevice(t, 1);
    const peer = await libzmq(t);
    const [server, client] = [await peer.open('REP'), await peer.open('REQ')];
    await server.connect(workers);
    await server.echo('served');
    await client.connect(await service());
    for (let n = 0; n < 9; n++) {
      await client.send(['Hello', `${n}`]);
      t.same((await client.receive()).map(String), ['Hello', `${n}`, 'served']);
    }
  });

  await t.test('a libzmq device, our servers and our client', async (t) => {
    const peer = await libzmq(t);
    const [front, back] = [await peer.open('ROUTER'), await peer.open('DEALER')];
    const [service, requests] = [await front.bind(), await back.bind()];
    for (const name of ['1', '2']) {
      play(t, `server ${name}`, (run) => queueServer({ requests }, run, name));
    }
    await back.event('handshake', 2);
    const proxy = await peer.proxy(front, back);
    const client = play(t, 'client', (run) => queueClient({ service }, run, '1'));
    await client.over;
    const names = repliesOf(client).map((line) => /server (\d)/.exec(line)![1]);
    t.equal(names.length, 9);
    t.same([...new Set(names)].sort(), ['1', '2']);
    await proxy.stop();
  });
});

t.test('forwarder', async (t) => {
  await t.test('the last hop filters, and both servers are heard', async (t) => {
    const { device, updates, publishers } = await forwarderDevice(t);
    const servers = ['1', '2'].map((name) =>
      play(t, `server ${name}`, (run) => publisher({ updates: publishers }, run, name, 1)),
    );
    // Both have been through all topics once.
    await Promise.all(servers.map((server) => server.line(/^9/)));
    const client = play(t, 'subscriber', (run) => subscriber({ updates }, run));
    await client.over;
    t.ok(heardOf(client).every((line) => /^9 server#[12]$/.test(line)));
    t.same([...new Set(heardOf(client))].sort(), ['9 server#1', '9 server#2']);
    for (const role of [...servers, device]) await role.stop();
    await asInTour(t, 'devices/forwarder', [device, ...servers, client]);
  });

  await t.test('our device, a libzmq publisher and a libzmq subscriber', async (t) => {
    const { updates, publishers } = await forwarderDevice(t);
    const peer = await libzmq(t);
    const [from, to] = [await peer.open('PUB'), await peer.open('SUB')];
    await to.subscribe('9');
    await to.connect(updates);
    await from.connect(publishers);
    await from.beacon(['9 server#peer'], 5);
    const heard = await to.receiveMany(10);
    await from.stopBeacon();
    t.same(
      heard,
      Array.from({ length: 10 }, () => [Buffer.from('9 server#peer')]),
    );
  });

  await t.test('a libzmq device, our servers and our subscriber', async (t) => {
    const peer = await libzmq(t);
    const [front, back] = [await peer.open('SUB'), await peer.open('PUB')];
    await front.subscribe('');
    const [publishers, updates] = [await front.bind(), await back.bind()];
    const proxy = await peer.proxy(front, back);
    const servers = ['1', '2'].map((name) =>
      play(t, `server ${name}`, (run) => publisher({ updates: publishers }, run, name, 1)),
    );
    await Promise.all(servers.map((server) => server.line(/^9/)));
    const client = play(t, 'subscriber', (run) => subscriber({ updates }, run));
    await client.over;
    t.same([...new Set(heardOf(client))].sort(), ['9 server#1', '9 server#2']);
    await proxy.stop();
  });
});

t.test('streamer', async (t) => {
  await t.test('two workers get disjoint halves of the work', async (t) => {
    const { device, work, feeders } = await streamerDevice(t);
    const workers = ['1', '2'].map((name) =>
      play(t, `worker ${name}`, (run) => worker({ work }, run, name)),
    );
    const feed = play(t, 'feeder', async (run) => feeder({ work: await feeders() }, run));
    await Promise.all([feed.over, ...workers.map(({ over }) => over)]);
    t.same(workers.map(numbersOf).sort(), ['0 2 4 6 8', '1 3 5 7 9']);
    await device.stop();
    await asInTour(t, 'devices/streamer', [device, ...workers, feed]);
  });

  await t.test('our device, a libzmq feeder and libzmq workers', async (t) => {
    const { work, feeders } = await streamerDevice(t);
    const peer = await libzmq(t);
    const workers = [await peer.open('PULL'), await peer.open('PULL')];
    for (const socket of workers) await socket.connect(work);
    const feed = await peer.open('PUSH');
    await feed.connect(await feeders());
    for (let n = 0; n < 10; n++) await feed.send(String(n));
    const halves = await Promise.all(workers.map((socket) => socket.receiveMany(5)));
    t.same(halves.map((half) => half.flat().map(String).join(' ')).sort(), [
      '0 2 4 6 8',
      '1 3 5 7 9',
    ]);
  });

  await t.test('a libzmq device, our feeder and our workers', async (t) => {
    const peer = await libzmq(t);
    const [front, back] = [await peer.open('PULL'), await peer.open('PUSH')];
    const [feeders, work] = [await front.bind(), await back.bind()];
    const workers = ['1', '2'].map((name) =>
      play(t, `worker ${name}`, (run) => worker({ work }, run, name)),
    );
    await back.event('handshake', 2);
    const proxy = await peer.proxy(front, back);
    const feed = play(t, 'feeder', (run) => feeder({ work: feeders }, run));
    await Promise.all([feed.over, ...workers.map(({ over }) => over)]);
    t.same(workers.map(numbersOf).sort(), ['0 2 4 6 8', '1 3 5 7 9']);
    await proxy.stop();
  });
});

t.test('a broker by hand keeps the parts of a message together', async (t) => {
  const broker = play(t, 'broker', (run) =>
    brokerRole({ clients: ANYWHERE, services: ANYWHERE }, run),
  );
  const ends = [await broker.endpoint(/^clients/), await broker.endpoint(/^services/)] as const;
  const service = play(t, 'service', (run) => brokerService({ requests: ends[1] }, run));
  const client = play(t, 'client', (run) => brokerClient({ broker: ends[0] }, run));
  await client.over;
  t.same(
    client.lines,
    Array.from({ length: 9 }, (_, i) => `Received reply ${i + 1} [ ${i + 1},Hello ]`),
  );
  for (const role of [service, broker]) await t.resolves(role.stop());
  await asInTour(t, 'devices/broker', [broker, service, client]);
});

async function queueDevice(t: Test, serverCount?: number) {
  const ends = { clients: ANYWHERE, servers: ANYWHERE };
  const device = play(t, 'device', (run) => queue(ends, run, serverCount));
  const workers = await device.endpoint(/^servers may/);
  return { device, workers, service: () => device.endpoint(/^clients may/) };
}

async function forwarderDevice(t: Test) {
  const ends = { publishers: ANYWHERE, subscribers: ANYWHERE };
  const device = play(t, 'device', (run) => forwarder(ends, run));
  const updates = await device.endpoint(/^subscribers may/);
  return { device, updates, publishers: await device.endpoint(/^publishers may/) };
}

async function streamerDevice(t: Test) {
  const ends = { feeders: ANYWHERE, workers: ANYWHERE };
  const device = play(t, 'device', (run) => streamer(ends, run));
  const work = await device.endpoint(/^workers may/);
  return { device, work, feeders: () => device.endpoint(/^feeders may/) };
}

function repliesOf({ lines }: Played): string[] {
  return lines.filter((line) => line.startsWith('Received reply'));
}

function heardOf({ lines }: Played): string[] {
  return lines.slice(1);
}

function numbersOf({ lines }: Played): string {
  return lines
    .slice(1)
    .map((line) => JSON.parse(line).num)
    .join(' ');
}

function libzmq(t: Test): Promise<LibzmqPeer> {
  return LibzmqPeer.spawn(t, { implementation: 'zeromq' });
}

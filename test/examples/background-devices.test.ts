/** The examples of examples/background-devices: devices in processes of their own. */

import t, { type Test } from 'tap';
import {
  monitor,
  client as monitoredClient,
  device as monitoredQueue,
  server as monitoredServer,
} from '../../examples/background-devices/monitored-queue.ts';
import { client, device as queue, server } from '../../examples/background-devices/queue-device.ts';
import {
  feeder,
  device as streamer,
  worker,
} from '../../examples/background-devices/streamer-device.ts';
import { LibzmqPeer } from '../support/libzmq-peer.ts';
import { ANYWHERE, asInTour, play } from './stage.ts';

t.test('a streamer in a process of its own deals disjoint halves', async (t) => {
  const ends = { feeders: ANYWHERE, workers: ANYWHERE };
  const device = play(t, 'device', (run) => streamer(ends, run));
  const work = await device.endpoint(/^workers/);
  const workers = ['1', '2'].map((name) =>
    play(t, `worker ${name}`, (run) => worker({ work }, run, name)),
  );
  await Promise.all(workers.map((each) => each.line(/is there/)));
  const feeders = await device.endpoint(/^feeders/);
  const feed = play(t, 'feeder', (run) => feeder({ work: feeders }, run));
  await Promise.all([feed.over, ...workers.map(({ over }) => over)]);
  const halves = workers.map(({ lines }) =>
    lines
      .slice(1)
      .map((line) => line.slice(-1))
      .join(' '),
  );
  t.same(halves.sort(), ['0 2 4 6 8', '1 3 5 7 9']);
  await device.stop();
  await asInTour(t, 'background-devices/streamer-device', [device, ...workers, feed]);
});

t.test('a queue with every mark at 1 brings each client its own replies in order', async (t) => {
  const device = play(t, 'device', (run) => queue({ clients: ANYWHERE, servers: ANYWHERE }, run));
  const requests = await device.endpoint(/^servers/);
  const service = await device.endpoint(/^clients/);
  const answering = play(t, 'server 1', (run) => server({ requests }, run, '1'));
  const clients = ['1', '2'].map((name) =>
    play(t, `client ${name}`, (run) => client({ service }, run, name)),
  );
  for (const [i, { over, lines }] of clients.entries()) {
    await over;
    t.same(
      lines.filter((line) => line.startsWith('Received')),
      [1, 2, 3, 4].map(
        (n) => `Received reply ${n} [ 1 has answered request #${n} of client #${i + 1} ]`,
      ),
    );
  }
  t.equal(answering.lines.length, 8);
  for (const role of [answering, device]) await t.resolves(role.stop());
  await asInTour(t, 'background-devices/queue-device', [device, answering, ...clients]);
});

t.test('monitored queue', async (t) => {
  await t.test('copies have four parts, prefix first, with the id of the client', async (t) => {
    const { device, requests, service, copies } = await monitored(t);
    const watching = play(t, 'monitor', (run) => monitor({ copies }, run));
    await watching.line(/^Collecting/);
    const answering = play(t, 'server 1', (run) => monitoredServer({ requests }, run, '1'));
    const clients = ['1', '2'].map((name) =>
      play(t, `client ${name}`, (run) => monitoredClient({ service }, run, name)),
    );
    const seen = (await watching.over)!;
    for (const { over, lines } of clients) {
      await over;
      t.same(lines, ["Received - ['Response from server #1']"], 'a list of one part');
    }
    checkCopies(t, seen, ['Request #1 from client#1', 'Request #1 from client#2']);
    for (const role of [answering, device]) await t.resolves(role.stop());
    await asInTour(t, 'background-devices/monitored-queue', [
      device,
      watching,
      answering,
      ...clients,
    ]);
  });

  await t.test('with libzmq clients, server and monitor', async (t) => {
    const { requests, service, copies } = await monitored(t);
    const peer = await LibzmqPeer.spawn(t, { implementation: 'zeromq' });
    const watching = await peer.open('SUB');
    await watching.subscribe('');
    await watching.connect(copies);
    const answering = await peer.open('REP');
    await answering.connect(requests);
    await answering.echo();
    const clients = [await peer.open('REQ'), await peer.open('REQ')];
    // Asked until heard: nothing else shows that the device knows of a subscription of libzmq's.
    await clients[0]!.connect(service);
    const heard = watching.receiveMany(1);
    let known = false;
    void heard.then(() => {
      known = true;
    });
    while (!known) {
      await clients[0]!.send('are you there?');
      await clients[0]!.receive();
    }
    await clients[1]!.connect(service);
    for (const [i, socket] of clients.entries()) {
      await socket.send(`request ${i}`);
      t.same((await socket.receive()).map(String), [`request ${i}`]);
    }
    const seen: Buffer[][] = [];
    while (seen.length < 4) {
      const message = (await watching.receive()) as Buffer[];
      if (String(message[3]) !== 'are you there?') seen.push(message);
    }
    checkCopies(t, seen, ['request 0', 'request 1']);
  });

  await t.test('with libzmq servers and clients of ours, and the other way round', async (t) => {
    const { requests, service, copies } = await monitored(t);
    const peer = await LibzmqPeer.spawn(t, { implementation: 'zeromq' });
    const watching = play(t, 'monitor', (run) => monitor({ copies }, run));
    await watching.line(/^Collecting/);
    const serving = play(t, 'server 1', (run) => monitoredServer({ requests }, run, '1'));
    const asking = await peer.open('REQ');
    await asking.connect(service);
    await asking.send('Request #1 from libzmq');
    t.same((await asking.receive()).map(String), ['Response from server #1']);
    // Ours goes, not theirs: libzmq closes when it gets to it, and what the device sends it meanwhile is lost.
    await serving.stop();

    const theirs = await peer.open('REP');
    await theirs.connect(requests);
    const ours = play(t, 'client 1', (run) => monitoredClient({ service }, run, '1'));
    t.same((await theirs.receive()).map(String), ['Request #1 from client#1']);
    await theirs.send('from libzmq');
    await ours.over;
    t.same(ours.lines, ["Received - ['from libzmq']"]);
    const seen = (await watching.over)!;
    checkCopies(t, seen, ['Request #1 from client#1', 'Request #1 from libzmq']);
  });
});

async function monitored(t: Test) {
  const ends = { clients: ANYWHERE, servers: ANYWHERE, copies: ANYWHERE };
  const device = play(t, 'device', (run) => monitoredQueue(ends, run));
  const copies = await device.endpoint(/^copies/);
  const requests = await device.endpoint(/^servers/);
  return { device, requests, service: await device.endpoint(/^clients/), copies };
}

/** Two requests and their replies, each with the id of who asked. */
function checkCopies(t: Test, seen: readonly Buffer[][], requests: readonly string[]): void {
  t.equal(seen.length, 4);
  t.ok(
    seen.every((message) => message.length === 4 && message[2]!.length === 0),
    'prefix, id, empty, body',
  );
  const ids = (prefix: string) =>
    seen.filter(([first]) => String(first) === prefix).map(([, id]) => id!.toString('hex'));
  t.equal(new Set(ids('in')).size, 2, 'an id for each client');
  t.same(ids('out').sort(), ids('in').sort(), 'the reply has the id of the request');
  t.ok(
    ids('in').every((id) => /^00[0-9a-f]{8}$/.test(id)),
    'five octets, the first of them zero',
  );
  const bodies = seen
    .filter(([first]) => String(first) === 'in')
    .map((message) => String(message[3]));
  t.same(bodies.sort(), [...requests]);
}

/** The two ends of a connection in its events, as version 2 of libzmq's monitor has them: with our own peers and with libzmq's. */

import { once } from 'node:events';
import net from 'node:net';
import t from 'tap';
import * as libzmq from 'zeromq';
import { curveKeyPair, Dealer, type Event, type Socket } from '../../src/index.ts';
import { own, type TearDown } from '../support/local.ts';

type Ends = { readonly address?: string; readonly local?: string; readonly remote?: string };

const PORT = /^tcp:\/\/127\.0\.0\.1:\d+$/;

/** Resolves with the next event of that type. */
async function next(socket: Socket, type: Event['type']): Promise<Ends & { error?: Error }> {
  const [event] = await once(
    socket.events.on(type, () => {}),
    type,
  );
  return event;
}

/** A peer of that make, closed when the test is over. */
type Make = (t: TearDown) => Pick<Dealer, 'bind' | 'connect' | 'close' | 'lastEndpoint'>;

const MAKERS: Readonly<Record<string, Make>> = {
  'our own': (t) => own(t, new Dealer({ linger: 0 })),
  libzmq(t) {
    const peer = new libzmq.Dealer({ linger: 0 });
    t.teardown(() => peer.close());
    return peer;
  },
};

for (const [maker, make] of Object.entries(MAKERS)) {
  t.test(`tcp: what we accepted from ${maker} peer has both ends in each event`, async (t) => {
    const socket = own(t, new Dealer());
    await socket.bind('tcp://0.0.0.0:*');
    const port = socket.lastEndpoint!.split(':').at(-1);
    const seen = Promise.all(
      ['accept', 'handshake', 'disconnect'].map((type) => next(socket, type as 'accept')),
    );
    const peer = make(t);
    const shaken = socket.waitFor('handshake');
    peer.connect(`tcp://127.0.0.1:${port}`);
    await shaken;
    t.match(socket.stats().peers[0]?.address, PORT);
    peer.close();
    const [accepted, handshake, gone] = await seen;
    for (const event of [accepted!, handshake!, gone!]) {
      t.equal(event.address, socket.lastEndpoint, 'the endpoint as ever');
      t.equal(event.local, `tcp://127.0.0.1:${port}`);
      t.match(event.remote, PORT);
      t.equal(event.remote, accepted!.remote);
    }
    t.not(accepted!.remote, accepted!.local);
  });

  t.test(`tcp: a connection to ${maker} peer has both ends in each event`, async (t) => {
    const peer = make(t);
    await peer.bind('tcp://127.0.0.1:*');
    const socket = own(t, new Dealer({ linger: 0 }));
    const seen = Promise.all(
      ['connect', 'handshake', 'disconnect'].map((type) => next(socket, type as 'connect')),
    );
    const shaken = socket.waitFor('handshake');
    const endpoint = peer.lastEndpoint!;
    socket.connect(endpoint);
    await shaken;
    peer.close();
    const [connected, handshake, gone] = await seen;
    for (const event of [connected!, handshake!, gone!]) {
      t.equal(event.remote, endpoint);
      t.match(event.local, PORT);
      t.equal(event.local, connected!.local);
    }
    t.not(connected!.local, endpoint);
  });

  t.test(`ipc: only the side that listens has an address, with ${maker} peer`, async (t) => {
    const socket = own(t, new Dealer());
    const peer = make(t);
    await socket.bind('ipc://*');
    const endpoint = socket.lastEndpoint!;
    const accepted = next(socket, 'handshake');
    peer.connect(endpoint);
    t.strictSame(await accepted, { type: 'handshake', address: endpoint, local: endpoint });
    await peer.bind('ipc://*');
    const other = peer.lastEndpoint!;
    const connected = next(socket, 'connect');
    socket.connect(other);
    t.strictSame(await connected, { type: 'connect', address: other, remote: other });
  });
}

t.test('the ends of two of our sockets are the same, the other way round', async (t) => {
  const server = own(t, new Dealer());
  const client = own(t, new Dealer({ linger: 0 }));
  for (const transport of ['tcp', 'ws'] as const) {
    await server.bind(`${transport}://127.0.0.1:*`);
    const [accepted, connected] = [next(server, 'handshake'), next(client, 'handshake')];
    client.connect(server.lastEndpoint!);
    const [there, here] = await Promise.all([accepted, connected]);
    t.equal(there.remote, here.local);
    t.match(here.local, new RegExp(`^${transport}://127\\.0\\.0\\.1:\\d+$`));
    t.ok(here.remote!.startsWith(there.local!), `${here.remote} is ${there.local}`);
  }
});

t.test(
  'an IPv4 peer of an IPv6 socket has its address plain, an IPv6 peer in brackets',
  async (t) => {
    const server = own(t, new Dealer({ ipv6: true }));
    await server.bind('tcp://[::]:*');
    const port = server.lastEndpoint!.split(':').at(-1);
    for (const [host, form] of [
      ['127.0.0.1', PORT],
      ['[::1]', /^tcp:\/\/\[::1\]:\d+$/],
    ] as const) {
      const client = own(t, new Dealer({ ipv6: true, linger: 0 }));
      const accepted = next(server, 'accept');
      client.connect(`tcp://${host}:${port}`);
      t.match((await accepted).remote, form);
    }
  },
);

t.test(
  'a handshake that fails tells both ends, on the side that listens and on the other',
  async (t) => {
    const key = curveKeyPair();
    const server = own(t, new Dealer({ curveServer: true, curveSecretKey: key.secretKey }));
    await server.bind('tcp://127.0.0.1:*');
    const client = own(t, new Dealer({ linger: 0, reconnectInterval: -1 }));
    const failed = next(server, 'handshake:error:protocol');
    const failedToo = Promise.race(
      (['handshake:error:protocol', 'handshake:error:other'] as const).map((type) =>
        next(client, type),
      ),
    );
    client.connect(server.lastEndpoint!);
    const [there, here] = await Promise.all([failed, failedToo]);
    t.equal(there.local, server.lastEndpoint);
    t.equal(there.remote, here.local);
    t.equal(here.remote, server.lastEndpoint);
    const closed = next(server, 'handshake:error:other');
    const stranger = net.connect(Number(server.lastEndpoint!.split(':').at(-1)), '127.0.0.1');
    t.teardown(() => stranger.destroy());
    await once(stranger, 'connect');
    const { localPort } = stranger;
    stranger.end();
    t.equal((await closed).remote, `tcp://127.0.0.1:${localPort}`);
  },
);

t.test('events without a connection have the one address', async (t) => {
  const socket = own(t, new Dealer({ reconnectInterval: 10 }));
  const delayed = next(socket, 'connect:delay');
  const retried = next(socket, 'connect:retry');
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  socket.connect(`tcp://127.0.0.1:${port}`);
  for (const event of [await delayed, await retried]) {
    t.equal(event.address, `tcp://127.0.0.1:${port}`);
    t.notOk('local' in event || 'remote' in event);
  }
});

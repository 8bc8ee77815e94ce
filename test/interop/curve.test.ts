/** CURVE against libzmq: both roles, both directions, what goes through it, and those who are refused. */

import t from 'tap';
import { type Authenticate, curveKeyPair, Pull, Push } from '../../src/index.ts';
import { decodeZ85 } from '../../src/zmtp/index.ts';
import {
  converse,
  failure,
  join,
  PeerHandler,
  type Roles,
  withPeers,
} from '../support/interop/secured.ts';
import {
  faultless,
  follow,
  freshEndpoint,
  ourEnd,
  peerEnd,
  sendNumbered,
  subscriptionsKnown,
  transportsOf,
  verify,
} from '../support/interop.ts';
import { eventually, use } from '../support/sockets.ts';

const server = curveKeyPair();
const client = curveKeyPair();

const ROLES: Roles = {
  server: { curveServer: true, curveSecretKey: server.secretKey, zapDomain: 'global' },
  client: {
    curveServerKey: server.publicKey,
    curvePublicKey: client.publicKey,
    curveSecretKey: client.secretKey,
  },
};

const wanted: Authenticate = ({ credentials: [key] }) =>
  decodeZ85(client.publicKey).equals(key!) ? { status: 200, userId: 'alice' } : { status: 400 };

withPeers(t, async (t, peer) => {
  t.test('without a handler, there is encryption without judging', async (t) => {
    for (const ours of ['server', 'client'] as const) {
      const { socket, theirs } = await join(t, peer, ROLES, ours, 'we', 'tcp');
      await converse(t, socket, theirs);
      await theirs.close();
    }
  });

  let handler!: PeerHandler;
  for (const transport of transportsOf(peer.implementation)) {
    for (const binder of ['we', 'libzmq'] as const) {
      t.test(`${transport}, our server, ${binder} bind`, async (t) => {
        const options = { authenticate: wanted, keepPeers: true };
        const { socket, theirs } = await join(t, peer, ROLES, 'server', binder, transport, options);
        const message = await converse(t, socket, theirs);
        t.equal(socket.peerOf(message)?.userId, 'alice');
        await theirs.close();
      });
      t.test(`${transport}, our client, ${binder} bind`, async (t) => {
        handler ??= await PeerHandler.open(peer);
        const asking = handler.answer('200');
        const { socket, theirs } = await join(t, peer, ROLES, 'client', binder, transport);
        const [domain, address, identity, mechanism, key] = await asking;
        // Over ipc libzmq names the process instead: localhost:uid:gid:pid.
        const known = transport === 'ipc' ? /^(localhost:\d+:\d+:\d+)?$/ : /^127\.0\.0\.1$/;
        t.match(String(address), known);
        t.same([domain, identity, mechanism].map(String), ['global', '', 'CURVE']);
        t.same(key, decodeZ85(client.publicKey));
        await converse(t, socket, theirs);
        await theirs.close();
      });
    }
  }

  t.test('a thousand messages each way, and a large one', async (t) => {
    const pull = use(t, new Pull(ROLES.server as object));
    const push = use(t, new Push(ROLES.client as object));
    const theirPush = await peer.open('PUSH', ROLES.client);
    const theirPull = await peer.open('PULL', ROLES.server);
    await pull.bind('tcp://127.0.0.1:*');
    const asking = handler.answer('200');
    push.connect(await theirPull.bind());
    await asking;
    await theirPush.connect(pull.lastEndpoint!);
    const [received] = await Promise.all([
      verify(pull, 1_000),
      theirPush.sendMany({ count: 1_000, size: 500 }),
    ]);
    t.same(received, faultless('peer', 1_000));
    const [summary] = await Promise.all([
      theirPull.verify(1_000),
      sendNumbered(push, 1_000, { size: 500 }),
    ]);
    t.same(summary, faultless('ours', 1_000));
    await theirPush.send({ size: 1_000_000, seed: 3 });
    t.equal((await pull.receive())[0]!.length, 1_000_000);
    await Promise.all([theirPush.close(), theirPull.close()]);
  });

  t.test('subscriptions', async (t) => {
    for (const ours of ['PUB', 'SUB'] as const) {
      const publisher =
        ours === 'PUB'
          ? ourEnd(t, 'PUB', ROLES.server)
          : peerEnd(await peer.open('PUB', ROLES.server));
      const subscriber =
        ours === 'SUB'
          ? ourEnd(t, 'SUB', ROLES.client)
          : peerEnd(await peer.open('SUB', ROLES.client));
      const endpoint = await freshEndpoint(t, 'tcp');
      await follow(subscriber, 'a');
      const asking = ours === 'SUB' ? handler.answer('200') : undefined;
      await publisher.bind(endpoint);
      await subscriber.connect(endpoint);
      await asking;
      await subscriptionsKnown(publisher, subscriber);
      await publisher.send(['b', 'no']);
      await publisher.send(['a', 'yes']);
      t.same((await subscriber.receive()).map(String), ['a', 'yes']);
      await (ours === 'PUB' ? subscriber : publisher).close();
    }
  });

  t.test('heartbeats of both keep a silent connection', async (t) => {
    const heartbeat = {
      heartbeatInterval: 30,
      heartbeatTimeout: 1_000,
      heartbeatTimeToLive: 1_000,
    };
    const roles = {
      server: { ...ROLES.server, ...heartbeat },
      client: { ...ROLES.client, ...heartbeat },
    };
    for (const ours of ['server', 'client'] as const) {
      const asking = ours === 'client' ? handler.answer('200') : undefined;
      const { socket, log, theirs } = await join(t, peer, roles, ours, 'we', 'tcp');
      await asking;
      await log.next('handshake');
      const before = socket.stats().received.bytes;
      // PING and PONG of libzmq take 40 octets and more each.
      await eventually('ten of them', () => socket.stats().received.bytes > before + 400);
      t.equal(log.count('disconnect'), 0);
      await converse(t, socket, theirs);
      await theirs.close();
    }
  });

  t.test('our server refuses a key it does not want', async (t) => {
    const stranger = curveKeyPair();
    const other = { curvePublicKey: stranger.publicKey, curveSecretKey: stranger.secretKey };
    const roles = { ...ROLES, client: { ...ROLES.client, ...other } };
    const options = { authenticate: wanted };
    const { socket, log, theirs } = await join(t, peer, roles, 'server', 'we', 'tcp', options);
    t.equal(await failure(log), 'auth 400');
    t.equal(await theirs.event('handshake:error:auth'), 400);
    t.equal(socket.readable, false);
    await theirs.close();
  });

  for (const status of ['300', '400', '500']) {
    t.test(`our client is refused with ${status}`, async (t) => {
      const asking = handler.answer(status);
      const roles = { ...ROLES, server: { ...ROLES.server, handshakeInterval: 300 } };
      const { socket, log, theirs } = await join(t, peer, roles, 'client', 'libzmq', 'tcp');
      await asking;
      t.equal(await failure(log), status === '300' ? 'other ECONNRESET' : `auth ${status}`);
      t.equal(await theirs.event('handshake:error:auth'), Number(status));
      socket.close();
      await theirs.close();
    });
  }

  t.test('another server key, at either end', async (t) => {
    const roles = { ...ROLES, client: { ...ROLES.client, curveServerKey: client.publicKey } };
    const one = await join(t, peer, roles, 'server', 'we', 'tcp');
    t.equal(await failure(one.log), 'protocol ERR_ZMTP_CRYPTOGRAPHIC');
    await one.theirs.event('disconnect');
    await one.theirs.close();
    const other = await join(t, peer, roles, 'client', 'libzmq', 'tcp');
    t.equal(await failure(other.log), 'other ECONNRESET');
    t.equal(await other.theirs.event('handshake:error:protocol'), 'ERR_ZMTP_CRYPTOGRAPHIC');
    other.socket.close();
    await other.theirs.close();
  });

  t.test('NULL and PLAIN peers at either end', async (t) => {
    const plain = { plainUsername: 'x', plainPassword: 'y' };
    const cases: [Roles, 'server' | 'client'][] = [
      [{ ...ROLES, client: {} }, 'server'],
      [{ ...ROLES, client: plain }, 'server'],
      [{ ...ROLES, client: plain }, 'client'],
      [{ ...ROLES, server: {} }, 'client'],
    ];
    for (const [roles, ours] of cases) {
      const { log, theirs } = await join(t, peer, roles, ours, 'we', 'tcp');
      // libzmq sends its greeting piece by piece: it may leave before it has named its mechanism.
      t.match(await failure(log), /^(protocol ERR_ZMTP_MECHANISM_MISMATCH|other ECONNRESET)$/);
      t.equal(await theirs.event('handshake:error:protocol'), 'ERR_ZMTP_MECHANISM_MISMATCH');
      await theirs.close();
    }
  });
});

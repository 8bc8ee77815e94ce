/** SERVER and CLIENT (RFC 41): among ourselves, and with libzmq. */

import t from 'tap';
import * as native from 'zeromq';
import * as theirs from 'zeromq/draft.js';
import { Dealer } from '../../../src/index.ts';
import { Client, Server } from '../../../src/sockets/draft/index.ts';
import { freeEndpoint, join, own, TRANSPORTS, turns, until } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';
import { connectRaw, message } from '../../support/raw-peer.ts';

type Loose = { send(...args: unknown[]): Promise<void> };

for (const transport of TRANSPORTS) {
  t.test(`over ${transport}`, async (t) => {
    t.test('a client is answered by its number', async (t) => {
      const server = own(t, new Server({ receiveTimeout: PATIENCE }));
      const clients = [1, 2, 3].map(() => own(t, new Client({ receiveTimeout: PATIENCE })));
      for (const client of clients) await join(server, client, transport);
      const ids = new Set<number>();
      for (const [n, client] of clients.entries()) {
        await client.send(`from ${n}`);
        const [message, { routingId }] = await server.receive();
        t.equal(String(message), `from ${n}`);
        t.ok(Number.isInteger(routingId) && routingId > 0 && routingId <= 0xffff_ffff);
        ids.add(routingId);
        await server.send(`to ${n}`, { routingId });
        t.equal(server.trySend('again', { routingId }), true);
        t.strictSame((await client.receive()).map(String), [`to ${n}`]);
        t.strictSame((await client.receive()).map(String), ['again']);
      }
      t.equal(ids.size, 3);
      t.equal(server.tryReceive(), undefined);
      await clients[0]!.sendMany(['a', 'b']);
      await until(() => server.readable);
      for await (const [message, { routingId }] of server) {
        t.ok(ids.has(routingId));
        if (String(message) === 'b') break;
      }
      await clients[1]!.sendJson({ x: 1 });
      t.same(await server.receiveJson(), { x: 1 });
      await clients[2]!.send('many');
      const [[many]] = (await server.receiveMany()) as [[Buffer, object]];
      t.equal(String(many), 'many');
    });

    t.test("a number that is nobody's, or no longer, is refused", async (t) => {
      const server = own(t, new Server());
      t.throws(() => server.trySend('x', { routingId: 12_345 }), { code: 'EHOSTUNREACH' });
      await t.rejects(server.send('x', { routingId: 12_345 }), {
        code: 'EHOSTUNREACH',
        message: 'Host unreachable',
      });
      const client = own(t, new Client());
      await join(server, client, transport);
      await client.send('x');
      const [, { routingId }] = await server.receive();
      client.close();
      await until(() => server.stats().peers.length === 0);
      await t.rejects(server.send('x', { routingId }), { code: 'EHOSTUNREACH' });
    });

    t.test('send waits while the client takes no more, and others go on', async (t) => {
      const server = own(t, new Server({ sendHighWaterMark: 2, sendTimeout: 0 }));
      const [slow, quick] = [1, 2].map(() =>
        own(t, new Client({ receiveHighWaterMark: 2, receiveTimeout: PATIENCE })),
      );
      const ids: number[] = [];
      for (const client of [slow!, quick!]) {
        await join(server, client, transport);
        await client.send('x');
        ids.push((await server.receive())[1].routingId);
      }
      const big = Buffer.alloc(100_000);
      let accepted = 0;
      for (let idle = 0; idle < 20; ) {
        if (server.trySend(big, { routingId: ids[0]! })) [accepted, idle] = [accepted + 1, 0];
        else idle++;
        await turns();
      }
      t.ok(accepted >= 2, `${accepted} accepted`);
      await t.rejects(server.send(big, { routingId: ids[0]! }), { code: 'EAGAIN' });
      await server.send('quick', { routingId: ids[1]! });
      t.strictSame((await quick!.receive()).map(String), ['quick']);
      for (let n = 0; n < accepted; n++) t.equal((await slow!.receive())[0].length, big.length);
    });

    t.test('a message has one part', async (t) => {
      const [server, client] = [own(t, new Server()), own(t, new Client())];
      await join(server, client, transport);
      const refused = { code: 'EINVAL', message: /a message of 2 parts, expected 1/ };
      await t.rejects(async () => (client as unknown as Loose).send(['a', 'b']), refused);
      await t.rejects(
        async () => (server as unknown as Loose).send(['a', 'b'], { routingId: 1 }),
        refused,
      );
      for (const routingId of [0, -1, 1.5, 2 ** 32, undefined, 'x']) {
        await t.rejects(
          async () => (server as unknown as Loose).send('a', { routingId }),
          TypeError,
        );
      }
      await t.rejects(async () => (server as unknown as Loose).send('a'), TypeError);
      await client.send('alone');
      t.equal(String((await server.receive())[0]), 'alone');
      t.equal(server.threadSafe && client.threadSafe, true);
      t.strictSame([server.type, client.type], [12, 13]);
    });

    t.test('other types are turned away', async (t) => {
      const [server, dealer] = [own(t, new Server()), own(t, new Dealer())];
      await server.bind(freeEndpoint(transport));
      const refused = dealer.waitFor('handshake:error:protocol', { timeout: PATIENCE });
      dealer.connect(server.lastEndpoint!);
      await refused;
      t.equal(server.stats().peers.length, 0);
    });

    if (transport === 'inproc') return;
    t.test(
      'with libzmq',
      { skip: !native.capability.draft && 'libzmq has no drafts' },
      async (t) => {
        for (const ours of ['server', 'client'] as const) {
          for (const binds of ['server', 'client'] as const) {
            const server =
              ours === 'server' ? own(t, new Server()) : new theirs.Server({ linger: 0 });
            const client =
              ours === 'client' ? own(t, new Client()) : new theirs.Client({ linger: 0 });
            t.teardown(() => [server.close(), client.close()]);
            const [binder, connecter] = binds === 'server' ? [server, client] : [client, server];
            await binder.bind(freeEndpoint(transport));
            connecter.connect(binder.lastEndpoint!);
            for (const size of [0, 1, 255, 256, 70_000]) {
              await client.send(Buffer.alloc(size, 'a'));
              const [message, { routingId }] = await server.receive();
              t.equal(message.length, size);
              await server.send(message, { routingId });
              const [answer] = await client.receive();
              t.equal(answer.length, size, `${ours} ours, ${binds} bound, ${size} octets`);
            }
          }
        }
      },
    );
  });
}

t.test('a peer that sends several parts loses its connection', async (t) => {
  const server = own(t, new Server({ receiveTimeout: PATIENCE }));
  await server.bind('tcp://127.0.0.1:*');
  const peer = await connectRaw(t, server.lastEndpoint!);
  await peer.shakeHands('CLIENT');
  peer.write(message('good'), message('a', 'b'));
  await peer.closed;
  t.equal(String((await server.receive())[0]), 'good');
  t.equal(server.readable, false);
});

/** The Queue: between those who ask and those who answer, ours and libzmq's. */

import t from 'tap';
import { Queue } from '../../../src/sockets/device/queue.ts';
import { Dealer, Reply, Request } from '../../../src/sockets/index.ts';
import { faultless, fill, sendNumbered, use, verify } from '../../support/interop.ts';
import { implementations, LibzmqPeer } from '../../support/libzmq-peer.ts';
import { startDevice } from '../../support/sockets/device.ts';
import { handshaken } from '../../support/wait.ts';

const BIND = 'tcp://127.0.0.1:*';

t.test("one client's requests go to the servers in turns", async (t) => {
  const { device, front, back } = await startDevice(t, new Queue({ in: BIND, out: BIND }));
  const servers = [use(t, new Reply()), use(t, new Reply())];
  for (const [i, server] of servers.entries()) {
    server.connect(back);
    await handshaken(server);
    void echo(server, String(i)).catch(() => {});
  }
  const client = use(t, new Request());
  client.connect(front);
  const answers: string[] = [];
  for (let n = 0; n < 10; n++) {
    await client.send(['question', String(n)]);
    const [number, server] = (await client.receive()).slice(1).map(String);
    t.equal(number, String(n));
    answers.push(server!);
  }
  t.ok(['0101010101', '1010101010'].includes(answers.join('')), answers.join(''));
  await device.stop();
  const again = new Queue({ in: front, out: back });
  await startDevice(t, again);
  t.same(again.endpoints.in, [front], 'the ports were free at once');
});

t.test('each client gets its own answers, with every mark at 1', async (t) => {
  const device = new Queue({ in: BIND, out: BIND });
  const one = { sendHighWaterMark: 1, receiveHighWaterMark: 1 };
  const { front, back } = await startDevice(t, device.optionsIn(one).optionsOut(one));
  const server = use(t, new Reply(one));
  server.connect(back);
  void echo(server, 'server').catch(() => {});
  await Promise.all(
    ['a', 'b'].map(async (name) => {
      const client = use(t, new Request(one));
      client.connect(front);
      for (let n = 0; n < 20; n++) {
        await client.send([name, String(n)]);
        t.same((await client.receive()).map(String), [name, String(n), 'server']);
      }
    }),
  );
});

t.test('without a server, clients are stopped, and lose nothing', async (t) => {
  const device = new Queue({ in: BIND, out: BIND });
  const { front, back } = await startDevice(t, device.optionsIn({ receiveHighWaterMark: 10 }));
  const client = use(t, new Dealer({ sendHighWaterMark: 10 }));
  client.connect(front);
  const accepted = await fill(client, { size: 65_536 });
  t.ok(accepted < 1_000, `${accepted} were accepted`);
  t.equal((await device.statistics()).front.received.messages, 0);
  const server = use(t, new Dealer());
  server.connect(back);
  for (let n = 0; n < accepted; n++) await server.send(await server.receive());
  t.strictSame(await verify(client, accepted), faultless('ours', accepted));
});

for (const implementation of implementations(t)) {
  t.test(`with libzmq through ${implementation} on either side`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });

    t.test('100 000 requests of ours, answered by libzmq', async (t) => {
      const { device, front, back } = await startDevice(t, new Queue({ in: BIND, out: BIND }));
      const server = await peer.open('DEALER');
      await server.connect(back);
      await server.echo();
      const client = use(t, new Dealer());
      client.connect(front);
      // What a ROUTER has no room for it drops, so no more are under way than all queues hold.
      for (let n = 0; n < 100_000; n += 500) {
        const answers = verify(client, 500);
        await sendNumbered(client, 500, { first: n });
        const { bad, count } = await answers;
        if (bad > 0 || count < 500) t.fail(`${bad} bad of ${count}`);
      }
      const { front: f, back: b } = await device.statistics();
      t.equal(f.received.messages, 100_000);
      t.same(b.sent, { ...f.received });
      t.same(f.sent, { ...f.received });
    });

    t.test('requests of libzmq, answered by us', async (t) => {
      const { front, back } = await startDevice(t, new Queue({ in: BIND, out: BIND }));
      const server = use(t, new Reply());
      server.connect(back);
      void echo(server, 'ours').catch(() => {});
      const clients = [await peer.open('REQ'), await peer.open('REQ')];
      for (const client of clients) await client.connect(front);
      for (let n = 0; n < 20; n++) {
        for (const [i, client] of clients.entries()) await client.send([`client ${i}`, String(n)]);
        for (const [i, client] of clients.entries()) {
          const expected = [`client ${i}`, String(n), 'ours'].map((text) => Buffer.from(text));
          t.strictSame(await client.receive(), expected);
        }
      }
    });
  });
}

async function echo(server: Reply, tag: string): Promise<void> {
  server.receiveTimeout = -1;
  for await (const request of server) await server.send([...request, tag]);
}

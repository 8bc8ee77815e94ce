/** The promise: the table "What a message may expect" of docs/promises.md, its rows that no other test has, and that all have one. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import * as zmq from '../../src/index.ts';
import { join as connected, failure, own, TRANSPORTS, texts, until } from '../support/local.ts';

const ROOT = join(import.meta.dirname, '../..');

t.test('each row of the table is the title of a test, and no title has another', async (t) => {
  const table = readFileSync(join(ROOT, 'docs/promises.md'), 'utf8');
  const rows = [...table.matchAll(/^\| ([MLEUV]\d) \|/gm)].map(([, row]) => row!);
  t.ok(rows.length > 10);
  const named = new Set<string>();
  for (const file of readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(join(ROOT, 'test', file), 'utf8');
    // A title, or the rows of a toxic that become one.
    for (const [, names] of text.matchAll(/(?:test\(|rows: )['"`]((?:[MLEUV]\d[ :'"`])+)/g)) {
      for (const [row] of names!.matchAll(/[MLEUV]\d/g)) named.add(row);
    }
  }
  t.strictSame([...named].sort(), [...rows].sort());
});

for (const transport of TRANSPORTS) {
  t.test(`over ${transport}`, async (t) => {
    t.test('M1: once, whole, in order, to one after the other or to all', async (t) => {
      const push = own(t, new zmq.Push());
      const [one, two] = [own(t, new zmq.Pull()), own(t, new zmq.Pull())];
      await connected(one, push, transport);
      await connected(two, push, transport);
      for (let n = 0; n < 100; n++) await push.send([`${n}`, '', 'x'.repeat(n)]);
      for (const [i, pull] of [one, two].entries()) {
        for (let n = i; n < 100; n += 2) {
          t.strictSame(texts(await pull.receive()), [`${n}`, '', 'x'.repeat(n)]);
        }
        t.equal(pull.tryReceive(), undefined);
      }
      t.match(push.stats(), { sent: { messages: 100 }, dropped: 0 });
    });

    t.test('M2: nobody is there', async (t) => {
      for (const socket of [new zmq.Push(), new zmq.Dealer(), new zmq.Pair(), new zmq.Request()]) {
        own(t, socket);
        t.match((await failure(() => socket.send('x', { timeout: 0 }))).error, { code: 'EAGAIN' });
        t.equal(socket.stats().dropped, 0, 'the caller knows');
      }
      for (const socket of [new zmq.Publisher(), new zmq.XPublisher(), new zmq.XSubscriber()]) {
        await own(t, socket).send('x');
        t.equal(socket.stats().dropped, 0, 'nobody wanted it');
      }
      const router = own(t, new zmq.Router());
      const dealer = own(t, new zmq.Dealer({ routingId: 'D' }));
      await connected(router, dealer, transport);
      await router.send(['nobody', 'x']);
      t.equal(router.stats().dropped, 1, 'counted');
      router.mandatory = true;
      t.match((await failure(() => router.send(['nobody', 'x']))).error, { code: 'EHOSTUNREACH' });
      t.equal(router.stats().dropped, 1, 'the caller knows');
      await router.send(['D', 'known']);
      t.strictSame(texts(await dealer.receive()), ['known']);
    });

    t.test('M3: a ROUTER whose peer is at its mark', async (t) => {
      const router = own(t, new zmq.Router({ sendHighWaterMark: 2 }));
      const dealer = own(t, new zmq.Dealer({ routingId: 'D', receiveHighWaterMark: 2 }));
      await connected(router, dealer, transport);
      const body = Buffer.alloc(1 << 20);
      for (let n = 0; n < 60; n++) await router.send(['D', body]);
      const { dropped } = router.stats();
      t.ok(dropped > 0);
      router.mandatory = true;
      t.match((await failure(() => router.send(['D', body], { timeout: 0 }))).error, {
        code: 'EAGAIN',
      });
      for (let n = dropped; n < 60; n++) await dealer.receive();
      t.equal(dealer.tryReceive(), undefined, 'what is not counted comes');
      t.equal(router.stats().dropped, dropped);
    });

    t.test('L4: a reply whose requester came back', async (t) => {
      const reply = own(t, new zmq.Reply());
      const request = own(t, new zmq.Request({ linger: 0 }));
      const endpoint = await connected(reply, request, transport);
      await request.send('first');
      t.strictSame(texts(await reply.receive()), ['first']);
      request.close();
      await until(() => reply.stats().peers.length === 0);
      await reply.send('to nobody');
      t.equal(reply.stats().dropped, 1, 'counted');
      const next = own(t, new zmq.Request());
      next.connect(endpoint);
      await next.send('second');
      t.strictSame(texts(await reply.receive()), ['second']);
      await reply.send('answer');
      t.strictSame(texts(await next.receive()), ['answer']);
    });
  });
}

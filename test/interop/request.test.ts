/** REQ and REP against libzmq: rotation, envelopes, correlated and relaxed requests. */

import t from 'tap';
import * as zmq from '../../src/index.ts';
import { freshEndpoint, use } from '../support/interop.ts';
import { implementations, LibzmqPeer } from '../support/libzmq-peer.ts';
import { handshaken } from '../support/wait.ts';

const EMPTY = Buffer.alloc(0);

for (const implementation of implementations(t)) {
  t.test(`libzmq through ${implementation}`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });

    t.test('our REQ asks five libzmq REPs in turn', async (t) => {
      const request = use(t, new zmq.Request());
      for (const tag of ['a', 'b', 'c', 'd', 'e']) {
        const reply = await peer.open('REP');
        request.connect(await reply.bind());
        await reply.echo(tag);
      }
      await handshaken(request, 5);
      const tags: string[] = [];
      for (let n = 0; n < 25; n++) {
        await request.send([String(n), 'x']);
        const answer = await request.receive();
        t.strictSame(answer.slice(0, 2), [Buffer.from(String(n)), Buffer.from('x')]);
        tags.push(String(answer[2]));
      }
      t.strictSame([...tags.slice(0, 5)].sort(), ['a', 'b', 'c', 'd', 'e']);
      t.strictSame(
        tags,
        [0, 1, 2, 3, 4].flatMap(() => tags.slice(0, 5)),
      );
    });

    t.test('a libzmq REQ asks five REPs of ours in turn', async (t) => {
      const request = await peer.open('REQ');
      const endpoint = await request.bind();
      for (const tag of ['a', 'b', 'c', 'd', 'e']) {
        const reply = use(t, new zmq.Reply({ receiveTimeout: -1 }));
        reply.receiveTimeout = -1;
        reply.connect(endpoint);
        (async () => {
          for await (const parts of reply) await reply.send([...parts, tag]);
        })();
      }
      await request.event('handshake', 5);
      const tags: string[] = [];
      for (let n = 0; n < 10; n++) {
        await request.send(['q']);
        tags.push(String((await request.receive())[1]));
      }
      t.strictSame([...tags.slice(0, 5)].sort(), ['a', 'b', 'c', 'd', 'e']);
      t.strictSame(tags.slice(5), tags.slice(0, 5));
      await request.close();
    });

    t.test('our REP gives envelopes back unchanged', async (t) => {
      const reply = use(t, new zmq.Reply());
      await reply.bind('tcp://127.0.0.1:*');
      const dealer = await peer.open('DEALER');
      await dealer.connect(reply.lastEndpoint!);
      for (const envelope of [[''], ['one', ''], ['a', 'b', 'c', 'd', '']]) {
        await dealer.send([...envelope, 'body', '', 'tail']);
        t.strictSame(await reply.receive(), [Buffer.from('body'), EMPTY, Buffer.from('tail')]);
        await reply.send('answer');
        t.strictSame(
          await dealer.receive(),
          [...envelope, 'answer'].map((part) => Buffer.from(part)),
        );
      }
      await dealer.close();
    });

    t.test('a libzmq REP gives our envelopes back unchanged', async (t) => {
      const reply = await peer.open('REP');
      const dealer = use(t, new zmq.Dealer());
      dealer.connect(await reply.bind());
      await reply.echo();
      for (const envelope of [[''], ['one', ''], ['a', 'b', 'c', 'd', '']]) {
        const parts = [...envelope, 'body', '', 'tail'];
        await dealer.send(parts);
        t.strictSame(
          await dealer.receive(),
          parts.map((part) => Buffer.from(part)),
        );
      }
    });

    t.test('a correlated request carries an id, and the reply must', async (t) => {
      const router = await peer.open('ROUTER');
      const request = use(t, new zmq.Request({ correlate: true, relaxed: true, routingId: 'us' }));
      request.connect(await router.bind());
      await request.send('first');
      await request.send('second');
      const first = (await router.receive()) as Buffer[];
      const second = (await router.receive()) as Buffer[];
      t.strictSame(first[0], Buffer.from('us'));
      t.equal(first[1]?.length, 4);
      t.strictSame(first.slice(2), [EMPTY, Buffer.from('first')]);
      t.strictSame(second.slice(2), [EMPTY, Buffer.from('second')]);
      t.notSame(first[1], second[1]);
      await router.send([...first.slice(0, 3), 'late']);
      await router.send([...second.slice(0, 3), 'right']);
      t.strictSame(await request.receive(), [Buffer.from('right')]);
      await router.close();
    });

    t.test('our ROUTER serves a correlated libzmq REQ', async (t) => {
      const router = use(t, new zmq.Router());
      await router.bind('tcp://127.0.0.1:*');
      const request = await peer.open('REQ', { correlate: true, relaxed: true });
      await request.connect(router.lastEndpoint!);
      await request.send('first');
      await request.send('second');
      const first = await router.receive();
      const second = await router.receive();
      t.strictSame(second.slice(2), [EMPTY, Buffer.from('second')]);
      await router.send([...first.slice(0, 3), 'late']);
      await router.send([...second.slice(0, 3), 'right']);
      t.strictSame(await request.receive(), [Buffer.from('right')]);
      await request.close();
    });

    t.test('a relaxed request goes to the next peer, and both stay connected', async (t) => {
      const request = use(t, new zmq.Request({ relaxed: true, correlate: true }));
      const replies = [await peer.open('REP'), await peer.open('REP')] as const;
      for (const reply of replies) request.connect(await reply.bind());
      await handshaken(request, 2);
      await request.send('first');
      await request.send('second');
      const bodies = [...(await replies[0].receive()), ...(await replies[1].receive())];
      t.strictSame(bodies.map(String).sort(), ['first', 'second']);
      const [late, right] = String(bodies[0]) === 'first' ? replies : [replies[1], replies[0]];
      await late.send('late');
      await right.send('right');
      t.strictSame(await request.receive(), [Buffer.from('right')]);
      // The first is asked again: it has not been disconnected.
      await request.send('third');
      t.strictSame(await late.receive(), [Buffer.from('third')]);
      await late.send('reply');
      t.strictSame(await request.receive(), [Buffer.from('reply')]);
      for (const reply of replies) await reply.close();
    });

    t.test('requests queued before the bind are answered in order', async (t) => {
      const endpoint = await freshEndpoint(t, 'tcp');
      const options = { relaxed: true, correlate: true, reconnectInterval: 20 };
      const request = use(t, new zmq.Request(options));
      request.connect(endpoint);
      for (const text of ['a', 'b', 'c']) await request.send(text);
      const reply = await peer.open('REP');
      await reply.bind(endpoint);
      for (const text of ['a', 'b', 'c']) {
        t.strictSame(await reply.receive(), [Buffer.from(text)]);
        await reply.send(`re ${text}`);
      }
      t.strictSame(await request.receive(), [Buffer.from('re c')]);
      await reply.close();
    });
  });
}

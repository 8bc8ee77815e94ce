/** libzmq peers that are killed and come back on the same endpoint while messages flow. */

import t from 'tap';
import * as zmq from '../../src/index.ts';
import { faultless, freshEndpoint, use } from '../support/interop.ts';
import { implementations, LibzmqPeer } from '../support/libzmq-peer.ts';
import { numbered, Tally } from '../support/peers/numbered.js';
import { event } from '../support/wait.ts';

for (const implementation of implementations(t)) {
  t.test(`libzmq through ${implementation}`, async (t) => {
    const start = () => LibzmqPeer.spawn(t, { implementation });

    for (const transport of ['tcp', 'ipc'] as const) {
      t.test(`our PUSH outlives the PULL it is connected to, ${transport}`, async (t) => {
        const endpoint = await freshEndpoint(t, transport);
        const [doomed, next] = await Promise.all([start(), start()]);
        const before = await doomed.open('PULL');
        await before.bind(endpoint);
        const push = use(t, new zmq.Push({ sendHighWaterMark: 100, reconnectInterval: 20 }));
        push.connect(endpoint);

        let accepted = 0;
        let last = Number.POSITIVE_INFINITY;
        const flow = (async () => {
          while (accepted <= last) {
            await push.send(numbered('ours', accepted, 100));
            accepted++;
            await new Promise((resolve) => setImmediate(resolve));
          }
        })();
        before.verify(1_000_000, { progress: 1 }).catch(() => {});
        await before.reaches(200);
        await doomed.kill();
        const after = await next.open('PULL');
        await after.bind(endpoint);
        await event(push, 'handshake', 2);
        last = accepted + 500;
        const summary = await after.verify(1_000_000, { until: last });
        await flow;

        const { first, last: end, count } = summary.sources['ours']!;
        t.strictSame(
          [summary.bad, summary.duplicates, summary.reordered, summary.gaps],
          [0, 0, 0, 0],
        );
        t.ok(first > before.progress, `${first} comes after ${before.progress}: nothing doubled`);
        t.equal(count, end - first + 1, 'nothing left out on the new connection');
        t.equal(end, last);
        t.ok(first <= last - 500, 'what was accepted after the reconnection has arrived');
        await next.kill();
      });
    }

    t.test('our bound PUSH serves the next PULL that connects', async (t) => {
      const [doomed, next] = await Promise.all([start(), start()]);
      const push = use(t, new zmq.Push({ sendHighWaterMark: 100 }));
      await push.bind('tcp://127.0.0.1:*');
      const before = await doomed.open('PULL');
      await before.connect(push.lastEndpoint!);
      let accepted = 0;
      let last = Number.POSITIVE_INFINITY;
      const flow = (async () => {
        while (accepted <= last) {
          await push.send(numbered('ours', accepted, 100));
          accepted++;
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      before.verify(1_000_000, { progress: 1 }).catch(() => {});
      await before.reaches(200);
      await doomed.kill();
      await event(push, 'disconnect');
      const after = await next.open('PULL');
      await after.connect(push.lastEndpoint!);
      await event(push, 'handshake', 2);
      last = accepted + 500;
      const summary = await after.verify(1_000_000, { until: last });
      await flow;
      const { first, last: end } = summary.sources['ours']!;
      t.strictSame(
        [summary.bad, summary.duplicates, summary.reordered, summary.gaps],
        [0, 0, 0, 0],
      );
      t.ok(first > before.progress, 'nothing doubled');
      t.equal(end, last);
      t.ok(first <= last - 500);
      await next.kill();
    });

    t.test('our PULL takes up with the PUSH that comes back', async (t) => {
      const endpoint = await freshEndpoint(t, 'tcp');
      const [doomed, next] = await Promise.all([start(), start()]);
      const before = await doomed.open('PUSH');
      await before.bind(endpoint);
      const pull = use(t, new zmq.Pull({ reconnectInterval: 20 }));
      pull.connect(endpoint);
      before.sendMany({ count: 1_000_000, source: 'before', size: 100 }).catch(() => {});
      const tally = new Tally();
      while (tally.count < 500) tally.add(await pull.receive());
      await doomed.kill();
      const after = await next.open('PUSH');
      await after.bind(endpoint);
      const sent = after.sendMany({ count: 1_000, source: 'after', size: 100 });
      while ((tally.summary().sources['after']?.last ?? -1) < 999) tally.add(await pull.receive());
      await sent;
      const { bad, duplicates, reordered, gaps, sources } = tally.summary();
      t.strictSame([bad, duplicates, reordered, gaps], [0, 0, 0, 0]);
      t.equal(sources['before']?.first, 0);
      t.strictSame(sources['after'], { first: 0, last: 999, count: 1_000 });
      await next.kill();
    });

    t.test('never a part without its whole message', async (t) => {
      const endpoint = await freshEndpoint(t, 'tcp');
      const [doomed, next] = await Promise.all([start(), start()]);
      const size = 8 * 1_048_576;
      const before = await doomed.open('PUSH');
      await before.bind(endpoint);
      const pull = use(t, new zmq.Pull({ reconnectInterval: 20, receiveHighWaterMark: 1 }));
      pull.connect(endpoint);
      const prefix = ['head', { size }];
      before.sendMany({ count: 1_000, source: 'before', size, prefix }).catch(() => {});
      for (let n = 0; n < 2; n++) t.ok(whole(await pull.receive()));
      // The next one is on its way: our end of the connection holds less than one message.
      await doomed.kill();
      const after = await next.open('PUSH');
      await after.bind(endpoint);
      const sent = after.sendMany({ count: 3, source: 'after', size, prefix });
      const tally = new Tally();
      let broken = 0;
      while ((tally.summary().sources['after']?.last ?? -1) < 2) {
        const message = await pull.receive();
        if (!whole(message)) broken++;
        tally.add(message);
      }
      await sent;
      t.equal(broken, 0);
      t.equal(tally.summary().bad, 0);
      await next.kill();
    });

    t.test('5000 subscriptions are made again at the publisher that comes back', async (t) => {
      const endpoint = await freshEndpoint(t, 'tcp');
      const [doomed, next] = await Promise.all([start(), start()]);
      const before = await doomed.open('XPUB', { receiveHighWaterMark: 0 });
      await before.bind(endpoint);
      const subscriber = use(t, new zmq.Subscriber({ reconnectInterval: 20 }));
      const topics = Array.from({ length: 5_000 }, (_, n) => `topic ${n}`);
      subscriber.connect(endpoint);
      for (let at = 0; at < topics.length; at += 500) {
        subscriber.subscribe(...topics.slice(at, at + 500));
        await before.receiveMany(500);
      }
      subscriber.unsubscribe('topic 0');
      t.strictSame(await before.receive(), [Buffer.from('\x00topic 0')]);
      await doomed.kill();
      const after = await next.open('XPUB', { receiveHighWaterMark: 0 });
      await after.bind(endpoint);
      const heard = new Set<string>();
      for (const [part] of await after.receiveMany(4_999)) heard.add(String(part));
      t.equal(heard.size, 4_999);
      t.notOk(heard.has('\x01topic 0'));
      await after.send('topic 0');
      await after.send('topic 4999');
      t.strictSame(await subscriber.receive(), [Buffer.from('topic 4999')]);
      await next.kill();
    });

    t.test('our REQ asks again after its REP was killed', async (t) => {
      const endpoint = await freshEndpoint(t, 'tcp');
      const [doomed, next] = await Promise.all([start(), start()]);
      const before = await doomed.open('REP');
      await before.bind(endpoint);
      const options = { reconnectInterval: 20, relaxed: true, correlate: true };
      const request = use(t, new zmq.Request(options));
      request.connect(endpoint);
      await request.send('one');
      t.strictSame(await before.receive(), [Buffer.from('one')]);
      await doomed.kill();
      await event(request, 'disconnect');
      const after = await next.open('REP');
      await after.bind(endpoint);
      await event(request, 'handshake', 2);
      await request.send('two');
      t.strictSame(await after.receive(), [Buffer.from('two')]);
      await after.send('answer');
      t.strictSame(await request.receive(), [Buffer.from('answer')]);
      await next.kill();
    });

    t.test('messages sent before the peer binds arrive in order', async (t) => {
      const endpoint = await freshEndpoint(t, 'tcp');
      const peer = await start();
      const dealer = use(t, new zmq.Dealer({ reconnectInterval: 20 }));
      dealer.connect(endpoint);
      for (const text of ['1', '2', '3']) await dealer.send(text);
      const router = await peer.open('ROUTER');
      await router.bind(endpoint);
      for (const text of ['1', '2', '3']) {
        t.strictSame((await router.receive())[1], Buffer.from(text));
      }
      const other = await freshEndpoint(t, 'tcp');
      const theirs = await peer.open('PUSH');
      await theirs.connect(other);
      await theirs.sendMany({ count: 3 });
      const pull = use(t, new zmq.Pull());
      await pull.bind(other);
      const tally = new Tally();
      for (let n = 0; n < 3; n++) tally.add(await pull.receive());
      t.strictSame(tally.summary(), faultless('peer', 3));
      await peer.kill();
    });
  });
}

function whole(message: readonly Buffer[]): boolean {
  return message.length === 5 && String(message[0]) === 'head';
}

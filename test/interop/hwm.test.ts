/** High-water marks when libzmq, or we, do not read: sends stop, and nothing is lost afterwards. */

import t from 'tap';
import * as zmq from '../../src/index.ts';
import { faultless, fill, freshEndpoint, sendNumbered, use, verify } from '../support/interop.ts';
import { implementations, LibzmqPeer } from '../support/libzmq-peer.ts';
import { numbered } from '../support/peers/numbered.js';
import { handshaken, subscribed } from '../support/wait.ts';

const SIZE = 32_768;
const SENDING = { sendHighWaterMark: 10, sendBufferSize: 65_536 };
const RECEIVING = { receiveHighWaterMark: 10, receiveBufferSize: 65_536 };

for (const implementation of implementations(t)) {
  t.test(`libzmq through ${implementation}`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });

    for (const bind of [true, false]) {
      const role = bind ? 'bound' : 'connected';

      t.test(`our PUSH, ${role}, to a libzmq PULL that does not read`, async (t) => {
        const pull = await peer.open('PULL', RECEIVING);
        const push = use(t, new zmq.Push(SENDING));
        if (bind) await push.bind('tcp://127.0.0.1:*');
        if (bind) await pull.connect(push.lastEndpoint!);
        else push.connect(await pull.bind());
        await handshaken(push);
        const sent = await fill(push, { size: SIZE });
        t.ok(sent >= 10 && sent < 1_000, `${sent} accepted`);
        const received = pull.verify(sent + 100);
        await sendNumbered(push, 100, { size: SIZE, first: sent });
        t.strictSame(await received, faultless('ours', sent + 100));
        await pull.close();
      });

      t.test(`a libzmq PUSH to our PULL, ${role}, that does not read`, async (t) => {
        const push = await peer.open('PUSH', SENDING);
        const pull = use(t, new zmq.Pull(RECEIVING));
        if (bind) await pull.bind('tcp://127.0.0.1:*');
        if (bind) await push.connect(pull.lastEndpoint!);
        else pull.connect(await push.bind());
        const sent = await push.fill({ size: SIZE });
        t.ok(sent >= 10 && sent < 1_000, `${sent} accepted`);
        const more = push.sendMany({ count: 100, size: SIZE, first: sent });
        t.strictSame(await verify(pull, sent + 100), faultless('peer', sent + 100));
        await more;
        await push.close();
      });
    }

    t.test('small messages to our PULL that does not read are bounded too', async (t) => {
      const push = await peer.open('PUSH', SENDING);
      const pull = use(t, new zmq.Pull(RECEIVING));
      pull.connect(await push.bind());
      const sent = await push.fill({ size: 1_000 });
      t.ok(sent >= 20 && sent < 20_000, `${sent} accepted`);
      t.strictSame(await verify(pull, sent), faultless('peer', sent));
      await push.close();
    });

    t.test('our PUB drops for a subscriber that does not read', async (t) => {
      const publisher = use(t, new zmq.Publisher(SENDING));
      await publisher.bind('tcp://127.0.0.1:*');
      const subscriber = await peer.open('SUB', RECEIVING);
      await subscriber.subscribe('a');
      await subscriber.connect(publisher.lastEndpoint!);
      await subscribed(publisher);
      await sendNumbered(publisher, 1_000, { size: SIZE, prefix: ['a'] });
      // Room appears while the subscriber reads; the marker is the first message that gets in.
      const tally = subscriber.verify(2_000, { until: 5_000 });
      const marker = ['a', ...numbered('ours', 5_000)];
      let arrived = false;
      tally.then(
        () => {
          arrived = true;
        },
        () => {},
      );
      while (!arrived) {
        await publisher.send(marker);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { count, bad, duplicates, reordered } = await tally;
      t.ok(count >= 10 && count < 1_000, `${count} arrived`);
      t.strictSame([bad, duplicates, reordered], [0, 0, 0]);
      await subscriber.close();
    });

    t.test('our PUB with noDrop waits, and all 6000 arrive', async (t) => {
      const publisher = use(t, new zmq.Publisher({ noDrop: true, sendHighWaterMark: 100 }));
      await publisher.bind('tcp://127.0.0.1:*');
      const subscriber = await peer.open('SUB', { receiveHighWaterMark: 100 });
      await subscriber.subscribe('a');
      await subscriber.connect(publisher.lastEndpoint!);
      await subscribed(publisher);
      publisher.sendTimeout = 0;
      let sent = 0;
      const received = subscriber.verify(6_000);
      while (sent < 6_000) {
        try {
          await publisher.send(['a', ...numbered('ours', sent, 1_000)]);
          sent++;
        } catch (error) {
          if ((error as { code?: string }).code !== 'EAGAIN') throw error;
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      t.strictSame(await received, faultless('ours', 6_000));
      await subscriber.close();
    });

    t.test('our SUB takes 10 000 from a libzmq XPUB without a mark', async (t) => {
      const publisher = await peer.open('XPUB', { sendHighWaterMark: 0 });
      const subscriber = use(t, new zmq.Subscriber({ receiveHighWaterMark: 100 }));
      subscriber.subscribe('a');
      subscriber.connect(await publisher.bind());
      await publisher.receive();
      const sent = publisher.sendMany({ count: 10_000, size: 100, prefix: ['a'] });
      t.strictSame(await verify(subscriber, 10_000), faultless('peer', 10_000));
      await sent;
      await publisher.close();
    });

    t.test('our conflating PULL keeps the newest', async (t) => {
      const push = await peer.open('PUSH');
      const pull = use(t, new zmq.Pull({ conflate: true }));
      pull.connect(await push.bind());
      await push.event('handshake');
      for (let n = 0; n < 50; n++) await push.send(String(n));
      const seen: number[] = [];
      while (seen.at(-1) !== 49) seen.push(Number(await pull.receive()));
      t.strictSame(
        seen,
        [...new Set(seen)].sort((a, b) => a - b),
      );
      await push.close();
    });

    t.test('a conflating libzmq PULL gets the newest of ours', async (t) => {
      const pull = await peer.open('PULL', { conflate: true });
      const push = use(t, new zmq.Push({ conflate: true }));
      push.connect(await pull.bind());
      for (let n = 0; n < 50; n++) await push.send(String(n));
      const seen: number[] = [];
      while (seen.at(-1) !== 49) seen.push(Number((await pull.receive())[0]));
      t.strictSame(
        seen,
        [...new Set(seen)].sort((a, b) => a - b),
      );
      await pull.close();
    });

    t.test('conflation before there is a peer leaves one message', async (t) => {
      const pull = await peer.open('PULL');
      const endpoint = await freshEndpoint(t, 'tcp');
      const push = use(t, new zmq.Push({ conflate: true, reconnectInterval: 20 }));
      push.connect(endpoint);
      for (let n = 0; n < 50; n++) await push.send(String(n));
      await pull.bind(endpoint);
      t.strictSame(await pull.receive(), [Buffer.from('49')]);
      await pull.close();
    });
  });
}

/** The Forwarder: between PUBs and SUBs, ours and libzmq's. */

import t from 'tap';
import { Forwarder } from '../../../src/sockets/device/forwarder.ts';
import { Publisher, Subscriber, XPublisher } from '../../../src/sockets/index.ts';
import { faultless, fill, sendNumbered, use, verify } from '../../support/interop.ts';
import { implementations, LibzmqPeer } from '../../support/libzmq-peer.ts';
import { startDevice } from '../../support/sockets/device.ts';
import { subscribed } from '../../support/wait.ts';

const BIND = 'tcp://127.0.0.1:*';

t.test('filters travel upstream', async (t) => {
  const { device, front, back } = await startDevice(t, new Forwarder({ in: BIND, out: BIND }));
  const [publisher, subscriber] = [use(t, new XPublisher()), use(t, new Subscriber())];
  publisher.connect(front);
  subscriber.connect(back);
  subscriber.subscribe('9');
  t.same(String(await publisher.receive()), '\x019');
  for (const topic of ['8', '9', '7', '91']) await publisher.send([topic, 'news']);
  t.same((await subscriber.receive()).map(String), ['9', 'news']);
  t.same((await subscriber.receive()).map(String), ['91', 'news']);
  t.equal((await device.statistics()).front.received.messages, 2, 'others were not even sent');
  subscriber.unsubscribe('9');
  t.same(String(await publisher.receive()), '\x009');
});

t.test('as SUB and PUB it filters on the way out, and news of two publishers comes', async (t) => {
  const device = new Forwarder({ in: BIND, out: BIND, subscribe: '' });
  const { front, back } = await startDevice(t, device);
  const publishers = [use(t, new Publisher()), use(t, new Publisher())];
  for (const publisher of publishers) publisher.connect(front);
  for (const publisher of publishers) await subscribed(publisher);
  const subscriber = use(t, new Subscriber());
  subscriber.connect(back);
  subscriber.subscribe('9');
  // The device's PUB is out of sight: one that knows the subscription lets a message through.
  const { 0: first } = publishers;
  while (!subscriber.readable) {
    await first!.send(['9', 'beacon']);
    await subscriber.whenReadable({ timeout: 20 }).catch(() => {});
  }
  for (const [i, publisher] of publishers.entries()) {
    for (const topic of ['8', '9']) await publisher.send([topic, `from ${i}`]);
  }
  const from = new Set<string>();
  while (from.size < 2) {
    const [topic, text] = (await subscriber.receive()).map(String);
    t.equal(topic, '9');
    if (text !== 'beacon') from.add(text!);
  }
  t.same([...from].sort(), ['from 0', 'from 1']);
  t.ok((await device.statistics()).front.received.messages >= 5, 'it was sent the others, too');
});

t.test('with noDrop, a subscriber that does not read stops the publisher', async (t) => {
  const options = { noDrop: true, sendHighWaterMark: 10 };
  const device = new Forwarder({ in: BIND, out: BIND });
  device.optionsIn({ receiveHighWaterMark: 10 }).optionsOut(options);
  const { front, back } = await startDevice(t, device);
  const publisher = use(t, new Publisher(options));
  const subscriber = use(t, new Subscriber({ receiveHighWaterMark: 10 }));
  publisher.connect(front);
  subscriber.connect(back);
  subscriber.subscribe('');
  await subscribed(publisher);
  const accepted = await fill(publisher, { size: 65_536 });
  t.ok(accepted < 1_000, `${accepted} were accepted`);
  t.strictSame(await verify(subscriber, accepted), faultless('ours', accepted));

  const received = verify(subscriber, 100_000);
  await sendNumbered(publisher, 100_000);
  t.strictSame(await received, faultless('ours', 100_000), 'and 100 000 pass whole');
});

for (const implementation of implementations(t)) {
  t.test(`with libzmq through ${implementation} on either side`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });

    t.test('a libzmq publisher learns of our subscription, and we get its news', async (t) => {
      const { front, back } = await startDevice(t, new Forwarder({ in: BIND, out: BIND }));
      const publisher = await peer.open('XPUB');
      await publisher.connect(front);
      const subscriber = use(t, new Subscriber());
      subscriber.connect(back);
      subscriber.subscribe('a');
      t.strictSame(await publisher.receive(), [Buffer.from('\x01a')]);
      await publisher.send(['b', 'not wanted']);
      const received = verify(subscriber, 500);
      await publisher.sendMany({ count: 500, prefix: ['a'] });
      t.strictSame(await received, faultless('peer', 500));
    });

    t.test('a libzmq subscriber gets what we publish', async (t) => {
      const { front, back } = await startDevice(t, new Forwarder({ in: BIND, out: BIND }));
      const publisher = use(t, new Publisher());
      publisher.connect(front);
      const subscriber = await peer.open('SUB');
      await subscriber.connect(back);
      await subscriber.subscribe('a');
      await subscribed(publisher);
      await publisher.send(['b', 'not wanted']);
      const verified = subscriber.verify(500);
      await sendNumbered(publisher, 500, { prefix: ['a'] });
      t.strictSame(await verified, faultless('ours', 500));
    });
  });
}

/** Subscriptions between us and libzmq: prefixes, very many, very long, and messages upstream. */

import t, { type Test } from 'tap';
import * as zmq from '../../src/index.ts';
import { use } from '../support/interop.ts';
import { digest, implementations, LibzmqPeer, type PeerSocket } from '../support/libzmq-peer.ts';
import { handshaken } from '../support/wait.ts';

const SUBSCRIBE = '\x01';
const CANCEL = '\x00';
const LENGTHS = [245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255, 256, 65_535];

for (const implementation of implementations(t)) {
  t.test(`libzmq through ${implementation}`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });

    t.test('a libzmq SUB changes its mind at our XPUB', async (t) => {
      const publisher = use(t, new zmq.XPublisher());
      await publisher.bind('tcp://127.0.0.1:*');
      const subscriber = await peer.open('SUB');
      await subscriber.connect(publisher.lastEndpoint!);

      await subscriber.subscribe('a', 'abc');
      t.equal(String(await publisher.receive()), `${SUBSCRIBE}a`);
      t.equal(String(await publisher.receive()), `${SUBSCRIBE}abc`);
      for (const topic of ['', 'b', 'a', 'ab', 'abc', 'abcd', 'ba']) await publisher.send(topic);
      t.strictSame(await texts(subscriber, 4), ['a', 'ab', 'abc', 'abcd'], 'each once');

      await subscriber.unsubscribe('a');
      t.equal(String(await publisher.receive()), `${CANCEL}a`);
      for (const topic of ['a', 'ab', 'abc', 'abcd']) await publisher.send(topic);
      t.strictSame(await texts(subscriber, 2), ['abc', 'abcd']);

      await subscriber.subscribe('');
      t.equal(String(await publisher.receive()), SUBSCRIBE);
      for (const topic of ['', 'z', 'abc']) await publisher.send(topic);
      t.strictSame(await texts(subscriber, 3), ['', 'z', 'abc'], 'everything');

      await subscriber.unsubscribe('');
      t.equal(String(await publisher.receive()), CANCEL);
      for (const topic of ['', 'z', 'abc']) await publisher.send(topic);
      t.strictSame(await texts(subscriber, 1), ['abc']);
      await subscriber.close();
      t.equal(String(await publisher.receive()), `${CANCEL}abc`, 'gone with the peer');
    });

    t.test('our SUB changes its mind at a libzmq XPUB', async (t) => {
      const publisher = await peer.open('XPUB');
      const subscriber = use(t, new zmq.Subscriber());
      subscriber.connect(await publisher.bind());

      subscriber.subscribe('a', 'abc');
      t.strictSame(await texts(publisher, 2), [`${SUBSCRIBE}a`, `${SUBSCRIBE}abc`]);
      for (const topic of ['', 'b', 'a', 'ab', 'abc', 'abcd', 'ba']) await publisher.send(topic);
      for (const topic of ['a', 'ab', 'abc', 'abcd']) {
        t.equal(String(await subscriber.receive()), topic);
      }

      subscriber.unsubscribe('a');
      t.strictSame(await texts(publisher, 1), [`${CANCEL}a`]);
      for (const topic of ['a', 'ab', 'abc', 'abcd']) await publisher.send(topic);
      for (const topic of ['abc', 'abcd']) t.equal(String(await subscriber.receive()), topic);

      subscriber.subscribe();
      t.strictSame(await texts(publisher, 1), [SUBSCRIBE]);
      for (const topic of ['', 'z']) await publisher.send(topic);
      for (const topic of ['', 'z']) t.equal(String(await subscriber.receive()), topic);
      await publisher.close();
    });

    t.test('a topic subscribed twice and cancelled once stays', async (t) => {
      const ours = use(t, new zmq.XPublisher());
      await ours.bind('tcp://127.0.0.1:*');
      const theirSubscriber = await peer.open('SUB');
      await theirSubscriber.connect(ours.lastEndpoint!);
      await theirSubscriber.subscribe('a', 'a');
      await theirSubscriber.unsubscribe('a');
      await theirSubscriber.subscribe('last');
      t.equal(String(await ours.receive()), `${SUBSCRIBE}a`);
      t.equal(String(await ours.receive()), `${SUBSCRIBE}last`);
      await ours.send('a');
      t.strictSame(await texts(theirSubscriber, 1), ['a']);
      await theirSubscriber.close();

      const theirs = await peer.open('XPUB');
      const subscriber = use(t, new zmq.Subscriber());
      subscriber.connect(await theirs.bind());
      subscriber.subscribe('a');
      subscriber.subscribe('a');
      subscriber.unsubscribe('a');
      subscriber.subscribe('last');
      t.strictSame(await texts(theirs, 2), [`${SUBSCRIBE}a`, `${SUBSCRIBE}last`]);
      await theirs.send('a');
      t.equal(String(await subscriber.receive()), 'a');
      await theirs.close();
    });

    t.test('10 000 subscriptions of a libzmq SUB', async (t) => {
      const publisher = use(t, new zmq.XPublisher());
      await publisher.bind('tcp://127.0.0.1:*');
      const subscriber = await peer.open('SUB');
      await subscriber.connect(publisher.lastEndpoint!);
      // In twenty portions: a libzmq SUB loses what exceeds its own high-water mark.
      const heard = new Set<string>();
      for (let k = 0; k < 20; k++) {
        await subscriber.subscribeRange({ prefix: `t${k}-`, count: 500 });
        for (let n = 0; n < 500; n++) heard.add(String(await publisher.receive()));
      }
      t.equal(heard.size, 10_000);
      for (let k = 0; k < 20; k++) await publisher.send(`t${k}-499x`);
      await publisher.send('unknown');
      t.strictSame(
        await texts(subscriber, 20),
        Array.from({ length: 20 }, (_, k) => `t${k}-499x`),
      );
      await subscriber.close();
      for (let n = 0; n < 10_000; n++) {
        heard.delete(String(await publisher.receive()).replace(CANCEL, SUBSCRIBE));
      }
      t.equal(heard.size, 0, 'all of them go with the peer');
    });

    t.test('10 000 subscriptions of our SUB', async (t) => {
      const publisher = await peer.open('XPUB', { receiveHighWaterMark: 0 });
      const subscriber = use(t, new zmq.Subscriber());
      subscriber.connect(await publisher.bind());
      const heard = new Set<string>();
      for (let k = 0; k < 20; k++) {
        for (let n = 0; n < 500; n++) subscriber.subscribe(`t${k}-${n}`);
        for (const text of await texts(publisher, 500)) heard.add(text);
      }
      t.equal(heard.size, 10_000);
      for (let k = 0; k < 20; k++) await publisher.send(`t${k}-499x`);
      for (let k = 0; k < 20; k++) t.equal(String(await subscriber.receive()), `t${k}-499x`);
      await publisher.close();
    });

    t.test('topics of a libzmq SUB of any length reach our XPUB', async (t) => {
      const publisher = use(t, new zmq.XPublisher());
      await publisher.bind('tcp://127.0.0.1:*');
      for (const length of LENGTHS) {
        const topic = 't'.repeat(length);
        const subscriber = await peer.open('SUB');
        await subscriber.connect(publisher.lastEndpoint!);
        await subscriber.subscribe(topic);
        t.ok(is(await publisher.receive(), SUBSCRIBE + topic), `subscribe ${length}`);
        await publisher.send([topic, 'x']);
        t.strictSame((await subscriber.receive())[1], Buffer.from('x'), `delivered ${length}`);
        await subscriber.unsubscribe(topic);
        t.ok(is(await publisher.receive(), CANCEL + topic), `cancel ${length}`);
        await subscriber.subscribe('end');
        t.ok(is(await publisher.receive(), `${SUBSCRIBE}end`), 'the connection is in step');
        await subscriber.close();
        t.ok(is(await publisher.receive(), `${CANCEL}end`));
      }
    });

    t.test('topics of our SUB of any length reach a libzmq XPUB', async (t) => {
      const publisher = await peer.open('XPUB');
      const endpoint = await publisher.bind();
      const subscriber = use(t, new zmq.Subscriber());
      subscriber.connect(endpoint);
      for (const length of LENGTHS) {
        const topic = 't'.repeat(length);
        subscriber.subscribe(topic);
        t.strictSame((await publisher.receive())[0], notice(SUBSCRIBE + topic), `${length}`);
        await publisher.send([topic, 'x']);
        t.equal(String((await subscriber.receive())[1]), 'x', `delivered ${length}`);
        subscriber.unsubscribe(topic);
        t.strictSame((await publisher.receive())[0], notice(CANCEL + topic), `cancel ${length}`);
      }
      await publisher.close();
    });

    t.test('messages go upstream from a libzmq XSUB to our XPUB', async (t) => {
      const publisher = use(t, new zmq.XPublisher());
      await publisher.bind('tcp://127.0.0.1:*');
      const subscriber = await peer.open('XSUB');
      await subscriber.connect(publisher.lastEndpoint!);
      await upstream(t, subscriber, publisher);
      await subscriber.close();
    });

    t.test('messages go upstream from our XSUB to a libzmq XPUB', async (t) => {
      const publisher = await peer.open('XPUB');
      const subscriber = use(t, new zmq.XSubscriber());
      subscriber.connect(await publisher.bind());
      await handshaken(subscriber);
      await upstream(t, subscriber, publisher);
      await publisher.close();
    });

    t.test('the welcome message of our XPUB comes first', async (t) => {
      const publisher = use(t, new zmq.XPublisher({ welcomeMessage: 'welcome' }));
      await publisher.bind('tcp://127.0.0.1:*');
      const subscriber = await peer.open('SUB');
      await subscriber.subscribe('');
      await subscriber.connect(publisher.lastEndpoint!);
      t.equal(String(await publisher.receive()), SUBSCRIBE);
      await publisher.send('then');
      t.strictSame(await texts(subscriber, 2), ['welcome', 'then']);
      await subscriber.close();
    });

    t.test('the welcome message of a libzmq XPUB reaches our SUB first', async (t) => {
      const publisher = await peer.open('XPUB', { welcomeMessage: 'welcome' });
      const subscriber = use(t, new zmq.Subscriber());
      subscriber.subscribe('');
      subscriber.connect(await publisher.bind());
      t.strictSame(await texts(publisher, 1), [SUBSCRIBE]);
      await publisher.send('then');
      t.equal(String(await subscriber.receive()), 'welcome');
      t.equal(String(await subscriber.receive()), 'then');
      await publisher.close();
    });
  });
}

interface Upstream {
  send(message: (string | Buffer)[]): Promise<void>;
}

async function upstream(
  t: Test,
  subscriber: Upstream,
  publisher: { receive(): Promise<unknown> },
): Promise<void> {
  await subscriber.send(['\x01a']);
  await subscriber.send(['hello', '', 'world']);
  await subscriber.send(['']);
  await subscriber.send(['\x02x']);
  await subscriber.send(['\x00a']);
  const expected = [['\x01a'], ['hello', '', 'world'], [''], ['\x02x'], ['\x00a']];
  for (const parts of expected) {
    t.strictSame(
      await publisher.receive(),
      parts.map((part) => Buffer.from(part)),
    );
  }
}

async function texts(socket: PeerSocket, count: number): Promise<string[]> {
  return (await socket.receiveMany(count)).map((parts) => parts.map(String).join('|'));
}

function is(message: readonly Buffer[], text: string): boolean {
  return message.length === 1 && message[0]!.equals(Buffer.from(text));
}

function notice(text: string) {
  return digest([text])[0];
}

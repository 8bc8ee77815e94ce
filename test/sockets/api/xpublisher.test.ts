/** XPUB whose application decides who is subscribed to what. */

import t, { type Test } from 'tap';
import * as zmq from '../../../src/index.ts';
import { join, meet, own, TRANSPORTS, texts } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';
import { command, connectPeer } from '../../support/raw-peer.ts';

/** By number, as zeromq.js has it: of the peer whose message was read last. */
class ManualPublisher extends zmq.XPublisher {
  constructor() {
    super({ manual: true, receiveTimeout: PATIENCE });
  }

  admit(topic: string): void {
    this.setStringOption(6, topic);
  }

  dismiss(topic: string): void {
    this.setStringOption(7, topic);
  }
}

function subscriber(t: Test): zmq.XSubscriber {
  return own(t, new zmq.XSubscriber({ receiveTimeout: PATIENCE }));
}

for (const transport of TRANSPORTS) {
  t.test(`over ${transport}`, async (t) => {
    t.test('the application subscribes its peers to something else', async (t) => {
      const publisher = own(t, new ManualPublisher());
      const one = subscriber(t);
      await join(publisher, one, transport);
      await one.send('\x01A');
      t.same(texts(await publisher.receive()), ['\x01A']);
      publisher.admit('XA');
      await publisher.sendMany(['A', 'XA']);
      t.same(texts(await one.receive()), ['XA'], 'not what it asked for, what it was given');
      await one.send('\x00A');
      t.same(texts(await publisher.receive()), ['\x00A']);
      publisher.dismiss('XA');
      publisher.admit('B');
      await publisher.sendMany(['XA', 'B']);
      t.same(texts(await one.receive()), ['B']);
    });

    t.test('what a peer asked for is taken back when it leaves', async (t) => {
      const publisher = own(t, new ManualPublisher());
      const one = subscriber(t);
      await join(publisher, one, transport);
      await one.send('\x01A');
      t.same(texts(await publisher.receive()), ['\x01A']);
      publisher.admit('XA');
      one.close();
      t.same(texts(await publisher.receive()), ['\x00A'], 'what it asked, not what it got');
    });

    t.test(
      'subscriptions in quick succession, of two peers, and messages among them',
      async (t) => {
        const publisher = own(t, new ManualPublisher());
        const [one, two] = [subscriber(t), subscriber(t)];
        const endpoint = await join(publisher, one, transport);
        await meet(publisher, two, endpoint);
        await one.sendMany(['\x01A', 'hello', '\x01B']);
        await two.sendMany(['\x01C', '\x01D']);
        const heard: string[] = [];
        while (heard.length < 5) {
          const [text] = texts(await publisher.receive())!;
          heard.push(text!);
          if (text!.startsWith('\x01')) publisher.admit(text!.slice(1));
        }
        t.same(
          heard.filter((text) => 'AhB'.includes(text.replace('\x01', '')[0]!)),
          ['\x01A', 'hello', '\x01B'],
        );
        await publisher.sendMany(['A', 'B', 'C', 'D']);
        t.same([texts(await one.receive()), texts(await one.receive())], [['A'], ['B']]);
        t.same([texts(await two.receive()), texts(await two.receive())], [['C'], ['D']]);
      },
    );
  });
}

t.test('through a proxy', async (t) => {
  const publisher = own(t, new ManualPublisher());
  const [front, back] = [own(t, new zmq.XSubscriber()), own(t, new zmq.XPublisher())];
  await join(publisher, front);
  await back.bind('tcp://127.0.0.1:*');
  const running = new zmq.Proxy(front, back);
  const ended = running.run();
  const sub = own(t, new zmq.Subscriber({ receiveTimeout: PATIENCE }));
  sub.connect(back.lastEndpoint!);
  sub.subscribe('A');
  t.same(texts(await publisher.receive()), ['\x01A']);
  publisher.admit('A');
  await publisher.send(['A', '1']);
  t.same(texts(await sub.receive()), ['A', '1']);
  sub.unsubscribe('A');
  t.same(texts(await publisher.receive()), ['\x00A']);
  running.terminate();
  await ended;
});

t.test(
  'what a peer with very many subscriptions leaves is cancelled, though nothing else happens',
  async (t) => {
    const publisher = own(t, new zmq.XPublisher());
    await publisher.bind('tcp://127.0.0.1:*');
    const count = 20_000;
    const peer = await connectPeer(t, publisher.lastEndpoint!, 'SUB');
    for (let n = 0; n < count; n++) peer.write(command('SUBSCRIBE', Buffer.from(`topic ${n}`)));
    for (let n = 0; n < count; n++) await publisher.receive();
    peer.destroy();
    let cancelled = 0;
    for (let n = 0; n < count; n++) if ((await publisher.receive())[0]![0] === 0) cancelled++;
    t.equal(cancelled, count);
  },
);

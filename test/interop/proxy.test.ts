/** libzmq's own proxy between two sockets of ours, and ours between two of libzmq's. */

import t from 'tap';
import * as zmq from '../../src/index.ts';
import { faultless, sendNumbered, use, verify } from '../support/interop.ts';
import { implementations, LibzmqPeer } from '../support/libzmq-peer.ts';
import { subscribed } from '../support/wait.ts';

for (const implementation of implementations(t)) {
  t.test(`libzmq through ${implementation}`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });

    t.test('our REQ and REP through a libzmq queue', async (t) => {
      const front = await peer.open('ROUTER');
      const back = await peer.open('DEALER');
      const request = use(t, new zmq.Request());
      const reply = use(t, new zmq.Reply());
      request.connect(await front.bind());
      reply.connect(await back.bind());
      const proxy = await peer.proxy(front, back);
      for (let n = 0; n < 100; n++) {
        await request.send(['question', String(n)]);
        t.strictSame(await reply.receive(), [Buffer.from('question'), Buffer.from(String(n))]);
        await reply.send(['answer', String(n)]);
        t.strictSame(await request.receive(), [Buffer.from('answer'), Buffer.from(String(n))]);
      }
      await proxy.stop();
    });

    t.test('our PUSH and PULL through a libzmq streamer', async (t) => {
      const front = await peer.open('PULL');
      const back = await peer.open('PUSH');
      const push = use(t, new zmq.Push());
      const pull = use(t, new zmq.Pull());
      push.connect(await front.bind());
      pull.connect(await back.bind());
      const proxy = await peer.proxy(front, back);
      const received = verify(pull, 10_000);
      await sendNumbered(push, 10_000);
      t.strictSame(await received, faultless('ours', 10_000));
      await proxy.stop();
    });

    t.test('our PUB and SUB through a libzmq forwarder', async (t) => {
      const front = await peer.open('XSUB');
      const back = await peer.open('XPUB');
      const publisher = use(t, new zmq.Publisher());
      const subscriber = use(t, new zmq.Subscriber());
      publisher.connect(await front.bind());
      subscriber.connect(await back.bind());
      const proxy = await peer.proxy(front, back);
      subscriber.subscribe('a');
      await subscribed(publisher);
      await publisher.send(['b', 'not wanted']);
      await sendNumbered(publisher, 500, { prefix: ['a'] });
      t.strictSame(await verify(subscriber, 500), faultless('ours', 500));
      await proxy.stop();
    });

    t.test('a libzmq REQ and REP through our proxy', async (t) => {
      const front = use(t, new zmq.Router());
      const back = use(t, new zmq.Dealer());
      await front.bind('tcp://127.0.0.1:*');
      await back.bind('tcp://127.0.0.1:*');
      const request = await peer.open('REQ');
      const reply = await peer.open('REP');
      await request.connect(front.lastEndpoint!);
      await reply.connect(back.lastEndpoint!);
      const proxy = new zmq.Proxy(front, back);
      const running = proxy.run();
      await reply.echo('echoed');
      for (let n = 0; n < 20; n++) {
        await request.send(String(n));
        t.strictSame(await request.receive(), [Buffer.from(String(n)), Buffer.from('echoed')]);
      }
      proxy.terminate();
      await running;
      await request.close();
    });

    t.test('subscriptions pass upstream through our proxy', async (t) => {
      const front = use(t, new zmq.XSubscriber());
      const back = use(t, new zmq.XPublisher());
      await front.bind('tcp://127.0.0.1:*');
      await back.bind('tcp://127.0.0.1:*');
      const publisher = await peer.open('XPUB');
      const subscriber = await peer.open('SUB');
      await publisher.connect(front.lastEndpoint!);
      await subscriber.connect(back.lastEndpoint!);
      const proxy = new zmq.Proxy(front, back);
      const running = proxy.run();
      await subscriber.subscribe('a');
      t.strictSame(await publisher.receive(), [Buffer.from('\x01a')]);
      await publisher.send(['b', 'no']);
      await publisher.send(['a', 'yes']);
      t.strictSame(await subscriber.receive(), [Buffer.from('a'), Buffer.from('yes')]);
      await subscriber.unsubscribe('a');
      t.strictSame(await publisher.receive(), [Buffer.from('\x00a')]);
      proxy.terminate();
      await running;
      await publisher.close();
      await subscriber.close();
    });
  });
}

/** What a socket counts. */

import t from 'tap';
import * as zmq from '../../src/index.ts';
import { freeEndpoint, join, meet, own, TRANSPORTS, turns, until } from '../support/local.ts';

for (const transport of TRANSPORTS) {
  t.test(`over ${transport}`, async (t) => {
    t.test('messages and octets, of the socket and of its peers', async (t) => {
      const router = own(t, new zmq.Router());
      const one = own(t, new zmq.Dealer({ routingId: 'one' }));
      const two = own(t, new zmq.Dealer({ routingId: 'two' }));
      t.strictSame(router.stats(), {
        sent: { messages: 0, bytes: 0 },
        received: { messages: 0, bytes: 0 },
        dropped: 0,
        reconnects: 0,
        throttled: 0,
        queued: { out: 0, in: 0 },
        peers: [],
      });
      const endpoint = await join(router, one, transport);
      await meet(router, two, endpoint);
      await one.sendMany(['1', ['2', 'x']]);
      await two.send('3');
      await until(() => router.stats().queued.in === 3);
      for (let n = 0; n < 2; n++) await router.receive();
      await router.send(['one', 'back']);
      await one.receive();
      const stats = router.stats();
      t.match(stats, {
        sent: { messages: 1 },
        received: { messages: 2 },
        dropped: 0,
        queued: { out: 0, in: 1 },
        peers: [
          { socketType: 'DEALER', sent: { messages: 1 }, received: { messages: 2 } },
          { socketType: 'DEALER', sent: { messages: 0 }, received: { messages: 1 } },
        ],
      });
      t.strictSame(
        stats.peers.map(({ routingId }) => String(routingId)),
        ['one', 'two'],
      );
      t.match(one.stats(), { sent: { messages: 2 }, received: { messages: 1 } });
      t.match(one.stats().peers, [{ socketType: 'ROUTER', address: endpoint }]);
      if (transport === 'inproc') {
        t.match(stats, { sent: { bytes: 0 }, received: { bytes: 0 } });
      } else {
        // Over WebSocket there is no greeting.
        const greetings = transport === 'ws' ? 0 : 2 * 64;
        const { received, sent } = stats;
        t.ok(received.bytes > greetings && sent.bytes > greetings, 'greetings and all');
        t.equal(
          stats.received.bytes,
          stats.peers.reduce((sum, { received }) => sum + received.bytes, 0),
        );
        t.equal(one.stats().sent.bytes, stats.peers[0]!.received.bytes, 'what one sent came');
      }
      const { bytes } = stats.received;
      one.close();
      await until(() => router.stats().peers.length === 1);
      t.ok(router.stats().received.bytes >= bytes, 'those of peers that left are still counted');
      t.match(router.stats(), { sent: { messages: 1 }, received: { messages: 2 } });
    });

    t.test('E1: what is queued, and what is dropped', async (t) => {
      const pull = own(t, new zmq.Pull());
      const push = own(t, new zmq.Push({ linger: 0 }));
      const endpoint = freeEndpoint('inproc');
      push.connect(endpoint);
      await push.sendMany(['1', '2', '3']);
      t.match(push.stats(), { sent: { messages: 3 }, queued: { out: 3 }, dropped: 0 });
      push.disconnect(endpoint);
      t.match(push.stats(), { queued: { out: 0 }, dropped: 3 });

      await join(push, pull, transport);
      await push.sendMany(['4', '5']);
      await until(() => pull.stats().queued.in === 2);
      pull.disconnect(push.lastEndpoint!);
      t.match(pull.stats(), { queued: { in: 0 }, received: { messages: 0 }, dropped: 2 });
    });

    t.test('M3: a PUB counts what it drops for the slow', async (t) => {
      const publisher = own(t, new zmq.Publisher({ sendHighWaterMark: 2 }));
      const subscriber = own(t, new zmq.Subscriber({ receiveHighWaterMark: 2 }));
      subscriber.subscribe('');
      await join(publisher, subscriber, transport);
      await publisher.waitFor('subscription');
      await publisher.send('x');
      await subscriber.receive();
      const big = Buffer.alloc(1 << 20);
      for (let n = 0; n < 100; n++) publisher.trySend(big);
      await turns(5);
      const { dropped, sent, peers } = publisher.stats();
      t.equal(sent.messages, 101);
      t.ok(dropped > 50 && dropped <= 98, `${dropped}`);
      t.equal(peers[0]!.dropped, dropped);
    });
  });
}

t.test('reconnections', async (t) => {
  const push = own(t, new zmq.Push({ reconnectInterval: 10 }));
  const pull = own(t, new zmq.Pull());
  const endpoint = await join(pull, push);
  t.equal(push.stats().reconnects, 0);
  for (let n = 1; n <= 2; n++) {
    const lost = push.waitFor('disconnect');
    await pull.unbind(endpoint);
    await lost;
    t.match(push.stats().peers, []);
    await pull.bind(endpoint);
    await push.waitFor('handshake');
    const { reconnects, sent, received, peers } = push.stats();
    t.equal(reconnects, n);
    const [peer] = peers;
    t.ok(peer!.sent.bytes > n * 64, 'octets of a peer are counted over its connections');
    t.equal(peer!.sent.bytes, sent.bytes);
    t.equal(peer!.received.bytes, received.bytes);
  }
  push.disconnect(endpoint);
  t.equal(push.stats().reconnects, 2, 'remembered');
});

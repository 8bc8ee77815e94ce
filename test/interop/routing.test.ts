/** ROUTER and libzmq: routing ids given and generated, probes, handover, and peers that are full. */

import t from 'tap';
import * as zmq from '../../src/index.ts';
import { faultless, fill, use } from '../support/interop.ts';
import { implementations, LibzmqPeer } from '../support/libzmq-peer.ts';
import { event, handshaken } from '../support/wait.ts';

for (const implementation of implementations(t)) {
  t.test(`libzmq through ${implementation}`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });

    t.test('an id given to a libzmq DEALER names it at our ROUTER', async (t) => {
      const router = use(t, new zmq.Router());
      await router.bind('tcp://127.0.0.1:*');
      for (const id of ['x', 'théirs', 'i'.repeat(255)]) {
        const dealer = await peer.open('DEALER', { routingId: id });
        await dealer.connect(router.lastEndpoint!);
        await dealer.send('hello');
        t.strictSame(await router.receive(), [Buffer.from(id), Buffer.from('hello')]);
        await router.send([id, 'back']);
        t.strictSame(await dealer.receive(), [Buffer.from('back')]);
        await dealer.close();
      }
    });

    t.test('an id given to our DEALER names it at a libzmq ROUTER', async (t) => {
      const router = await peer.open('ROUTER');
      const endpoint = await router.bind();
      for (const id of ['x', 'ours', 'i'.repeat(255)]) {
        const dealer = use(t, new zmq.Dealer({ routingId: id }));
        dealer.connect(endpoint);
        await dealer.send('hello');
        t.strictSame(await router.receive(), [Buffer.from(id), Buffer.from('hello')]);
        await router.send([id, 'back']);
        t.strictSame(await dealer.receive(), [Buffer.from('back')]);
        dealer.close();
      }
      await router.close();
    });

    t.test('peers without an id get one each', async (t) => {
      const router = use(t, new zmq.Router());
      await router.bind('tcp://127.0.0.1:*');
      const ids = new Set<string>();
      for (let n = 0; n < 3; n++) {
        const dealer = await peer.open('DEALER');
        await dealer.connect(router.lastEndpoint!);
        await dealer.send(String(n));
        const [id] = await router.receive();
        t.equal(id?.length, 5);
        t.equal(id?.[0], 0);
        ids.add(id!.toString('hex'));
        await router.send([id!, 'back']);
        t.strictSame(await dealer.receive(), [Buffer.from('back')]);
      }
      t.equal(ids.size, 3);
    });

    for (const type of ['DEALER', 'REQ', 'ROUTER'] as const) {
      t.test(`our ROUTER gets the probe of a libzmq ${type}`, async (t) => {
        const router = use(t, new zmq.Router());
        await router.bind('tcp://127.0.0.1:*');
        const prober = await peer.open(type, { routingId: 'theirs', probeRouter: true });
        await prober.connect(router.lastEndpoint!);
        t.strictSame(await router.receive(), [Buffer.from('theirs'), Buffer.alloc(0)]);
        await prober.close();
      });
    }

    for (const Prober of [zmq.Dealer, zmq.Request, zmq.Router]) {
      t.test(`a libzmq ROUTER gets the probe of our ${Prober.name}`, async (t) => {
        const router = await peer.open('ROUTER');
        const prober = use(t, new Prober({ routingId: 'ours', probeRouter: true }));
        prober.connect(await router.bind());
        t.strictSame(await router.receive(), [Buffer.from('ours'), Buffer.alloc(0)]);
        await router.close();
      });
    }

    t.test('our ROUTER without handover stays with the first of two', async (t) => {
      const router = use(t, new zmq.Router());
      await router.bind('tcp://127.0.0.1:*');
      const options = { routingId: 'twin', reconnectInterval: -1 };
      const first = await peer.open('DEALER', options);
      await first.connect(router.lastEndpoint!);
      await first.send('hello');
      await router.receive();
      const second = await peer.open('DEALER', options);
      await second.connect(router.lastEndpoint!);
      // libzmq leaves the second connected and mute, we turn it away.
      await Promise.any([second.event('handshake'), second.event('disconnect')]);
      for (let n = 0; n < 10; n++) await router.send(['twin', String(n)]);
      const received = await first.receiveMany(10);
      t.strictSame(
        received.map(([part]) => String(part)),
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
      );
      await first.send('still here');
      t.strictSame(await router.receive(), [Buffer.from('twin'), Buffer.from('still here')]);
      await first.close();
      await second.close();
    });

    t.test('our ROUTER with handover goes over to the second', async (t) => {
      const router = use(t, new zmq.Router({ handover: true, mandatory: true }));
      await router.bind('tcp://127.0.0.1:*');
      const options = { routingId: 'twin', reconnectInterval: -1 };
      const first = await peer.open('DEALER', options);
      await first.connect(router.lastEndpoint!);
      await first.send('first');
      t.strictSame(await router.receive(), [Buffer.from('twin'), Buffer.from('first')]);
      const second = await peer.open('DEALER', options);
      await second.connect(router.lastEndpoint!);
      await second.send('second');
      t.strictSame(await router.receive(), [Buffer.from('twin'), Buffer.from('second')]);
      await router.send(['twin', 'back']);
      t.strictSame(await second.receive(), [Buffer.from('back')]);
      await first.close();
      await second.close();
    });

    t.test('a libzmq ROUTER with handover goes over to the second of ours', async (t) => {
      const router = await peer.open('ROUTER', { handover: true });
      const endpoint = await router.bind();
      const options = { routingId: 'twin', reconnectInterval: -1 };
      const first = use(t, new zmq.Dealer(options));
      first.connect(endpoint);
      await first.send('first');
      t.strictSame(await router.receive(), [Buffer.from('twin'), Buffer.from('first')]);
      const second = use(t, new zmq.Dealer(options));
      second.connect(endpoint);
      await second.send('second');
      t.strictSame(await router.receive(), [Buffer.from('twin'), Buffer.from('second')]);
      await router.send(['twin', 'back']);
      t.strictSame(await second.receive(), [Buffer.from('back')]);
      await router.close();
    });

    t.test('a peer is reachable as soon as it is connected, 100 times', async (t) => {
      const router = use(t, new zmq.Router({ mandatory: true }));
      await router.bind('tcp://127.0.0.1:*');
      let reached = 0;
      for (let n = 1; n <= 100; n++) {
        const dealer = await peer.open('DEALER', { routingId: `d${n}` });
        const shaken = event(router, 'handshake', n);
        await dealer.connect(router.lastEndpoint!);
        await shaken;
        await router.send([`d${n}`, 'hello']);
        if (String(await dealer.receive()) === 'hello') reached++;
        await dealer.close();
      }
      t.equal(reached, 100);
    });

    t.test('we are reachable as soon as we are connected, 100 times', async (t) => {
      const router = await peer.open('ROUTER', { mandatory: true });
      const endpoint = await router.bind();
      let reached = 0;
      for (let n = 1; n <= 100; n++) {
        const dealer = use(t, new zmq.Dealer({ routingId: `d${n}` }));
        dealer.connect(endpoint);
        await router.event('handshake', n);
        await router.send([`d${n}`, 'hello']);
        if (String(await dealer.receive()) === 'hello') reached++;
        dealer.close();
      }
      t.equal(reached, 100);
      await router.close();
    });

    t.test('mandatory: sends to a peer that does not read are bounded', async (t) => {
      const size = 32_768;
      const router = use(
        t,
        new zmq.Router({ mandatory: true, sendHighWaterMark: 10, sendBufferSize: 65_536 }),
      );
      await router.bind('tcp://127.0.0.1:*');
      const dealer = await peer.open('DEALER', {
        routingId: 'slow',
        receiveHighWaterMark: 10,
        receiveBufferSize: 65_536,
      });
      await dealer.connect(router.lastEndpoint!);
      await handshaken(router);
      const one = await fill(router, { size, prefix: ['slow'] });
      t.ok(one >= 10, `${one} accepted`);
      t.ok(one < 1_000, `${one} accepted`);
      t.strictSame(await dealer.verify(one), faultless('ours', one));
      const two = await fill(router, { size, prefix: ['slow'], first: one });
      t.ok(two >= 10, `${two} accepted after it read`);
      t.strictSame(await dealer.verify(two), faultless('ours', two, one));
      await dealer.close();
    });

    t.test('mandatory: an unknown peer is unreachable', async (t) => {
      const router = use(t, new zmq.Router({ mandatory: true, sendTimeout: 0 }));
      await router.bind('tcp://127.0.0.1:*');
      await t.rejects(router.send(['nobody', 'hello']), { code: 'EHOSTUNREACH' });
    });
  });
}

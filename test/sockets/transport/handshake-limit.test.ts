/** `maxHandshakesPerSecond`: who comes too often is closed at the door, others are served. */

import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import t from 'tap';
import { Dealer, Router } from '../../../src/index.ts';
import { ADDRESSES_MAX, HandshakeLimit } from '../../../src/sockets/transport/handshake-limit.ts';
import { connectRaw } from '../../support/raw-peer.ts';
import { eventually, Log, use } from '../../support/sockets.ts';

t.test('as many as that from each address within a second', async (t) => {
  const limit = new HandshakeLimit(2);
  t.same(
    [0, 1, 2].map((now) => limit.admits('a', now)),
    [true, true, false],
  );
  t.ok(limit.admits('b', 3), 'another address');
  t.notOk(limit.admits('a', 999));
  t.ok(limit.admits('a', 1000), 'a second after the first');
});

t.test('addresses of one /64 are one, whichever way they are written', async (t) => {
  for (const [first, second, same] of [
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:a:b:c', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['2001:db8::1', '2001:db8:0:0:1::', true],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1::', true],
    ['2001:db8::1:2:3:4:5', '2001:db8::', false],
    ['::1', '::ffff:0:1', true],
    ['::2:3:4:5:6:7', '0:0:2:3::', true],
    ['fe80::1%eth0', 'fe80::2%eth0', true],
    ['10.0.0.1', '10.0.0.2', false],
  ] as const) {
    const limit = new HandshakeLimit(1);
    t.ok(limit.admits(first, 0));
    t.equal(limit.admits(second, 0), !same, `${first} and ${second}`);
  }
});

t.test('however many the addresses, it holds few, and turns away nobody who is new', async (t) => {
  const limit = new HandshakeLimit(1);
  let refused = 0;
  let most = 0;
  for (let n = 0; n < 3.5 * ADDRESSES_MAX; n++) {
    if (!limit.admits(`${n}`, 0)) refused++;
    most = Math.max(most, limit.size);
  }
  t.equal(refused, 0);
  t.equal(most, ADDRESSES_MAX);
  t.notOk(limit.admits(`${3 * ADDRESSES_MAX}`, 0), 'and still counts');
});

t.test(
  'never more than twice the limit in any second, and never none of those who come',
  async () => {
    const moments = fc.array(fc.nat(700), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), moments, (perSecond, pauses) => {
        const limit = new HandshakeLimit(perSecond);
        const admitted: number[] = [];
        let now = 0;
        for (const pause of pauses) {
          now += pause;
          if (limit.admits('a', now)) admitted.push(now);
          if (now - admitted.at(-1)! >= 1000) return false;
        }
        return admitted.every(
          (from) => admitted.filter((at) => at >= from && at < from + 1000).length <= 2 * perSecond,
        );
      }),
    );
  },
);

t.test('a bound socket closes those above it, and serves another address', async (t) => {
  // Where both families are listened to, IPv4 addresses come mapped; they are told bare.
  const ipv6 = Object.values(networkInterfaces())
    .flat()
    .some((each) => each?.address === '::1');
  const router = use(t, new Router({ maxHandshakesPerSecond: 5, ipv6 }));
  const log = new Log(router);
  await router.bind('tcp://*:*');
  const port = router.lastEndpoint!.split(':').at(-1)!;
  const strangers = await Promise.all(
    Array.from({ length: 20 }, () => connectRaw(t, `tcp://127.0.0.1:${port}`)),
  );
  const { error, address } = await log.next('accept:error', 15);
  t.equal(address, router.lastEndpoint);
  t.match(error, {
    code: 'ERR_TOO_MANY_HANDSHAKES',
    errno: Number,
    message: 'More than 5 handshakes in a second from 127.0.0.1',
    remoteAddress: '127.0.0.1',
  });
  await eventually(
    'fifteen are closed',
    () => strangers.filter((stranger) => stranger.isClosed).length === 15,
  );
  const greeted = strangers.filter(({ receivedCount }) => receivedCount > 0);
  t.ok(greeted.length <= 5, 'without a greeting');
  t.equal(log.count('accept'), 5);
  t.equal(log.count('accept:error'), 15);
  t.equal(router.stats().throttled, 15);

  const elsewhere = use(t, new Dealer());
  elsewhere.connect(`tcp://127.0.0.2:0;127.0.0.1:${port}`);
  await elsewhere.send('from elsewhere');
  t.match(await router.receive(), [Buffer, Buffer.from('from elsewhere')]);

  // It is turned away until the second is over, and comes back by itself.
  const lawful = use(t, new Dealer({ reconnectInterval: 20 }));
  lawful.connect(`tcp://127.0.0.1:${port}`);
  await lawful.send('lawful');
  t.match(await router.receive(), [Buffer, Buffer.from('lawful')]);
  t.ok(log.of('accept:error').every(({ error }) => error.code === 'ERR_TOO_MANY_HANDSHAKES'));
});

t.test('ipc is not limited, and neither is anything at 0', async (t) => {
  for (const [options, endpoint] of [
    [{ maxHandshakesPerSecond: 1 }, 'ipc://*'],
    [{ maxHandshakesPerSecond: 0 }, 'tcp://127.0.0.1:*'],
  ] as const) {
    const router = use(t, new Router(options));
    const log = new Log(router);
    await router.bind(endpoint);
    await Promise.all(Array.from({ length: 30 }, () => connectRaw(t, router.lastEndpoint!)));
    await log.next('accept', 30);
    t.equal(log.count('accept:error'), 0);
    t.equal(router.stats().throttled, 0);
  }
});

/** `maxHandshakesPerSecond`: who comes too often is closed at the door, others are served. */

import fc from 'fast-check';
import t from 'tap';
import { Dealer, Router } from '../../../src/index.ts';
import { HandshakeLimit } from '../../../src/sockets/transport/handshake-limit.ts';
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

t.test('0 is no limit', async (t) => {
  const limit = new HandshakeLimit(0);
  t.ok(Array.from({ length: 1000 }, () => limit.admits('a', 0)).every((admitted) => admitted));
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
  const router = use(t, new Router({ maxHandshakesPerSecond: 3 }));
  const log = new Log(router);
  await router.bind('tcp://127.0.0.1:*');
  const endpoint = router.lastEndpoint!;
  const strangers = await Promise.all(
    Array.from({ length: 10 }, () => connectRaw(t, endpoint, { from: '127.0.0.2' })),
  );
  const { error, address } = await log.next('accept:error', 7);
  t.equal(address, endpoint);
  t.match(error, { code: 'ECONNABORTED', message: /127\.0\.0\.2 is above maxHandshakesPerSecond/ });
  await eventually(
    'seven are closed',
    () => strangers.filter((stranger) => stranger.isClosed).length === 7,
  );
  t.equal(log.count('accept'), 3);

  const dealer = use(t, new Dealer());
  dealer.connect(endpoint);
  await dealer.send('lawful');
  t.match(await router.receive(), [Buffer, Buffer.from('lawful')]);
});

/** ROUTER whose connects name their peers: `ZMQ_CONNECT_ROUTING_ID`. */

import t, { type Test } from 'tap';
import { Dealer, Router } from '../../../src/index.ts';
import { freeEndpoint, own, TRANSPORTS, texts } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

const options = { mandatory: true, receiveTimeout: PATIENCE, sendTimeout: PATIENCE };

function router(t: Test, more = {}): Router {
  return own(t, new Router({ ...options, ...more }));
}

for (const transport of TRANSPORTS) {
  t.test(`over ${transport}`, async (t) => {
    t.test('a name holds for one connect, whatever the peer calls itself', async (t) => {
      const ours = router(t);
      const [one, two] = ['one', 'two'].map((routingId) =>
        own(t, new Dealer({ routingId, receiveTimeout: PATIENCE })),
      ) as [Dealer, Dealer];
      await one.bind(freeEndpoint(transport));
      await two.bind(freeEndpoint(transport));
      ours.connect(one.lastEndpoint!, { routingId: 'first' });
      ours.connect(two.lastEndpoint!);
      await ours.send(['first', 'at once']);
      t.same(texts(await one.receive()), ['at once']);
      await one.send('back');
      t.same(texts(await ours.receive()), ['first', 'back']);
      await ours.waitFor('handshake', { peers: 2, timeout: PATIENCE });
      await ours.send(['two', 'by its own name']);
      t.same(texts(await two.receive()), ['by its own name']);
      await t.rejects(ours.send(['one', 'x']), { code: 'EHOSTUNREACH' });
    });

    t.test('two ROUTERs, both named, or one of them', async (t) => {
      for (const named of [true, false]) {
        const binder = router(t, { routingId: 'binder' });
        const connecter = router(t, named ? { routingId: 'connecter' } : {});
        await binder.bind(freeEndpoint(transport));
        connecter.connect(binder.lastEndpoint!, named ? { routingId: 'there' } : undefined);
        await connecter.waitFor('handshake', { timeout: PATIENCE });
        const there = named ? 'there' : 'binder';
        await connecter.send([there, 'hello']);
        const [id, text] = await binder.receive();
        t.equal(String(text), 'hello');
        if (named) t.equal(String(id), 'connecter');
        else t.equal(id.length, 5, 'generated');
        await binder.send([id, 'welcome']);
        t.same(texts(await connecter.receive()), [there, 'welcome']);
      }
    });

    t.test('a connect while receiving goes to the right peer', async (t) => {
      const ours = router(t);
      const dealers: Dealer[] = [];
      for (let n = 0; n < 3; n++) {
        const dealer = own(t, new Dealer({ receiveTimeout: PATIENCE }));
        await dealer.bind(freeEndpoint(transport));
        dealers.push(dealer);
      }
      const receiving = ours.receive();
      dealers.forEach((dealer, n) => {
        ours.connect(dealer.lastEndpoint!, { routingId: `peer ${n}` });
      });
      for (const n of [2, 0, 1]) await ours.send([`peer ${n}`, String(n)]);
      for (const [n, dealer] of dealers.entries()) {
        t.same(texts(await dealer.receive()), [String(n)]);
      }
      await dealers[1]!.send('up');
      t.same(texts(await receiving), ['peer 1', 'up']);
    });

    t.test('a name in use is refused', async (t) => {
      const ours = router(t);
      const [one, two] = [own(t, new Dealer()), own(t, new Dealer())];
      await one.bind(freeEndpoint(transport));
      await two.bind(freeEndpoint(transport));
      ours.connect(one.lastEndpoint!, { routingId: 'x' });
      const again = () => ours.connect(two.lastEndpoint!, { routingId: 'x' });
      t.throws(again, { code: 'EADDRINUSE', address: two.lastEndpoint! });
    });
  });
}

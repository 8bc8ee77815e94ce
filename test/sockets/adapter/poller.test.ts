/** The Poller: several sockets waited for together, as a loop and as a question. */

import t from 'tap';
import { Poller } from '../../../src/sockets/adapter/poller.ts';
import {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Subscriber,
} from '../../../src/sockets/index.ts';
import { sendNumbered, use } from '../../support/interop.ts';
import { implementations, LibzmqPeer } from '../../support/libzmq-peer.ts';
import { subscribed } from '../../support/wait.ts';

const BIND = 'tcp://127.0.0.1:*';

async function pipeline(t: Parameters<typeof use>[0]): Promise<[push: Push, pull: Pull]> {
  const [push, pull] = [use(t, new Push()), use(t, new Pull())];
  await push.bind(BIND);
  pull.connect(push.lastEndpoint!);
  return [push, pull];
}

t.test('commands and news in one loop, until the command to exit', async (t) => {
  const [commands, pull] = await pipeline(t);
  const [news, subscriber] = [use(t, new Publisher()), use(t, new Subscriber())];
  await news.bind(BIND);
  subscriber.connect(news.lastEndpoint!);
  subscriber.subscribe('9');
  await subscribed(news);
  const poller = new Poller<Pull | Subscriber>(pull, subscriber);
  t.same(await poller.poll(10), [], 'idle: nothing');
  for (const topic of ['8', '9', '8', '91']) await news.send([topic, 'news']);
  for (let n = 0; n < 6; n++) await commands.send('Continue');

  const seen = { commands: [] as string[], topics: [] as string[] };
  for await (const { socket, message } of poller) {
    if (socket === subscriber) {
      seen.topics.push(String(message[0]));
    } else {
      seen.commands.push(String(message[0]));
      if (String(message[0]) === 'Exit') break;
    }
    if (seen.commands.length === 6 && seen.topics.length === 2) await commands.send('Exit');
  }
  t.same(seen.commands, [...Array(6).fill('Continue'), 'Exit']);
  t.same(seen.topics, ['9', '91']);
});

t.test('ready sockets are served in turns, however much waits at one', async (t) => {
  const [busy, busyPull] = await pipeline(t);
  const [quiet, quietPull] = await pipeline(t);
  await sendNumbered(busy, 500);
  await sendNumbered(quiet, 5);
  await busyPull.waitFor('handshake');
  await busyPull.whenReadable();
  while (quietPull.stats().queued.in < 5) await new Promise(setImmediate);
  const order: string[] = [];
  for await (const { socket } of new Poller(busyPull, quietPull)) {
    order.push(socket === busyPull ? 'busy' : 'quiet');
    if (order.length === 10) break;
  }
  t.same(order.filter((name) => name === 'quiet').length, 5);
});

t.test('sockets come and go while it waits, and while it runs', async (t) => {
  const [a, pullA] = await pipeline(t);
  const [b, pullB] = await pipeline(t);
  const poller = new Poller(pullA);
  const waiting = poller.receive();
  await b.send('from b');
  poller.add(pullB);
  t.equal(String((await waiting)?.message), 'from b');
  t.equal(poller.size, 2);
  t.ok(poller.remove(pullB));
  t.notOk(poller.remove(pullB));
  t.ok(poller.has(pullA));
  t.notOk(poller.has(pullB));
  await b.send('not polled');
  await a.send('from a');
  await pullB.whenReadable();
  const seen: string[] = [];
  for await (const { socket, message } of poller) {
    seen.push(String(message));
    if (seen.length === 1) poller.add(pullB);
    else poller.remove(socket);
    if (seen.length === 2) poller.remove(pullA);
  }
  t.same(seen, ['from a', 'not polled']);
});

t.test('the loop ends when no socket is left', async (t) => {
  const [, pullA] = await pipeline(t);
  const [, pullB] = await pipeline(t);
  const poller = new Poller(pullA, pullB);
  const waiting = poller.receive();
  pullA.close();
  t.equal(poller.size, 1);
  pullB.close();
  t.equal(await waiting, undefined);
  for await (const _ of poller) t.fail('there is nothing to yield');
  t.same(await poller.poll(), [], 'nothing to wait for');

  const [, pull] = await pipeline(t);
  const cleared = new Poller(pull);
  const last = cleared.receive();
  cleared.clear();
  t.equal(await last, undefined);
  t.notOk(pull.closed);
});

t.test('poll says who is readable or writable, and takes nothing', async (t) => {
  const [push, pull] = await pipeline(t);
  const poller = new Poller<Push | Pull>().add(push).add(pull);
  t.same(await poller.poll(), [{ socket: push, readable: false, writable: true }]);
  await push.send('here');
  poller.remove(push);
  const ready = [{ socket: pull, readable: true, writable: false }];
  t.same(await poller.poll({ timeout: 1_000 }), ready);
  t.same(await poller.poll(0), ready);
  t.equal(String(pull.tryReceive()), 'here');
  t.same(await poller.poll(0), []);
  const stop = new AbortController();
  const waiting = poller.poll({ signal: stop.signal });
  stop.abort(new Error('enough'));
  await t.rejects(waiting, { message: 'enough' });
  await t.rejects(poller.receive({ signal: stop.signal }), { message: 'enough' });
  t.throws(() => poller.add(push as never, { readable: true }), TypeError);
  t.throws(() => poller.add(pull, { writable: true }), TypeError);
});

t.test('who asks may be answered at once, where sockets take turns', async (t) => {
  const reply = use(t, new Reply());
  await reply.bind(BIND);
  const request = use(t, new Request());
  request.connect(reply.lastEndpoint!);
  const pair = use(t, new Pair());
  const poller = new Poller<Reply | Pair>(reply, pair);
  await request.send('question');
  const polled = await poller.receive();
  t.equal(polled?.socket, reply);
  t.same(await poller.poll(10), [], 'a REP that owes an answer is not readable');
  await polled?.socket.send('answer');
  t.equal(String(await request.receive()), 'answer');
});

t.test('a bind under way at one does not disturb the loop', async (t) => {
  const [push, pull] = await pipeline(t);
  const poller = new Poller(pull);
  const waiting = poller.receive();
  await push.send('a');
  const bound = pull.bind(BIND);
  t.equal(String((await waiting)?.message), 'a');
  await bound;
});

for (const implementation of implementations(t)) {
  t.test(`ROUTER and DEALER with libzmq through ${implementation}, moved by hand`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });
    const [router, dealer] = [use(t, new Router()), use(t, new Dealer())];
    await router.bind(BIND);
    await dealer.bind(BIND);
    const request = await peer.open('REQ');
    const reply = await peer.open('REP');
    await request.connect(router.lastEndpoint!);
    await reply.connect(dealer.lastEndpoint!);
    await reply.echo('echoed');
    const moving = (async () => {
      for await (const { socket, message } of new Poller<Router | Dealer>(router, dealer)) {
        await (socket === router ? dealer : router).send([...message]);
      }
    })();
    for (let n = 0; n < 20; n++) {
      await request.send([String(n), '']);
      const parts = (await request.receive()) as Buffer[];
      t.same(parts.map(String), [String(n), '', 'echoed']);
    }
    router.close();
    dealer.close();
    await moving;
  });
}

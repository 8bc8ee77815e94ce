/** The proxy and the monitor of version 5. */

import { once } from 'node:events';
import t from 'tap';
import * as zmq from '../../src/compat/index.ts';
import { Pull } from '../../src/index.ts';
import { deadEndpoint, TRANSPORTS, turns } from '../support/local.ts';
import { joined, make, messages } from './support.ts';

for (const transport of TRANSPORTS) {
  t.test(`a proxy over ${transport}`, async (t) => {
    t.test('between clients and servers, with what is answered captured', async (t) => {
      const [router, dealer] = [make(t, 'router'), make(t, 'dealer')];
      const [req, rep] = [make(t, 'req'), make(t, 'rep')];
      const [capture, captured] = [make(t, 'push'), make(t, 'pull')];
      rep.on('message', (message) => rep.send([`${message}`, 'answered']));
      await joined(router, req, transport);
      await joined(dealer, rep, transport);
      await joined(capture, captured, transport);
      zmq.proxy(router, dealer, capture);
      const seen = messages(captured);
      for (const text of ['1', '2']) {
        const answer = messages(req);
        req.send(text);
        t.strictSame(await answer, [[text, 'answered']]);
      }
      t.strictSame(await seen, [['1', 'answered']]);
    });

    for (const [name, types] of [
      ['pull to push', ['pull', 'push', 'push', 'pull']],
      ['push from pull', ['push', 'pull', 'pull', 'push']],
    ] as const) {
      t.test(name, async (t) => {
        const [front, back, atFront, atBack] = types.map((type) => make(t, type));
        await joined(front!, atFront!, transport);
        await joined(back!, atBack!, transport);
        const [capture, captured] = [make(t, 'push'), make(t, 'pull')];
        await joined(capture, captured, transport);
        const [source, sink] = atFront!.type === 'push' ? [atFront!, atBack!] : [atBack!, atFront!];
        const [received, seen] = [messages(sink, 3), messages(captured, 3)];
        zmq.proxy(front!, back!, capture);
        for (const text of ['a', 'b', 'c']) source.send([text, '']);
        const expected = [
          ['a', ''],
          ['b', ''],
          ['c', ''],
        ];
        t.strictSame(await received, expected);
        t.strictSame(await seen, expected);
      });
    }

    t.test('of subscriptions and what is published', async (t) => {
      const [xpub, xsub] = [make(t, 'xpub'), make(t, 'xsub')];
      const [sub, pub] = [make(t, 'sub'), make(t, 'xpub')];
      await joined(xsub, pub, transport);
      await joined(xpub, sub, transport);
      zmq.proxy(xpub, xsub);
      const subscribed = messages(pub);
      sub.subscribe('news');
      t.strictSame(await subscribed, [['\x01news']]);
      const received = messages(sub);
      pub.send('other').send(['news', 'today']);
      t.strictSame(await received, [['news', 'today']]);
    });
  });
}

t.test('a proxy stops reading while the other side is full', async (t) => {
  const [pull, push] = [make(t, 'pull'), make(t, 'push')];
  const source = make(t, 'push');
  for (const socket of [push, source]) socket.setsockopt(zmq.ZMQ_SNDHWM, 10);
  pull.setsockopt(zmq.ZMQ_RCVHWM, 10);
  await joined(pull, source, 'inproc');
  zmq.proxy(pull, push);
  let accepted = 0;
  for (let n = 0; n < 500; n++) source.send(`${n}`, null, () => accepted++);
  await turns(50);
  t.ok(accepted < 100, `${accepted} of 500 are on their way`);
  const sink = make(t, 'pull');
  const received = messages(sink, 500);
  await joined(sink, push, 'inproc');
  t.strictSame((await received).at(-1), ['499'], 'and all arrive');
});

t.test('other orders are refused', async (t) => {
  const [xpub, xsub] = [make(t, 'xpub'), make(t, 'xsub')];
  t.throws(() => zmq.proxy(xsub, xpub), new Error('wrong socket order to proxy'));
  t.throws(() => zmq.proxy(xpub, xpub), new Error('wrong socket order to proxy'));
});

t.test('the monitor tells of connections, until unmonitor', async (t) => {
  const [rep, req] = [make(t, 'rep'), make(t, 'req')];
  t.equal(rep.monitor(250, 0), rep);
  const listening = once(rep, 'listen');
  const accepted = once(rep, 'accept');
  const endpoint = await joined(rep, req.monitor(), 'tcp');
  t.strictSame(await listening, [0, endpoint]);
  t.strictSame(await accepted, [0, endpoint]);
  t.strictSame(await once(req, 'connect'), [0, endpoint]);
  const gone = once(rep, 'disconnect');
  req.linger = 0;
  req.close();
  t.match(await gone, [Number, endpoint]);

  const twice = make(t, 'rep').monitor();
  const failed = once(twice, 'bind_error');
  twice.bind(endpoint, () => {});
  t.match(await failed, [98, String, { code: 'EADDRINUSE' }]);

  const lost = make(t, 'push').monitor();
  const nowhere = await deadEndpoint(new Pull());
  const retried = once(lost, 'connect_retry');
  lost.connect(nowhere);
  t.match(await retried, [Number, nowhere, { code: 'ECONNREFUSED' }]);
  t.equal(lost.unmonitor(), lost);
  lost.on('connect_retry', () => t.fail('monitored no longer'));
  lost.reconnect_ivl = 1;
  await turns(20);
});

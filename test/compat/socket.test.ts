/** A socket of version 5: messages as events, sends with callbacks, pause, close, and errors. */

import { once } from 'node:events';
import { inherits } from 'node:util';
import t from 'tap';
import * as zmq from '../../src/compat/index.ts';
import { freeEndpoint, TRANSPORTS, turns } from '../support/local.ts';
import { joined, make, messages } from './support.ts';

/** The error of one send, undefined for none. */
function sent(socket: zmq.Socket, message: string | string[]): Promise<Error | undefined> {
  return new Promise((resolve) => {
    socket.send(message, null, resolve);
  });
}

for (const transport of TRANSPORTS) {
  t.test(`over ${transport}`, async (t) => {
    t.test('parts are arguments of one event, and SNDMORE puts them together', async (t) => {
      const [pull, push] = [make(t, 'pull'), make(t, 'push')];
      const received = messages(pull, 4);
      await joined(pull, push, transport);
      t.equal(push.send('text'), push);
      push.send([Buffer.from('octets'), 15.99, '']);
      push.send(['a', 'b'], zmq.ZMQ_SNDMORE).send('c', zmq.ZMQ_SNDMORE).send('d');
      push.send('last');
      const expected = [['text'], ['octets', '15.99', ''], ['a', 'b', 'c', 'd'], ['last']];
      t.strictSame(await received, expected);
    });

    t.test('bind and unbind tell by event and callback', async (t) => {
      const dealer = make(t, 'dealer');
      const seen: unknown[] = [];
      for (const name of ['bind', 'unbind']) {
        dealer.on(name, (address) => seen.push([name, address]));
      }
      const [one, two] = ['inproc', transport].map((each) =>
        freeEndpoint(each as typeof transport),
      );
      await new Promise<void>((resolve) => {
        // Both at once, and what else is called meanwhile waits.
        t.equal(
          dealer.bind(one!, (error) => seen.push(['first', error])),
          dealer,
        );
        dealer.bind(two!, (error) => {
          seen.push(['second', error]);
          resolve();
        });
        dealer.connect('inproc://later');
        dealer.disconnect('inproc://later');
        dealer.send('x');
        t.strictSame(seen, [], 'not in the call');
      });
      t.strictSame(seen.splice(0), [
        ['bind', one],
        ['first', undefined],
        ['bind', two],
        ['second', undefined],
      ]);
      t.equal(dealer.unbind(two!), dealer);
      t.strictSame(await once(dealer, 'unbind'), [two]);
      const other = freeEndpoint('inproc');
      dealer.bindSync(other);
      t.throws(() => make(t, 'pull').bindSync(other), { code: 'EADDRINUSE' });
      dealer.unbindSync(other);
    });

    t.test('a failing bind goes to its callback, or is the event error', async (t) => {
      const [pull, other] = [make(t, 'pull'), make(t, 'pull')];
      await joined(pull, make(t, 'push'), transport);
      const taken = String(pull.last_endpoint);
      const failure = await new Promise((resolve) => other.bind(taken, resolve));
      t.match(failure, { code: 'EADDRINUSE' });
      other.bind(taken);
      t.match(await once(other, 'error'), [{ code: 'EADDRINUSE' }]);
      other.unbind('inproc://nowhere');
      t.match(await once(other, 'error'), [{ code: 'ENOENT' }]);
      other.bind(freeEndpoint('inproc'));
      other.connect('foo');
      t.match(await once(other, 'error'), [{ code: 'EINVAL' }], 'after the bind it waited for');
      t.throws(() => other.connect('foo'), { code: 'EINVAL' });
    });

    t.test('a callback is called when its message is accepted', async (t) => {
      const [rep, req] = [make(t, 'rep'), make(t, 'req')];
      rep.on('message', (message) => rep.send(`${message}!`));
      await joined(rep, req, transport);
      const answers = messages(req, 3);
      t.strictSame(await Promise.all(['1', '2', '3'].map((text) => sent(req, text))), [
        undefined,
        undefined,
        undefined,
      ]);
      t.strictSame(await answers, [['1!'], ['2!'], ['3!']], 'each in its turn');
    });

    t.test('pause holds both directions, resume goes on', async (t) => {
      const [here, there] = [make(t, 'pair'), make(t, 'pair')];
      await joined(here, there, transport);
      there.send('first');
      t.strictSame(await messages(here), [['first']]);
      const seen: string[] = [];
      here.on('message', (message) => seen.push(String(message)));
      const echoed = messages(there);
      here.pause();
      const accepted = sent(here, 'held');
      t.equal(await sent(there, '1'), undefined);
      t.equal(await sent(there, '2'), undefined);
      await turns(20);
      t.strictSame(seen, []);
      const both = messages(here, 2);
      here.resume();
      t.equal(await accepted, undefined);
      t.strictSame(await both, [['1'], ['2']]);
      t.strictSame(await echoed, [['held']]);
    });

    t.test('what was sent right before the close arrives', async (t) => {
      const [pull, push] = [make(t, 'pull'), make(t, 'push')];
      const received = messages(pull, 100);
      await joined(pull, push, transport);
      for (let n = 0; n < 100; n++) push.send(`${n}`);
      t.equal(push.close(), push);
      t.equal(push.closed, true);
      t.strictSame((await received).at(-1), ['99']);
    });
  });
}

t.test('what could not be sent before the close is told to its callback', async (t) => {
  const push = make(t, 'push');
  const waiting = [sent(push, '1'), sent(push, '2')];
  push.linger = 0;
  push.close();
  t.match(await Promise.all(waiting), [{ code: /E/ }, { code: 'EBADF' }]);
});

t.test('a send that fails goes to its callback, or is the event error', async (t) => {
  const router = make(t, 'router');
  t.equal(await sent(router, ['nobody', 'x']), undefined, 'dropped, unless mandatory');
  router.setsockopt(zmq.ZMQ_ROUTER_MANDATORY, 1);
  await joined(router, make(t, 'dealer'), 'inproc');
  t.match(await sent(router, ['nobody', 'x']), { code: 'EHOSTUNREACH' });
  router.send(['nobody', 'x']);
  t.match(await once(router, 'error'), [{ code: 'EHOSTUNREACH' }]);
  const pull = make(t, 'pull');
  t.match(await sent(pull, 'x'), { code: 'ENOTSUP' });
});

t.test('a socket can be made by new, by call, and by classes of either kind', async (t) => {
  function Old(this: object, type: zmq.SocketType): void {
    zmq.Socket.call(this, type);
  }
  inherits(Old, zmq.Socket as never);
  class New extends zmq.Socket {}
  const old = new (Old as unknown as typeof zmq.Socket)('pull');
  const modern = new New('push');
  t.teardown(() => [old.close(), modern.close()]);
  for (const socket of [old, modern, make(t, 'pub'), new zmq.Socket('sub').close()]) {
    t.ok(socket instanceof zmq.Socket);
    t.type(socket.on, 'function');
  }
  t.equal(make(t, 'pub').constructor, zmq.Socket);
  t.equal(zmq.Socket.name, 'Socket');
  t.strictSame([old.type, modern.type], ['pull', 'push']);
  const received = messages(old);
  await joined(old, modern, 'tcp');
  modern.send('by both');
  t.strictSame(await received, [['by both']]);
  t.throws(() => zmq.Socket.prototype.send.call({}, 'x'), /its constructor was not called/);
});

t.test('what is refused', async (t) => {
  for (const type of ['foo', '', 'toString', undefined]) {
    t.throws(() => zmq.socket(type as never), /^Invalid socket type/);
    t.throws(() => new zmq.Socket(type as never), /^Invalid socket type/);
  }
  const dealer = make(t, 'dealer');
  t.throws(() => dealer.read(), /listen to the event/);
  t.throws(() => dealer.subscribe('x'), /a dealer socket cannot subscribe/);
  t.throws(() => dealer.unsubscribe('x'), /a dealer socket cannot subscribe/);
  t.throws(() => new zmq.Context(), Error);
});

t.test('sub filters, and takes filters back', async (t) => {
  const [pub, sub, xpub] = [make(t, 'pub'), make(t, 'sub'), make(t, 'xpub')];
  t.equal(sub.subscribe('a').subscribe(Buffer.from('b')), sub);
  await joined(xpub, sub, 'inproc');
  t.strictSame(await messages(xpub, 2), [['\x01a'], ['\x01b']]);
  sub.unsubscribe('a');
  t.strictSame(await messages(xpub), [['\0a']]);
  const received = messages(sub);
  for (const text of ['a1', 'c1', 'b1']) xpub.send(text);
  t.strictSame(await received, [['b1']]);
  pub.send('to nobody');
});

t.test('a socket nobody refers to, with a listener, is not lost', async (t) => {
  const [far] = [make(t, 'dealer')];
  const endpoint = await (async () => {
    const near = zmq.socket('dealer');
    near.on('message', (message) => {
      near.send(`${message}!`);
      if (String(message) === 'end') near.close();
    });
    return joined(near, far, 'tcp');
  })();
  t.match(endpoint, /^tcp:/);
  for (let n = 0; n < 10; n++) {
    global.gc?.();
    await turns(2);
  }
  for (const text of ['one', 'end']) {
    const answer = messages(far);
    far.send(text);
    t.strictSame(await answer, [[`${text}!`]]);
  }
});

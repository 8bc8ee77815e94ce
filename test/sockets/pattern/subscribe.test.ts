import fc from 'fast-check';
import t from 'tap';
import { SubscribePattern } from '../../../src/sockets/pattern/subscribe.ts';
import {
  FakeHost,
  FakePeer,
  joined,
  leave,
  message,
  received,
} from '../../support/cores/fan-out.ts';

function setUp(options = {}) {
  const host = new FakeHost();
  const live = { invertMatching: false, ...options };
  return { host, live, pattern: new SubscribePattern(host, live) };
}

const octets = (text: string): Buffer => Buffer.from(text, 'latin1');

t.test('every subscription goes on the wire, a cancellation only for the last', async (t) => {
  const { pattern } = setUp();
  const peer = joined(pattern);
  pattern.subscribe(octets('A'));
  pattern.subscribe(octets('A'));
  pattern.unsubscribe(octets('A'));
  pattern.unsubscribe(octets('A'));
  pattern.unsubscribe(octets('A'));
  t.same(peer.got(), ['+A', '+A', '-A']);
  t.equal(pattern.topicCount, 0);
});

t.test('each connection is told each distinct prefix once, and none before it is up', async (t) => {
  const { pattern } = setUp();
  const peer = new FakePeer(pattern);
  pattern.attach(peer.pipe);
  pattern.subscribe(octets('B'));
  pattern.subscribe(octets('A'));
  pattern.subscribe(octets('A'));
  t.same(peer.got(), []);
  pattern.established(peer.pipe);
  t.same(peer.got(), ['+A', '+B']);
  pattern.lost(peer.pipe);
  pattern.unsubscribe(octets('B'));
  pattern.established(peer.pipe);
  t.same(peer.got(), ['+A']);
});

t.test('a subscription stuck in the queue of a lost connection does not come back', async (t) => {
  const { pattern } = setUp();
  const peer = joined(pattern, { reading: false });
  pattern.subscribe(octets('A'));
  pattern.subscribe(octets('B'));
  pattern.lost(peer.pipe);
  pattern.unsubscribe(octets('B'));
  pattern.established(peer.pipe);
  peer.drain();
  t.same(peer.got(), ['+A']);
});

t.test('no high-water mark applies to subscriptions', async (t) => {
  const { pattern } = setUp();
  for (let i = 0; i < 100; i++) pattern.subscribe(octets(`topic.${i}`));
  const peer = joined(pattern, { send: 1, reading: false });
  pattern.subscribe(octets('more'));
  peer.drain();
  t.equal(peer.got().length, 101);
});

t.test('only what is subscribed to at the time of reading is received', async (t) => {
  const { pattern, host } = setUp();
  const peer = joined(pattern);
  pattern.subscribe(octets('A'));
  pattern.subscribe(octets('B'));
  for (const topic of ['A1', 'C', 'B1', 'A2', 'B2']) peer.say(topic, 'body');
  t.equal(host.readableCount, 1);
  t.ok(pattern.canReceive());
  pattern.unsubscribe(octets('A'));
  t.ok(pattern.canReceive());
  t.same(received(pattern), ['B1|body', 'B2|body']);
  t.notOk(pattern.canReceive());
  peer.say('C');
  t.notOk(pattern.canReceive());
  t.equal(pattern.receive(), undefined);
  t.equal(pattern.receiveRefusal(), 'EAGAIN');
});

t.test('canReceive keeps the message it looked at', async (t) => {
  const { pattern } = setUp();
  const peer = joined(pattern);
  pattern.subscribe(octets(''));
  peer.say('1');
  peer.say('2');
  t.ok(pattern.canReceive());
  t.ok(pattern.canReceive());
  t.same(received(pattern), ['1', '2']);
});

t.test('inverted, what does not match is received', async (t) => {
  const { pattern, live } = setUp({ invertMatching: true });
  const peer = joined(pattern);
  pattern.subscribe(octets('A'));
  peer.say('A1');
  peer.say('B1');
  t.same(received(pattern), ['B1']);
  live.invertMatching = false;
  peer.say('A2');
  t.same(received(pattern), ['A2']);
});

t.test('a peer that has gone is told nothing, and what it sent is still read', async (t) => {
  const { pattern } = setUp();
  const peer = joined(pattern);
  pattern.subscribe(octets('A'));
  peer.say('A1');
  peer.got();
  leave(pattern, peer);
  pattern.subscribe(octets('B'));
  t.same(peer.got(), []);
  t.same(received(pattern), ['A1']);
});

t.test('what waits in a pipe that is attached late is announced', async (t) => {
  const { pattern, host } = setUp();
  const peer = new FakePeer({ readable() {}, writable() {} });
  pattern.subscribe(octets(''));
  peer.say('early');
  pattern.attach(peer.pipe);
  t.equal(host.readableCount, 1);
  t.same(received(pattern), ['early']);
});

t.test('sending is not supported', async (t) => {
  const { pattern } = setUp();
  t.notOk(pattern.canSend());
  t.notOk(pattern.accept(message('x')));
  t.equal(pattern.sendRefusal(message('x')), 'ENOTSUP');
});

t.test('what a peer was told adds up to what is subscribed, whatever happens', async (t) => {
  const step = fc.tuple(
    fc.constantFrom('subscribe', 'unsubscribe', 'lost', 'established', 'drain'),
    fc.constantFrom('', 'a', 'b', 'ab'),
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const { pattern } = setUp();
        const peer = joined(pattern, { reading: false, send: 2 });
        let up = true;
        let told = new Set<string>();
        const counts = new Map<string, number>();
        const listen = (): void => {
          peer.drain();
          for (const text of peer.got()) {
            if (text.startsWith('+')) told.add(text.slice(1));
            else told.delete(text.slice(1));
          }
        };
        const establish = (): void => {
          told = new Set();
          pattern.established(peer.pipe);
          up = true;
        };
        for (const [kind, prefix] of steps) {
          const count = counts.get(prefix) ?? 0;
          if (kind === 'subscribe') {
            pattern.subscribe(octets(prefix));
            counts.set(prefix, count + 1);
          } else if (kind === 'unsubscribe') {
            pattern.unsubscribe(octets(prefix));
            counts.set(prefix, Math.max(0, count - 1));
          } else if (kind === 'lost' && up) {
            pattern.lost(peer.pipe);
            up = false;
          } else if (kind === 'established' && !up) establish();
          else if (kind === 'drain' && up) listen();
        }
        if (!up) establish();
        listen();
        const wanted = [...counts].filter(([, count]) => count > 0).map(([prefix]) => prefix);
        return JSON.stringify([...told].sort()) === JSON.stringify(wanted.sort());
      }),
      { numRuns: 500 },
    ),
  );
});

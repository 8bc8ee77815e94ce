import t from 'tap';
import { XPublishPattern } from '../../../src/sockets/pattern/xpublish.ts';
import { XSubscribePattern } from '../../../src/sockets/pattern/xsubscribe.ts';
import {
  FakeHost,
  FakePeer,
  joined,
  leave,
  message,
  received,
} from '../../support/cores/fan-out.ts';

function setUp(verboseUnsubscribe = false, onlyFirstSubscribe = false) {
  const host = new FakeHost();
  return { host, pattern: new XSubscribePattern(host, { verboseUnsubscribe, onlyFirstSubscribe }) };
}

t.test('subscribing is passed on each time, cancelling only the last time', async (t) => {
  const { pattern } = setUp();
  const peers = [joined(pattern), joined(pattern)];
  for (const text of ['\x01A', '\x01A', '\x00A', '\x00A', '\x00A', '\x00B']) {
    t.ok(pattern.accept(message(text)));
  }
  for (const peer of peers) t.same(peer.got(), ['+A', '+A', '-A']);
});

t.test('verboseUnsubscribe passes on every cancellation', async (t) => {
  const { pattern } = setUp(true);
  const peer = joined(pattern);
  for (const text of ['\x01A', '\x01A', '\x00A', '\x00A', '\x00B']) pattern.accept(message(text));
  t.same(peer.got(), ['+A', '+A', '-A', '-A', '-B']);
  t.equal(pattern.topicCount, 0);
});

t.test('anything else goes to all peers unchanged, the empty message too', async (t) => {
  const { pattern } = setUp();
  const peers = [joined(pattern), joined(pattern)];
  pattern.accept(message(''));
  pattern.accept(message('\x02x', 'y'));
  for (const peer of peers) t.same(peer.got(), ['', '\x02x|y']);
  t.equal(pattern.topicCount, 0);
});

t.test(
  'a subscription behind another part is one, unless only the first part counts',
  async (t) => {
    for (const [onlyFirst, sent, count] of [
      [false, ['+y', '\x02x'], 1],
      [true, ['\x02x|+y'], 0],
    ] as const) {
      const { pattern } = setUp(false, onlyFirst);
      const peer = joined(pattern);
      pattern.accept(message('\x02x', '\x01y'));
      t.same(peer.got(), sent);
      t.equal(pattern.topicCount, count);
      pattern.accept(message('\x01a', '\x01b'));
      t.same(peer.got(), ['+a', '+b'], 'where the first part is one, the others are, too');
    }
  },
);

t.test('a message may hold several subscriptions, and more', async (t) => {
  const { pattern } = setUp();
  const peer = joined(pattern);
  pattern.accept(message('\x01A', 'x', '\x01B', 'y'));
  t.same(peer.got(), ['+A', '+B', 'x|y']);
  t.equal(pattern.topicCount, 2);
});

t.test('sending succeeds with no peer, and with a full one', async (t) => {
  const { pattern } = setUp();
  t.ok(pattern.accept(message('x')));
  const peer = joined(pattern, { send: 1, reading: false });
  t.ok(pattern.accept(message('1')));
  t.ok(pattern.accept(message('2')));
  t.ok(pattern.accept(message('\x01A')));
  t.ok(pattern.canSend());
  t.equal(pattern.sendRefusal(message('x')), 'EAGAIN');
  t.equal(peer.pipe.droppedCount, 1);
  peer.drain();
  t.same(peer.got(), ['1', '+A']);
});

t.test('subscriptions come before what was sent while there was no connection', async (t) => {
  const { pattern } = setUp(false, true);
  const peer = new FakePeer(pattern, { reading: false });
  pattern.attach(peer.pipe);
  pattern.accept(message('hello', '\x01not one'));
  pattern.accept(message('\x01A'));
  pattern.established(peer.pipe);
  pattern.accept(message('\x01B'));
  peer.drain();
  t.same(peer.got(), ['+A', 'hello|+not one', '+B']);
  t.equal(peer.pipe.sentCount, 3);
});

t.test('a new peer and a peer that returns are told each distinct prefix once', async (t) => {
  const { pattern } = setUp();
  for (const text of ['\x01A', '\x01A', '\x01']) pattern.accept(message(text));
  const peer = joined(pattern);
  t.same(peer.got(), ['+', '+A']);
  pattern.lost(peer.pipe);
  pattern.accept(message('\x00'));
  t.same(peer.got(), []);
  pattern.established(peer.pipe);
  t.same(peer.got(), ['+A']);
  leave(pattern, peer);
  pattern.accept(message('\x01C'));
  pattern.accept(message('user'));
  t.same(peer.got(), []);
});

t.test('everything that comes is received, subscribed to or not', async (t) => {
  const { pattern, host } = setUp();
  const peer = joined(pattern);
  t.notOk(pattern.canReceive());
  t.equal(pattern.receiveRefusal(), 'EAGAIN');
  peer.say('A', 'body');
  t.equal(host.readableCount, 1);
  t.ok(pattern.canReceive());
  t.same(received(pattern), ['A|body']);
});

t.test('an XPUB at the other end sees the same set of subscriptions', async (t) => {
  const { pattern } = setUp();
  const upstream = joined(pattern);
  const xpub = new XPublishPattern(new FakeHost(), {
    noDrop: false,
    invertMatching: false,
    verbosity: null,
    manual: false,
    manualLastValue: false,
    onlyFirstSubscribe: false,
    welcomeMessage: undefined,
  });
  const downstream = joined(xpub);
  for (const text of ['\x01A', '\x01A', '\x01B', '\x00A', '\x00B']) pattern.accept(message(text));
  for (const sent of upstream.sent) downstream.pipe.deliver(sent);
  t.same(received(xpub), ['+A', '+B', '-B']);
  xpub.accept(message('A1'));
  for (const sent of downstream.sent) upstream.pipe.deliver(sent);
  t.same(received(pattern), ['A1']);
});

import t from 'tap';
import { type XPublishOptions, XPublishPattern } from '../../../src/sockets/pattern/xpublish.ts';
import { FakeHost, joined, leave, message, received } from '../../support/cores/fan-out.ts';

function setUp(options: Partial<XPublishOptions> = {}) {
  const host = new FakeHost();
  const live = {
    noDrop: false,
    invertMatching: false,
    verbosity: null as XPublishOptions['verbosity'],
    manual: false,
    manualLastValue: false,
    onlyFirstSubscribe: false,
    welcomeMessage: undefined as Buffer | undefined,
    ...options,
  };
  return { host, live, pattern: new XPublishPattern(host, live) };
}

const script: [peer: 0 | 1, text: string][] = [
  [0, '\x01A'],
  [1, '\x01A'],
  [0, '\x01A'],
  [0, '\x00A'],
  [0, '\x00A'],
  [1, '\x00A'],
  [1, '\x00zz'],
];
const tables: [mode: string, options: Partial<XPublishOptions>, seen: string[]][] = [
  ['default', {}, ['+A', '', '', '', '', '-A', '']],
  ['allSubs', { verbosity: 'allSubs' }, ['+A', '+A', '+A', '', '', '-A', '']],
  ['allSubsUnsubs', { verbosity: 'allSubsUnsubs' }, ['+A', '+A', '+A', '-A', '-A', '-A', '-zz']],
  ['manual', { manual: true }, ['+A', '+A', '+A', '-A', '-A', '-A', '-zz']],
];

for (const [mode, options, seen] of tables) {
  t.test(`what the application sees of two peers, ${mode}`, async (t) => {
    const { pattern } = setUp(options);
    const peers = [joined(pattern), joined(pattern)];
    const got = script.map(([peer, said]) => {
      peers[peer]!.say(said);
      return received(pattern).join();
    });
    t.same(got, seen);
  });
}

for (const end of ['lost', 'detach'] as const) {
  t.test(`what the application sees when a peer goes (${end})`, async (t) => {
    for (const [options, seen] of [
      [{}, ['-B']],
      [{ verbosity: 'allSubs' }, ['-B']],
      [{ verbosity: 'allSubsUnsubs' }, ['-A', '-B']],
      [{ manual: true }, ['-A', '-B']],
    ] as const) {
      const { pattern, host } = setUp(options);
      const [one, two] = [joined(pattern), joined(pattern)];
      one.say('\x01A');
      one.say('\x01B');
      two.say('\x01A');
      received(pattern);
      const before = host.readableCount;
      if (end === 'lost') pattern.lost(one.pipe);
      else leave(pattern, one);
      t.equal(host.readableCount, before + 1);
      t.ok(pattern.canReceive());
      t.same(received(pattern), seen);
      pattern.accept(message('B'));
      t.same(one.got(), []);
    }
  });
}

t.test('a subscription takes effect before the application has read of it', async (t) => {
  const { pattern, host } = setUp();
  const peer = joined(pattern);
  peer.say('\x01A');
  pattern.accept(message('A1'));
  t.same(peer.got(), ['A1']);
  t.same(host.counts, [1]);
  t.equal(pattern.topicCount, 1);
  t.same(received(pattern), ['+A']);
  t.equal(pattern.receiveRefusal(), 'EAGAIN');
});

t.test('other messages from subscribers come whole and in order, the empty one too', async (t) => {
  const { pattern } = setUp();
  const peer = joined(pattern);
  peer.say('');
  peer.say('\x02hello', 'body');
  peer.say('\x01A', '\x01B');
  peer.say('x', '\x01C', 'y');
  t.same(received(pattern), ['', '\x02hello|body', '+A', '+B', '+C', 'x|y']);
});

t.test('a peer whose messages nobody reads is held back, and loses none', async (t) => {
  const { pattern } = setUp();
  const [noisy, quiet] = [joined(pattern, { receive: 10 }), joined(pattern)];
  let count = 0;
  while (count < 100_000 && noisy.say(`m${count}`)) count++;
  t.ok(count > 10 && count < 2_000, `${count} messages`);
  quiet.say('\x01Q');
  t.equal(pattern.topicCount, 1, 'the others are not held back');
  const got: string[] = [];
  for (let i = 0; i < 3_000; i++) {
    got.push(...received(pattern));
    if (noisy.say(`m${count}`)) count++;
  }
  got.push(...received(pattern));
  t.same(
    got.filter((text) => text !== '+Q'),
    Array.from({ length: count }, (_, i) => `m${i}`),
  );
});

t.test('what a peer that was held back had sent is still read when it has gone', async (t) => {
  const { pattern } = setUp();
  const peer = joined(pattern, { receive: 10 });
  let count = 0;
  while (peer.say('x')) count++;
  leave(pattern, peer);
  t.equal(peer.pipe.readableCount, 0);
  t.equal(received(pattern).length, count);
});

t.test('subscriptions nobody reads of hold nobody back', async (t) => {
  const { pattern } = setUp();
  const peer = joined(pattern, { receive: 10 });
  for (let i = 0; i < 20_000; i++) if (!peer.say(`\x01topic.${i}`)) break;
  t.equal(pattern.topicCount, 20_000);
  t.equal(received(pattern).length, 20_000);
});

t.test('manual: the application decides, for the peer whose message it read last', async (t) => {
  const { pattern, host } = setUp({ manual: true });
  const [one, two] = [joined(pattern), joined(pattern)];
  one.say('\x01A');
  two.say('\x01A');
  pattern.accept(message('A'));
  t.same([one.got(), two.got()], [[], []]);
  pattern.subscribe(Buffer.from('too early'));
  pattern.receive();
  pattern.subscribe(Buffer.from('XA'));
  pattern.subscribe(Buffer.from('XA'));
  pattern.receive();
  pattern.subscribe(Buffer.from('B'));
  pattern.accept(message('XA'));
  pattern.accept(message('B'));
  t.same([one.got(), two.got()], [['XA'], ['B']]);
  pattern.unsubscribe(Buffer.from('B'));
  pattern.unsubscribe(Buffer.from('B'));
  pattern.accept(message('B'));
  t.same(two.got(), []);
  t.same(host.counts, [1, 1, 0]);
  leave(pattern, one);
  t.same(received(pattern), ['-A'], 'what the peer had asked for');
  t.same(host.counts, [1, 1, 0, 0]);
  pattern.subscribe(Buffer.from('gone'));
  t.equal(pattern.topicCount, 0);
});

t.test('manual: a cancelled request is not cancelled again when the peer leaves', async (t) => {
  const { pattern } = setUp({ manual: true });
  const peer = joined(pattern);
  peer.say('\x01A');
  peer.say('\x00A');
  leave(pattern, peer);
  t.same(received(pattern), ['+A', '-A']);
});

t.test('without manual the application cannot subscribe its peers', async (t) => {
  const { pattern } = setUp();
  t.throws(() => pattern.subscribe(Buffer.from('A')), { code: 'EINVAL' });
  t.throws(() => pattern.unsubscribe(Buffer.from('A')), { code: 'EINVAL' });
});

t.test('the welcome message is the first a peer gets, each time it comes', async (t) => {
  const { pattern, live } = setUp();
  live.welcomeMessage = Buffer.from('W');
  const peer = joined(pattern);
  peer.say('\x01');
  pattern.accept(message('A'));
  t.same(peer.got(), ['W', 'A']);
  pattern.lost(peer.pipe);
  pattern.established(peer.pipe);
  t.same(peer.got(), ['W']);
  live.welcomeMessage = Buffer.alloc(0);
  t.same(joined(pattern).got(), []);
  live.welcomeMessage = Buffer.from('W');
  const full = joined(pattern, { send: 1, reading: false });
  pattern.established(full.pipe);
  t.equal(full.pipe.droppedCount, 1);
});

t.test('noDrop: a waiting sender is woken when the full pipe has been emptied', async (t) => {
  const { pattern, host } = setUp({ noDrop: true });
  const peer = joined(pattern, { send: 2, reading: false });
  peer.say('\x01');
  t.ok(pattern.accept(message('1')));
  t.ok(pattern.accept(message('2')));
  t.notOk(pattern.accept(message('3')));
  t.notOk(pattern.canSend());
  t.equal(pattern.sendRefusal(message('3')), 'EAGAIN');
  peer.drain();
  t.equal(host.writableCount, 1);
  t.ok(pattern.canSend());
  t.ok(pattern.accept(message('3')));
});

t.test('inverted matching sends to those that did not subscribe', async (t) => {
  const { pattern } = setUp({ invertMatching: true });
  const [one, two] = [joined(pattern), joined(pattern)];
  one.say('\x01A');
  pattern.accept(message('A1'));
  t.same([one.got(), two.got()], [[], ['A1']]);
});

t.test('many subscriptions of a peer that leaves are cancelled by and by, each once', async (t) => {
  const { pattern, host } = setUp();
  const [leaver, stayer] = [joined(pattern), joined(pattern)];
  const topics = Array.from({ length: 20_000 }, (_, n) => `topic ${n}`);
  for (const topic of topics) leaver.say(`\x01${topic}`);
  received(pattern);
  leave(pattern, leaver);
  t.ok(pattern.topicCount > 10_000);
  // One that is still to be purged is somebody else's now, and not cancelled.
  stayer.say('\x01topic 15000');
  const before = host.readableCount;
  for (let work = host.postponed.shift(); work !== undefined; work = host.postponed.shift()) work();
  t.equal(pattern.topicCount, 1);
  t.ok(host.readableCount > before);
  const cancelled = topics.filter((topic) => topic !== 'topic 15000').map((topic) => `-${topic}`);
  t.same(received(pattern), cancelled);
});

import fc from 'fast-check';
import t from 'tap';
import { PublishPattern } from '../../../src/sockets/pattern/publish.ts';
import { FakeHost, FakePeer, joined, leave, message } from '../../support/cores/fan-out.ts';

function setUp(options = {}) {
  const host = new FakeHost();
  const live = { noDrop: false, invertMatching: false, ...options };
  return { host, live, pattern: new PublishPattern(host, live) };
}

t.test('a message goes to the peers that subscribed to a prefix of its first part', async (t) => {
  const { pattern, host } = setUp();
  const [one, two, idle] = [joined(pattern), joined(pattern), joined(pattern)];
  one.say('\x01A');
  two.say('\x01');
  t.ok(pattern.accept(message('AB', 'body')));
  t.ok(pattern.accept(message('B', 'A')));
  t.same(one.got(), ['AB|body']);
  t.same(two.got(), ['AB|body', 'B|A']);
  t.same(idle.got(), []);
  t.same(host.counts, [1, 1]);
  t.equal(pattern.topicCount, 2);
});

t.test('the application sees nothing of what peers send', async (t) => {
  const { pattern, host } = setUp();
  const peer = joined(pattern, { receive: 3 });
  for (let i = 0; i < 100; i++) t.ok(peer.say('user message'));
  t.ok(peer.say(''));
  t.ok(peer.say('\x01A'));
  t.equal(peer.pipe.readableCount, 0);
  t.equal(host.readableCount, 0);
  t.notOk(pattern.canReceive());
  t.equal(pattern.receive(), undefined);
  t.equal(pattern.receiveRefusal(), 'ENOTSUP');
});

t.test('subscribing twice and cancelling once leaves nothing', async (t) => {
  const { pattern, host } = setUp();
  const peer = joined(pattern);
  peer.say('\x01A');
  peer.say('\x01A');
  peer.say('\x00A');
  pattern.accept(message('A'));
  t.same(peer.got(), []);
  t.same(host.counts, [1, 0]);
});

t.test('every part of a multipart subscription counts', async (t) => {
  const { pattern } = setUp();
  const peer = joined(pattern);
  peer.say('\x01A', '\x01B');
  pattern.accept(message('B'));
  t.same(peer.got(), ['B']);
});

t.test('a connection that was lost comes back without subscriptions', async (t) => {
  const { pattern, host } = setUp();
  const peer = joined(pattern);
  peer.say('\x01A');
  pattern.lost(peer.pipe);
  pattern.accept(message('A1'));
  pattern.established(peer.pipe);
  pattern.accept(message('A2'));
  peer.say('\x01A');
  pattern.accept(message('A3'));
  t.same(peer.got(), ['A3']);
  t.same(host.counts, [1, 0, 1]);
});

t.test('sending never waits, unless for noDrop', async (t) => {
  const { pattern, live, host } = setUp();
  t.ok(pattern.accept(message('no peer')));
  const [slow, quick] = [joined(pattern, { send: 4, reading: false }), joined(pattern)];
  slow.say('\x01');
  quick.say('\x01');
  for (const topic of '123456') t.ok(pattern.accept(message(topic)));
  t.equal(slow.pipe.droppedCount, 2);
  live.noDrop = true;
  t.notOk(pattern.accept(message('7')));
  t.notOk(pattern.canSend());
  t.equal(pattern.sendRefusal(message('7')), 'EAGAIN');
  t.same(quick.got(), ['1', '2', '3', '4', '5', '6']);
  slow.drain(1);
  t.notOk(pattern.canSend(), 'not before the low-water mark');
  slow.drain();
  t.ok(pattern.canSend());
  t.equal(host.writableCount, 1);
  t.ok(pattern.accept(message('7')));
  t.same(quick.got(), ['7']);
});

t.test(
  'a sender that waits for a full pipe goes on when that peer cancels or leaves',
  async (t) => {
    for (const end of ['cancel', 'lost', 'detach']) {
      const { pattern, host } = setUp({ noDrop: true });
      const slow = joined(pattern, { send: 1, reading: false });
      slow.say('\x01');
      t.ok(pattern.accept(message('1')));
      t.notOk(pattern.accept(message('2')));
      if (end === 'cancel') slow.say('\x00');
      else if (end === 'lost') pattern.lost(slow.pipe);
      else leave(pattern, slow);
      t.equal(host.writableCount, 1, end);
      t.ok(pattern.canSend());
      t.ok(pattern.accept(message('2')));
    }
  },
);

t.test('inverted matching sends to those that did not subscribe', async (t) => {
  const { pattern } = setUp({ invertMatching: true });
  const [one, two] = [joined(pattern), joined(pattern)];
  one.say('\x01A');
  pattern.accept(message('A1'));
  pattern.accept(message('B1'));
  t.same(one.got(), ['B1']);
  t.same(two.got(), ['A1', 'B1']);
});

t.test('what a pipe brings after it is ended is thrown away', async (t) => {
  const { pattern } = setUp();
  const peer = joined(pattern);
  leave(pattern, peer);
  peer.say('\x01A');
  t.equal(pattern.topicCount, 0);
  t.equal(peer.pipe.readableCount, 0);
});

t.test('what waits in a pipe that is attached late counts', async (t) => {
  const { pattern } = setUp();
  const peer = new FakePeer({ readable() {}, writable() {} });
  peer.say('\x01A');
  pattern.attach(peer.pipe);
  t.equal(pattern.topicCount, 1);
});

t.test('with noDrop and any mix of reading and sending nothing is lost or doubled', async (t) => {
  const step = fc.oneof(
    fc.constant({ kind: 'send' as const, peer: 0, limit: 0 }),
    fc.record({ kind: fc.constant('drain' as const), peer: fc.nat(2), limit: fc.nat(4) }),
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { pattern, host } = setUp({ noDrop: true });
        const peers = [1, 2, 5].map((send) => joined(pattern, { send, reading: false }));
        for (const peer of peers) peer.say('\x01');
        const accepted: string[] = [];
        for (const { kind, peer, limit } of steps) {
          if (kind === 'drain') {
            peers[peer]!.drain(limit);
            continue;
          }
          const wokenCount = host.writableCount;
          const next = `m${accepted.length}`;
          if (pattern.accept(message(next))) accepted.push(next);
          else if (pattern.canSend() || host.writableCount !== wokenCount) return false;
        }
        for (const peer of peers) peer.drain();
        if (!pattern.canSend()) return false;
        return peers.every((peer) => JSON.stringify(peer.got()) === JSON.stringify(accepted));
      }),
      { numRuns: 300 },
    ),
  );
});

t.test(
  'a peer that leaves is served no more, and its many subscriptions go by and by',
  async (t) => {
    const { pattern, host } = setUp();
    const [leaver, stayer] = [joined(pattern), joined(pattern)];
    for (let n = 0; n < 20_000; n++) leaver.say(`\x01topic ${n}`);
    stayer.say('\x01topic 19999');
    leave(pattern, leaver);
    t.equal(host.counts.at(-1), 0);
    pattern.accept(message('topic 19999'));
    t.same(leaver.got(), []);
    t.same(stayer.got(), ['topic 19999']);
    t.ok(pattern.topicCount > 10_000, `${pattern.topicCount} are left to the next turns`);
    // The same while they go.
    stayer.say('\x01topic 15000');
    for (let work = host.postponed.shift(); work !== undefined; work = host.postponed.shift()) {
      const before = pattern.topicCount;
      work();
      t.ok(before - pattern.topicCount <= 5_000, 'not too many at once');
    }
    t.equal(pattern.topicCount, 2);
    pattern.accept(message('topic 15000'));
    t.same(stayer.got(), ['topic 15000']);
    t.same(leaver.got(), []);
  },
);

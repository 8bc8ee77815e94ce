import t from 'tap';
import { PairPattern } from '../../../src/sockets/pattern/pair.ts';
import { FakeHost, FakePeer, octets, receiveAll, text } from '../../support/cores/fake-peer.ts';

t.test('one peer, both ways', async (t) => {
  const host = new FakeHost();
  const pair = new PairPattern(host);
  t.notOk(pair.canSend());
  t.notOk(pair.canReceive());
  t.notOk(pair.accept(octets('x')));
  t.equal(pair.receive(), undefined);
  t.equal(pair.sendRefusal(octets('x')), 'EAGAIN');
  t.equal(pair.receiveRefusal(), 'EAGAIN');
  const peer = FakePeer.of(pair, { sendHighWaterMark: 1 });
  t.equal(host.writableCount, 1);
  t.ok(pair.accept(octets('a', 'b')));
  t.same(peer.got, [['a', 'b']]);
  peer.say('c');
  t.equal(host.readableCount, 1);
  t.ok(pair.canReceive());
  t.same(receiveAll(pair), [['c']]);
  peer.taking = false;
  pair.accept(octets('d'));
  t.notOk(pair.canSend());
  peer.pump();
  t.equal(host.writableCount, 2);
});

t.test('a second peer is sent away and never heard, nor does it disturb the first', async (t) => {
  const host = new FakeHost();
  const pair = new PairPattern(host);
  const first = FakePeer.of(pair);
  const second = FakePeer.of(pair, { sendHighWaterMark: 1 });
  second.say('x');
  t.ok(second.drops.length > 0);
  t.ok(host.notes.length > 0);
  t.equal(host.readableCount, 0);
  t.notOk(pair.canReceive());
  pair.accept(octets('a'));
  t.same([first.got, second.got], [[['a']], []]);
  const { writableCount } = host;
  pair.writable(second.pipe);
  t.equal(host.writableCount, writableCount);
  second.leave(pair);
  t.ok(pair.canSend());
});

t.test(
  'after the first has gone another is taken, its messages after those left unread',
  async (t) => {
    const pair = new PairPattern(new FakeHost());
    const first = FakePeer.of(pair);
    first.say('1');
    first.say('2');
    first.leave(pair);
    t.notOk(pair.canSend());
    t.notOk(pair.accept(octets('x')));
    t.ok(pair.canReceive());
    const second = FakePeer.of(pair);
    second.say('3');
    t.same(second.drops, []);
    t.same(receiveAll(pair), [['1'], ['2'], ['3']]);
    t.ok(pair.accept(octets('a')));
    t.same(second.got, [['a']]);
    first.leave(pair);
    t.ok(pair.canSend(), 'the first going again changes nothing');
  },
);

t.test(
  'a connecting side that was sent away is taken when it comes back and the place is free',
  async (t) => {
    const pair = new PairPattern(new FakeHost());
    const first = FakePeer.of(pair);
    const second = new FakePeer(pair);
    pair.attach(second.pipe);
    second.handshake(pair);
    t.equal(second.drops.length, 1, 'no driver was there to be told at first');
    second.lose(pair);
    first.leave(pair);
    second.handshake(pair);
    t.equal(second.drops.length, 1);
    t.ok(pair.accept(octets('a')));
    t.same(second.got, [['a']]);
  },
);

t.test('a peer that returns on the same pipe brings what was unread along', async (t) => {
  const pair = new PairPattern(new FakeHost());
  const peer = FakePeer.of(pair);
  peer.say('1');
  peer.lose(pair);
  t.ok(pair.accept(octets('kept')), 'messages wait for the next connection');
  peer.leave(pair);
  peer.pipe.ended = false;
  pair.attach(peer.pipe);
  peer.handshake(pair);
  peer.say('2');
  t.same(text(pair.receive()), ['1']);
  t.same(text(pair.receive()), ['2']);
  t.same(peer.got, [['kept']]);
});

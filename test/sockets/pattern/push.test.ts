import t from 'tap';
import { PushPattern } from '../../../src/sockets/pattern/push.ts';
import { FakeHost, FakePeer, octets } from '../../support/cores/fake-peer.ts';

t.test('messages go to the peers in turns', async (t) => {
  const push = new PushPattern(new FakeHost());
  const peers = [0, 1, 2].map(() => FakePeer.of(push));
  for (let i = 0; i < 7; i++) t.ok(push.accept(octets(`${i}`, 'part')));
  t.same(
    peers.map(({ got }) => got.map(([first]) => first).join('')),
    ['036', '14', '25'],
  );
});

t.test('without a peer, or with full ones only, a message waits', async (t) => {
  const host = new FakeHost();
  const push = new PushPattern(host);
  t.notOk(push.accept(octets('x')));
  t.notOk(push.canSend());
  t.equal(push.sendRefusal(octets('x')), 'EAGAIN');
  const peer = FakePeer.of(push, { sendHighWaterMark: 2 });
  t.equal(host.writableCount, 1, 'a new peer is news');
  peer.taking = false;
  t.ok(push.accept(octets('a')));
  t.ok(push.accept(octets('b')));
  t.notOk(push.accept(octets('c')));
  peer.pump();
  t.equal(host.writableCount, 2);
  t.ok(push.canSend());
  peer.leave(push);
  t.notOk(push.canSend());
});

t.test(
  'a connecting pipe takes messages before its handshake and between connections',
  async (t) => {
    const push = new PushPattern(new FakeHost());
    const peer = new FakePeer(push, { sendHighWaterMark: 3 });
    push.attach(peer.pipe);
    t.ok(push.accept(octets('a')));
    peer.handshake(push);
    t.same(peer.got, [['a']]);
    peer.lose(push);
    t.ok(push.accept(octets('b')));
    peer.handshake(push);
    t.same(peer.got, [['a'], ['b']]);
  },
);

t.test('nothing is received, and what comes all the same is not kept', async (t) => {
  const host = new FakeHost();
  const push = new PushPattern(host);
  const peer = FakePeer.of(push);
  peer.say('nonsense');
  t.equal(push.receive(), undefined);
  t.notOk(push.canReceive());
  t.equal(push.receiveRefusal(), 'ENOTSUP');
  t.equal(peer.pipe.readableCount, 0);
  t.equal(peer.pipe.droppedCount, 1);
  t.equal(host.readableCount, 0);
});

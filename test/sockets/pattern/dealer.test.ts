import t from 'tap';
import { DealerPattern } from '../../../src/sockets/pattern/dealer.ts';
import { FakeHost, FakePeer, octets, receiveAll } from '../../support/cores/fake-peer.ts';

t.test('out in turns and in fairly queued, unchanged', async (t) => {
  const host = new FakeHost();
  const dealer = new DealerPattern(host, { probeRouter: false });
  t.notOk(dealer.canSend());
  t.equal(dealer.sendRefusal(octets('x')), 'EAGAIN');
  t.equal(dealer.receiveRefusal(), 'EAGAIN');
  const a = FakePeer.of(dealer);
  const b = FakePeer.of(dealer);
  for (const body of ['1', '2', '3']) t.ok(dealer.accept(octets('', body)));
  t.same(a.got, [
    ['', '1'],
    ['', '3'],
  ]);
  t.same(b.got, [['', '2']]);
  a.say('', 'A');
  a.say('', 'A');
  b.say('', 'B');
  t.ok(dealer.canReceive());
  t.same(receiveAll(dealer), [
    ['', 'A'],
    ['', 'B'],
    ['', 'A'],
  ]);
  a.say('last');
  a.leave(dealer);
  t.same(receiveAll(dealer), [['last']]);
  b.leave(dealer);
  t.notOk(dealer.canSend());
});

t.test('a full peer is passed over until it has room', async (t) => {
  const host = new FakeHost();
  const dealer = new DealerPattern(host, { probeRouter: false });
  const peer = FakePeer.of(dealer, { sendHighWaterMark: 1 });
  peer.taking = false;
  t.ok(dealer.accept(octets('x')));
  t.notOk(dealer.accept(octets('y')));
  const { writableCount } = host;
  peer.pump();
  t.equal(host.writableCount, writableCount + 1);
});

t.test('each handshake is followed by a probe, if asked for', async (t) => {
  const options = { probeRouter: false };
  const dealer = new DealerPattern(new FakeHost(), options);
  const peer = new FakePeer(dealer);
  dealer.attach(peer.pipe);
  peer.handshake(dealer);
  t.same(peer.got, []);
  peer.lose(dealer);
  options.probeRouter = true;
  peer.handshake(dealer);
  peer.lose(dealer);
  peer.handshake(dealer);
  t.same(peer.got, [[''], ['']]);
});

import t from 'tap';
import { PullPattern } from '../../../src/sockets/pattern/pull.ts';
import { FakeHost, FakePeer, octets, receiveAll } from '../../support/cores/fake-peer.ts';

t.test('peers are read in turns, one whole message each', async (t) => {
  const host = new FakeHost();
  const pull = new PullPattern(host);
  t.notOk(pull.canReceive());
  t.equal(pull.receiveRefusal(), 'EAGAIN');
  const peers = ['A', 'B', 'C'].map(() => FakePeer.of(pull));
  for (const [i, name] of ['A', 'B', 'C'].entries()) {
    for (let n = 0; n < 3 + i; n++) peers[i]!.say(name, 'tail');
  }
  t.equal(host.readableCount, 3, 'once per peer that begins');
  t.ok(pull.canReceive());
  const all = receiveAll(pull);
  t.equal(all.map(([name]) => name).join(''), 'ABCABCABCCBC');
  t.ok(all.every((message) => message[1] === 'tail'));
});

t.test('what a peer sent before it went is still read', async (t) => {
  const host = new FakeHost();
  const pull = new PullPattern(host);
  const peer = FakePeer.of(pull);
  peer.say('1');
  peer.say('2');
  peer.leave(pull);
  t.ok(pull.canReceive());
  t.same(receiveAll(pull), [['1'], ['2']]);
  t.notOk(pull.canReceive());
  const early = new FakePeer(pull);
  early.say('early');
  t.same(receiveAll(pull), [], 'nobody who is not attached is read');
  pull.attach(early.pipe);
  t.same(receiveAll(pull), [['early']]);
});

t.test('nothing is sent', async (t) => {
  const pull = new PullPattern(new FakeHost());
  const peer = FakePeer.of(pull);
  t.notOk(pull.canSend());
  t.notOk(pull.accept(octets('x')));
  t.equal(pull.sendRefusal(octets('x')), 'ENOTSUP');
  t.same(peer.got, []);
  t.doesNotThrow(() => {
    pull.lost(peer.pipe);
    pull.writable(peer.pipe);
  });
});

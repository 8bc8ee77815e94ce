import t from 'tap';
import { StreamPattern } from '../../../src/sockets/pattern/stream.ts';
import { FakeHost, FakePeer, octets, receiveAll, text } from '../../support/cores/fake-peer.ts';

function streamWith(notify = true) {
  const host = new FakeHost();
  const options = { notify };
  return { host, options, stream: new StreamPattern(host, options, () => 0) };
}

const FIRST = '\x00\x00\x00\x00\x00';
const SECOND = '\x00\x00\x00\x00\x01';

t.test('data comes and goes with the id of its peer', async (t) => {
  const { stream } = streamWith(false);
  const a = FakePeer.of(stream);
  const b = FakePeer.of(stream);
  t.notOk(stream.canReceive());
  t.equal(stream.receive(), undefined);
  t.equal(stream.receiveRefusal(), 'EAGAIN');
  a.say('1');
  b.say('2');
  t.ok(stream.canReceive());
  t.same(receiveAll(stream), [
    [FIRST, '1'],
    [SECOND, '2'],
  ]);
  t.ok(stream.canSend());
  t.ok(stream.accept(octets(SECOND, 'x')));
  t.same([a.got, b.got], [[], [['x']]]);
});

t.test('a peer is announced before its data and after it', async (t) => {
  const { host, stream } = streamWith();
  const peer = FakePeer.of(stream);
  peer.say('1');
  peer.say('2');
  peer.leave(stream);
  t.ok(host.readableCount > 0);
  t.ok(stream.canReceive());
  t.same(receiveAll(stream), [
    [FIRST, ''],
    [FIRST, '1'],
    [FIRST, '2'],
    [FIRST, ''],
  ]);
  t.notOk(stream.canReceive());
  t.equal(peer.pipe.inIndex, -1);
});

t.test('notices of a peer that reconnects stay between the data of its connections', async (t) => {
  const { stream } = streamWith();
  const peer = new FakePeer(stream, {}, { connectRoutingId: Buffer.from('name') });
  stream.attach(peer.pipe);
  t.ok(stream.accept(octets('name', 'queued')));
  peer.handshake(stream);
  stream.established(peer.pipe);
  peer.say('1');
  peer.lose(stream);
  peer.handshake(stream);
  peer.say('2');
  const other = FakePeer.of(stream);
  other.say('o');
  peer.leave(stream);
  const all = receiveAll(stream).filter(([id]) => id === 'name');
  t.same(
    all.map(([, data]) => data),
    ['', '1', '', '', '2', ''],
  );
  t.same(peer.got, [['queued']]);
});

t.test('a notice does not wait for data that was thrown away', async (t) => {
  const { stream } = streamWith();
  const peer = FakePeer.of(stream);
  stream.receive();
  peer.say('1');
  peer.lose(stream);
  peer.pipe.discardIncoming();
  t.ok(stream.canReceive());
  t.same(receiveAll(stream), [[FIRST, '']]);
  peer.handshake(stream);
  peer.say('2');
  peer.lose(stream);
  peer.pipe.discardIncoming();
  peer.leave(stream);
  t.same(receiveAll(stream), [
    [FIRST, ''],
    [FIRST, ''],
  ]);
});

t.test('a peer that never was connected is not announced', async (t) => {
  const { stream } = streamWith();
  const peer = new FakePeer(stream);
  stream.attach(peer.pipe);
  peer.leave(stream);
  t.same(receiveAll(stream), []);
});

t.test('what cannot be sent is told', async (t) => {
  const { host, stream } = streamWith(false);
  t.throws(() => stream.accept(octets(FIRST, 'x')), { code: 'EHOSTUNREACH' });
  t.equal(stream.sendRefusal(octets(FIRST, 'x')), 'EHOSTUNREACH');
  const peer = FakePeer.of(stream, { sendHighWaterMark: 1 });
  t.throws(() => stream.accept(octets(FIRST)), { code: 'EINVAL' });
  t.throws(() => stream.accept(octets(FIRST, 'x', 'y')), { code: 'EINVAL' });
  peer.taking = false;
  t.ok(stream.accept(octets(FIRST, '1')));
  t.notOk(stream.accept(octets(FIRST, '2')));
  t.equal(stream.sendRefusal(octets(FIRST, '2')), 'EAGAIN');
  const { writableCount } = host;
  peer.pump();
  t.equal(host.writableCount, writableCount + 1);
  peer.leave(stream);
  t.throws(() => stream.accept(octets(FIRST, '3')), { code: 'EHOSTUNREACH' });
});

t.test('an empty part closes the peer', async (t) => {
  const { stream } = streamWith();
  const peer = FakePeer.of(stream);
  t.ok(stream.accept(octets(FIRST, 'last')));
  t.ok(stream.accept(octets(FIRST, '')));
  t.equal(peer.finishCount, 1);
  t.same(peer.got, [['last']], 'what was sent before goes out');
  t.throws(() => stream.accept(octets(FIRST, 'late')), { code: 'EHOSTUNREACH' });
});

t.test('a name in use is not given twice', async (t) => {
  const { host, stream } = streamWith(false);
  for (const id of ['name', 'name', FIRST]) {
    stream.attach(new FakePeer(stream, {}, { connectRoutingId: Buffer.from(id) }).pipe);
  }
  t.equal(host.notes.length, 2, 'the second of that name, then one that wants what it got');
  const early = new FakePeer(stream);
  early.say('x');
  stream.attach(early.pipe);
  t.same(text(stream.receive())?.[1], 'x');
});

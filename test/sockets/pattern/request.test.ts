import t from 'tap';
import type { RequestOptions } from '../../../src/sockets/pattern/request.ts';
import { RequestPattern } from '../../../src/sockets/pattern/request.ts';
import { FakeHost, FakePeer, octets, receiveAll, text } from '../../support/cores/fake-peer.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function requestWith(options: Partial<RequestOptions> = {}) {
  const host = new FakeHost();
  const live: Writable<RequestOptions> = {
    relaxed: false,
    correlate: false,
    probeRouter: false,
    ...options,
  };
  return { host, options: live, request: new RequestPattern(host, live, () => 0) };
}

t.test('a request has a delimiter in front, a reply loses its own', async (t) => {
  const { host, request } = requestWith();
  const peer = FakePeer.of(request);
  t.ok(request.accept(octets('A', 'B')));
  t.same(peer.got, [['', 'A', 'B']]);
  peer.say('', 'x', '');
  t.equal(host.readableCount, 1);
  t.ok(request.canReceive());
  t.ok(request.canReceive());
  t.same(text(request.receive()), ['x', '']);
});

t.test('send and receive alternate', async (t) => {
  const { host, request } = requestWith();
  t.equal(request.sendRefusal(octets('x')), 'EAGAIN');
  t.notOk(request.accept(octets('x')), 'no peer');
  const peer = FakePeer.of(request);
  t.equal(host.writableCount, 1);
  t.equal(request.receive(), undefined);
  t.notOk(request.canReceive());
  t.equal(request.receiveRefusal(), 'EFSM');
  t.ok(request.accept(octets('1')));
  t.notOk(request.canSend());
  t.notOk(request.accept(octets('2')));
  t.equal(request.sendRefusal(octets('2')), 'EFSM');
  t.equal(request.receiveRefusal(), 'EAGAIN');
  t.equal(request.receive(), undefined);
  peer.say('', 'r');
  t.same(text(request.receive()), ['r']);
  t.ok(request.canSend());
  t.same(peer.got, [['', '1']]);
});

t.test('five peers are asked one after another', async (t) => {
  const { request } = requestWith();
  const peers = [0, 1, 2, 3, 4].map(() => FakePeer.of(request));
  for (const [i, peer] of [...peers, ...peers].entries()) {
    t.ok(request.accept(octets(`${i}`)));
    peer.say('', `re ${i}`);
    t.same(receiveAll(request), [[`re ${i}`]]);
    t.same(peer.got.at(-1), ['', `${i}`]);
  }
});

t.test('only the peer that was asked is heard', async (t) => {
  const { request } = requestWith();
  const asked = FakePeer.of(request);
  const other = FakePeer.of(request);
  request.accept(octets('x'));
  other.say('', 'wrong');
  other.say('not even a reply');
  t.notOk(request.canReceive());
  t.equal(other.pipe.droppedCount, 2);
  t.same(other.failures, []);
  asked.say('', 'right');
  t.same(receiveAll(request), [['right']]);
});

t.test('what came before a request does not answer it', async (t) => {
  const { host, request } = requestWith();
  const peer = FakePeer.of(request);
  peer.say('', 'stale');
  t.equal(host.readableCount, 0, 'nobody waits for it');
  request.accept(octets('x'));
  t.notOk(request.canReceive());
  t.equal(peer.pipe.droppedCount, 1);
  peer.say('', 'fresh');
  peer.say('', 'too much');
  t.same(receiveAll(request), [['fresh']]);
  request.accept(octets('y'));
  t.notOk(request.canReceive());
});

t.test('a reply without a delimiter fails its peer, a probe is ignored', async (t) => {
  const { request } = requestWith();
  const peer = FakePeer.of(request);
  request.accept(octets('x'));
  peer.say('');
  t.notOk(request.canReceive());
  t.same(peer.failures, []);
  peer.say('body');
  peer.say('', 'good');
  t.same(receiveAll(request), [['good']], 'the next good one is taken');
  t.equal(peer.failures.length, 1);
});

t.test('correlate: the id goes in front, and only a reply that repeats it is taken', async (t) => {
  const { request } = requestWith({ correlate: true });
  const peer = FakePeer.of(request);
  const ids: string[] = [];
  for (let i = 0; i < 2; i++) {
    t.ok(request.accept(octets('A')));
    const [id, delimiter, body] = peer.got.at(-1)!;
    t.equal(id?.length, 4);
    t.same([delimiter, body], ['', 'A']);
    ids.push(id!);
    peer.say('', 'no id');
    peer.say('nope', '', 'wrong id');
    peer.say('x'.repeat(4));
    peer.say(id!, 'no delimiter', 'x');
    peer.say(id!, '');
    t.notOk(request.canReceive());
    peer.say(id!, '', 'right');
    t.same(receiveAll(request), [['right']]);
  }
  t.not(ids[0], ids[1]);
  t.same(peer.failures, []);
  t.equal(peer.pipe.droppedCount, 10);
});

t.test(
  'relaxed and correlate: a new request abandons the last, whose late reply is ignored',
  async (t) => {
    const { request } = requestWith({ relaxed: true, correlate: true });
    const a = FakePeer.of(request);
    const b = FakePeer.of(request);
    t.ok(request.accept(octets('1')));
    t.ok(request.canSend());
    t.ok(request.accept(octets('2')));
    a.say(a.got[0]![0]!, '', 'late');
    t.notOk(request.canReceive());
    b.say(b.got[0]![0]!, '', 'right');
    t.same(receiveAll(request), [['right']]);
    request.accept(octets('3'));
    request.accept(octets('4'));
    request.accept(octets('5'));
    a.say(a.got[1]![0]!, '', 'for 3');
    a.say(a.got[2]![0]!, '', 'for 5');
    t.same(receiveAll(request), [['for 5']]);
    t.same([a.failures, a.drops], [[], []]);
  },
);

t.test('relaxed: a reply that is there and not received is abandoned too', async (t) => {
  const { request } = requestWith({ relaxed: true });
  const peer = FakePeer.of(request);
  request.accept(octets('1'));
  peer.say('', 'one');
  t.ok(request.canReceive());
  t.equal(request.sendRefusal(octets('2')), 'EAGAIN');
  request.accept(octets('2'));
  t.notOk(request.canReceive());
  peer.say('', 'two');
  t.same(receiveAll(request), [['two']]);
});

t.test('the peer asked may answer after a reconnection; when it is gone nobody does', async (t) => {
  const { host, request } = requestWith();
  const peer = new FakePeer(request);
  request.attach(peer.pipe);
  t.ok(request.accept(octets('queued')));
  peer.handshake(request);
  t.same(peer.got, [['', 'queued']]);
  peer.lose(request);
  peer.handshake(request);
  t.equal(peer.got.length, 1, 'nothing is asked again');
  peer.say('', 'late');
  t.same(receiveAll(request), [['late']]);
  request.accept(octets('x'));
  peer.leave(request);
  const other = FakePeer.of(request);
  other.say('', 'not asked');
  t.notOk(request.canReceive());
  t.notOk(request.canSend());
  t.equal(host.writableCount, 1, 'while waiting a new peer is no news');
});

t.test('what the peer answered before it went is received', async (t) => {
  const { request } = requestWith();
  const peer = FakePeer.of(request);
  request.accept(octets('x'));
  peer.say('', 'farewell');
  peer.leave(request);
  t.same(receiveAll(request), [['farewell']]);
  t.equal(peer.pipe.inIndex, -1);
});

t.test('a full peer is not asked until it has room', async (t) => {
  const { host, request } = requestWith({ relaxed: true, probeRouter: true });
  const peer = FakePeer.of(request, { sendHighWaterMark: 1 });
  t.same(peer.got, [['']], 'a probe, as asked for');
  peer.taking = false;
  t.ok(request.accept(octets('1')));
  t.notOk(request.accept(octets('2')));
  const { writableCount } = host;
  peer.pump();
  t.equal(host.writableCount, writableCount + 1);
  t.ok(request.accept(octets('2')));
});

import fc from 'fast-check';
import t from 'tap';
import { ReplyPattern } from '../../../src/sockets/pattern/reply.ts';
import { FakeHost, FakePeer, octets, receiveAll, text } from '../../support/cores/fake-peer.ts';

t.test('receive and send alternate', async (t) => {
  const host = new FakeHost();
  const reply = new ReplyPattern(host);
  const peer = FakePeer.of(reply);
  t.notOk(reply.canSend());
  t.notOk(reply.accept(octets('x')));
  t.equal(reply.sendRefusal(octets('x')), 'EFSM');
  t.equal(reply.receiveRefusal(), 'EAGAIN');
  peer.say('', '1');
  peer.say('', '2');
  t.equal(host.readableCount, 1);
  t.ok(reply.canReceive());
  t.same(text(reply.receive()), ['1']);
  t.ok(reply.canSend());
  t.equal(reply.sendRefusal(octets('x')), 'EAGAIN');
  t.notOk(reply.canReceive());
  t.equal(reply.receive(), undefined);
  t.equal(reply.receiveRefusal(), 'EFSM');
  t.ok(reply.accept(octets('re 1')));
  t.ok(reply.canReceive());
  t.same(text(reply.receive()), ['2']);
  t.ok(reply.accept(octets('re', '2')));
  t.same(peer.got, [
    ['', 're 1'],
    ['', 're', '2'],
  ]);
});

t.test('any envelope is returned as it came, whatever the body', async (t) => {
  const part = fc.string({ maxLength: 4 });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 4 }),
        fc.array(part, { minLength: 1, maxLength: 4 }),
        fc.array(part, { minLength: 1, maxLength: 4 }),
        (hops, body, answer) => {
          const reply = new ReplyPattern(new FakeHost());
          const peer = FakePeer.of(reply);
          peer.say(...hops, '', ...body);
          same(text(reply.receive()), text(octets(...body)));
          reply.accept(octets(...answer));
          same(peer.got[0], text(octets(...hops, '', ...answer)));
        },
      ),
    ),
  );
});

t.test('requesters are served in turns, each gets its own reply', async (t) => {
  const reply = new ReplyPattern(new FakeHost());
  const peers = ['a', 'b', 'c'].map(() => FakePeer.of(reply));
  for (const peer of peers) for (let i = 0; i < 2; i++) peer.say('', `${peers.indexOf(peer)}`);
  const order: string[] = [];
  for (let m = reply.receive(); m !== undefined; m = reply.receive()) {
    order.push(text(m)![0]!);
    reply.accept(m);
  }
  t.equal(order.join(''), '012012');
  for (const [i, peer] of peers.entries()) {
    t.same(peer.got, [
      ['', `${i}`],
      ['', `${i}`],
    ]);
  }
});

t.test(
  'a message without an empty frame before its body is dropped and the next one read',
  async (t) => {
    const host = new FakeHost();
    const reply = new ReplyPattern(host);
    const peer = FakePeer.of(reply);
    peer.say('no', 'delimiter');
    peer.say('');
    peer.say('no body', '');
    t.notOk(reply.canReceive());
    t.equal(peer.pipe.droppedCount, 3);
    t.equal(host.notes.length, 3);
    peer.say('bad');
    peer.say('', 'good', '');
    t.same(receiveAll(reply), [['good', '']]);
  },
);

t.test('a reply nobody can take is dropped without an error', async (t) => {
  const host = new FakeHost();
  const reply = new ReplyPattern(host);
  const gone = FakePeer.of(reply);
  gone.say('', 'x');
  gone.leave(reply);
  t.same(text(reply.receive()), ['x'], 'its request is still read');
  t.ok(reply.accept(octets('y')));
  t.equal(host.droppedCount, 1, 'its pipe may be forgotten already');
  const full = FakePeer.of(reply, { sendHighWaterMark: 1 });
  full.taking = false;
  for (let i = 0; i < 3; i++) {
    full.say('', 'x');
    t.same(text(reply.receive()), ['x']);
    t.ok(reply.accept(octets('y')));
  }
  t.equal(full.pipe.droppedCount, 2);
});

t.test('while replying new requests are no news; attached ones are read after', async (t) => {
  const host = new FakeHost();
  const reply = new ReplyPattern(host);
  const peer = FakePeer.of(reply);
  peer.say('', '1');
  reply.receive();
  const early = new FakePeer(reply);
  early.pipe.drive(early);
  early.say('', '2');
  reply.attach(early.pipe);
  t.equal(host.readableCount, 1);
  reply.lost(peer.pipe);
  reply.writable(peer.pipe);
  reply.accept(octets('x'));
  t.same(text(reply.receive()), ['2']);
});

function same(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new Error(`${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
  }
}

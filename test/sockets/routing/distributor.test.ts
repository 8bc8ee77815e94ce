import t from 'tap';
import { Distributor } from '../../../src/sockets/routing/distributor.ts';
import type { Pipe, PipeReader } from '../../../src/sockets/routing/pipe.ts';
import { PrefixIndex } from '../../../src/sockets/routing/prefix-index.ts';
import { FakePeer, type Marks, message } from '../../support/cores/fan-out.ts';

const nobody: PipeReader = { readable() {}, writable() {} };

function setUp(...marks: Marks[]): {
  distributor: Distributor;
  index: PrefixIndex<Pipe>;
  peers: FakePeer[];
} {
  const distributor = new Distributor();
  const peers = marks.map((marks) => new FakePeer(nobody, marks));
  for (const peer of peers) distributor.attach(peer.pipe);
  return { distributor, index: new PrefixIndex<Pipe>(), peers };
}

t.test('a pipe with several matching prefixes gets a message once', async (t) => {
  const { distributor, index, peers } = setUp({}, {});
  for (const prefix of ['', 'a', 'ab']) index.add(Buffer.from(prefix), peers[0]!.pipe);
  index.add(Buffer.from('b'), peers[1]!.pipe);
  t.ok(distributor.sendToMatching(message('abc', 'body'), index, false, false));
  t.same(peers[0]!.got(), ['abc|body']);
  t.same(peers[1]!.got(), []);
});

t.test('inverted, a message goes to exactly the other pipes', async (t) => {
  const { distributor, index, peers } = setUp({}, {}, {});
  index.add(Buffer.from('a'), peers[1]!.pipe);
  distributor.sendToMatching(message('abc'), index, false, true);
  t.same(
    peers.map((peer) => peer.got()),
    [['abc'], [], ['abc']],
  );
  distributor.detach(peers[0]!.pipe);
  distributor.detach(peers[0]!.pipe);
  distributor.sendToMatching(message('b'), index, false, true);
  t.same(
    peers.map((peer) => peer.got()),
    [[], ['b'], ['b']],
  );
});

t.test('a full pipe misses a message and the others do not', async (t) => {
  const { distributor, index, peers } = setUp({ send: 2, reading: false }, {});
  for (const peer of peers) index.add(Buffer.from(''), peer.pipe);
  for (const topic of ['1', '2', '3']) {
    t.ok(distributor.sendToMatching(message(topic), index, false, false));
  }
  peers[0]!.drain();
  t.same(peers[0]!.got(), ['1', '2']);
  t.equal(peers[0]!.pipe.droppedCount, 1);
  t.same(peers[1]!.got(), ['1', '2', '3']);
});

t.test('with noDrop nobody gets what one pipe cannot take', async (t) => {
  const { distributor, index, peers } = setUp({}, { send: 2, reading: false });
  for (const peer of peers) index.add(Buffer.from(''), peer.pipe);
  t.ok(distributor.sendToMatching(message('1'), index, true, false));
  t.ok(distributor.sendToMatching(message('2'), index, true, false));
  t.notOk(distributor.sendToMatching(message('3'), index, true, false));
  t.ok(distributor.blocked);
  t.same(peers[0]!.got(), ['1', '2']);
  t.equal(peers[1]!.pipe.droppedCount, 0);
  peers[1]!.drain();
  t.ok(distributor.unblock());
  t.notOk(distributor.unblock());
  t.ok(distributor.sendToMatching(message('3'), index, true, false));
  t.same(peers[0]!.got(), ['3']);
});

t.test('with noDrop nobody gets twice what is sent again', async (t) => {
  const marks = { send: 1, reading: false };
  const { distributor, index, peers } = setUp(marks, marks);
  for (const peer of peers) index.add(Buffer.from(''), peer.pipe);
  t.ok(distributor.sendToMatching(message('1'), index, true, false));
  for (const peer of peers) t.notOk(peer.pipe.canWrite());
  // In the middle of a drain: the queue is empty, and `drained` has not been called yet.
  peers[0]!.sent.push(peers[0]!.pipe.next()!);
  peers[0]!.reading = true;
  t.notOk(distributor.sendToMatching(message('2'), index, true, false));
  for (const peer of peers) peer.drain();
  distributor.unblock();
  t.ok(distributor.sendToMatching(message('2'), index, true, false));
  for (const peer of peers) {
    peer.drain();
    t.same(peer.got(), ['1', '2']);
  }
});

t.test('with noDrop a conflating pipe at its mark holds nobody up', async (t) => {
  const { distributor, index, peers } = setUp({ send: 1, conflate: true, reading: false }, {});
  for (const peer of peers) index.add(Buffer.from(''), peer.pipe);
  for (const topic of ['1', '2', '3']) {
    t.ok(distributor.sendToMatching(message(topic), index, true, false));
  }
  peers[0]!.drain();
  t.same(peers[0]!.got(), ['3']);
  t.same(peers[1]!.got(), ['1', '2', '3']);
});

t.test('to all means to all that are attached', async (t) => {
  const { distributor, peers } = setUp({}, {}, { send: 1, reading: false });
  distributor.attach(peers[0]!.pipe);
  distributor.sendToAll(message('x'));
  distributor.detach(peers[0]!.pipe);
  t.notOk(distributor.has(peers[0]!.pipe));
  distributor.sendToAll(message('y'));
  t.same(peers[0]!.got(), ['x']);
  t.same(peers[1]!.got(), ['x', 'y']);
  t.equal(peers[2]!.pipe.droppedCount, 1);
});

import fc from 'fast-check';
import t from 'tap';
import { FairQueue } from '../../../src/sockets/routing/fair-queue.ts';
import type { Pipe } from '../../../src/sockets/routing/pipe.ts';
import { FakePeer, text } from '../../support/cores/fake-peer.ts';

/** A queue with `count` peers attached, told of what they send. */
function queueOf(count: number): { queue: FairQueue; peers: FakePeer[]; join: () => FakePeer } {
  const queue = new FairQueue();
  const reader = { readable: (pipe: Pipe) => queue.activate(pipe), writable: () => {} };
  const peers: FakePeer[] = [];
  const join = () => {
    const peer = new FakePeer(reader);
    queue.attach(peer.pipe);
    peers.push(peer);
    return peer;
  };
  for (let i = 0; i < count; i++) join();
  return { queue, peers, join };
}

function drain(queue: FairQueue): string {
  let all = '';
  for (let m = queue.receive(); m !== undefined; m = queue.receive()) all += text(m)?.[0];
  return all;
}

function leave(queue: FairQueue, peer: FakePeer): void {
  peer.pipe.ended = true;
  queue.detach(peer.pipe);
}

t.test("turns are libzmq's", async (t) => {
  const { queue, peers } = queueOf(3);
  for (const [i, name] of ['A', 'B', 'C'].entries()) {
    for (let n = 0; n < 3 + i; n++) peers[i]!.say(name);
  }
  t.equal(drain(queue), 'ABCABCABCCBC');
  t.notOk(queue.canReceive());
});

t.test('one peer is simply read', async (t) => {
  const { queue, peers } = queueOf(1);
  t.equal(queue.receive(), undefined);
  peers[0]!.say('a');
  peers[0]!.say('b');
  t.ok(queue.canReceive());
  t.equal(drain(queue), 'ab');
  t.equal(queue.last, peers[0]!.pipe);
  t.notOk(queue.canReceive());
});

t.test('what a pipe held before it was attached is read', async (t) => {
  const { queue } = queueOf(1);
  const early = new FakePeer({ readable: (pipe) => queue.activate(pipe), writable: () => {} });
  early.say('x');
  t.notOk(queue.canReceive(), 'a pipe that is not attached does not count');
  queue.attach(early.pipe);
  queue.attach(early.pipe);
  t.equal(drain(queue), 'x');
});

for (const count of [1, 3]) {
  t.test(`of ${count}, a detached pipe is read to its end, then forgotten`, async (t) => {
    const { queue, peers } = queueOf(count);
    const peer = peers[0]!;
    peer.say('1');
    peer.say('2');
    leave(queue, peer);
    t.equal(drain(queue), '12');
    t.equal(peer.pipe.inIndex, -1);
    leave(queue, peer);
    peer.pipe.ended = false;
    queue.attach(peer.pipe);
    peer.say('3');
    t.equal(drain(queue), '3', 'it may come again');
    t.not(peer.pipe.inIndex, -1);
  });
}

t.test('a pipe that has ended and was emptied by others is forgotten in its turn', async (t) => {
  const { queue, peers } = queueOf(2);
  peers[0]!.say('x');
  leave(queue, peers[0]!);
  peers[0]!.pipe.discardIncoming();
  peers[1]!.say('y');
  t.equal(drain(queue), 'y');
  t.equal(peers[0]!.pipe.inIndex, -1);
});

t.test('discarding empties all and forgets those that have ended', async (t) => {
  const { queue, peers } = queueOf(3);
  for (const peer of peers) peer.say('x');
  leave(queue, peers[1]!);
  queue.discard();
  t.notOk(queue.canReceive());
  t.same(
    peers.map(({ pipe }) => pipe.inIndex >= 0),
    [true, false, true],
  );
  peers[2]!.say('y');
  t.equal(drain(queue), 'y');
});

t.test(
  'whatever comes, leaves and returns: nothing is lost, each peer keeps its order, nobody starves',
  async (t) => {
    const step = fc.record({
      kind: fc.constantFrom('say', 'say', 'receive', 'receive', 'leave', 'return', 'ask'),
      at: fc.integer({ min: 0, max: 4 }),
    });
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 5 }),
          fc.array(step, { maxLength: 150 }),
          (count, steps) => {
            const { queue, peers } = queueOf(count);
            const unread: number[][] = peers.map(() => []);
            /** How often others were served since this readable peer was. */
            const passed: number[] = peers.map(() => 0);
            let leaving = 0;
            let n = 0;
            const take = () => {
              const message = queue.receive();
              const total = unread.reduce((sum, { length }) => sum + length, 0);
              check((message === undefined) === (total === 0), 'one is there if any is');
              if (message === undefined) return;
              const at = peers.findIndex(({ pipe }) => pipe === queue.last);
              check(Number(text(message)?.[0]) === unread[at]!.shift(), 'order of one peer');
              for (let i = 0; i < count; i++)
                passed[i] = unread[i]!.length > 0 ? passed[i]! + 1 : 0;
              passed[at] = 0;
              // Twice round, and one round more for each pipe that went away meanwhile.
              const most = 2 * count + leaving * count;
              check(
                passed.every((times) => times <= most),
                'starved',
              );
            };
            for (const { kind, at } of steps) {
              const peer = peers[at % count]!;
              if (kind === 'say' && !peer.pipe.ended) {
                unread[at % count]!.push(n);
                peer.say(`${n++}`);
              } else if (kind === 'leave') {
                leaving++;
                leave(queue, peer);
              } else if (kind === 'return') {
                peer.pipe.ended = false;
                queue.attach(peer.pipe);
              } else if (kind === 'ask') {
                const any = unread.some(({ length }) => length > 0);
                check(queue.canReceive() === any, 'canReceive');
              } else if (kind === 'receive') {
                take();
              }
            }
            while (queue.canReceive()) take();
            check(
              unread.every(({ length }) => length === 0),
              'all was read',
            );
            for (const { pipe } of peers) {
              if (pipe.ended) check(pipe.inIndex === -1, 'forgotten');
            }
          },
        ),
        { numRuns: 300 },
      ),
    );
  },
);

t.test('with every peer always readable, each is served once in a round', async (t) => {
  const { queue, peers } = queueOf(4);
  for (const peer of peers) for (let i = 0; i < 10; i++) peer.say('x');
  for (let round = 0; round < 10; round++) {
    const served = new Set<Pipe | undefined>();
    for (let i = 0; i < 4; i++) {
      queue.receive();
      served.add(queue.last);
    }
    t.equal(served.size, 4);
  }
});

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

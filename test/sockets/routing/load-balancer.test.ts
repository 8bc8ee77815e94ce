import fc from 'fast-check';
import t from 'tap';
import { LoadBalancer } from '../../../src/sockets/routing/load-balancer.ts';
import type { Pipe, PipeLimits } from '../../../src/sockets/routing/pipe.ts';
import { FakePeer, octets } from '../../support/cores/fake-peer.ts';

function balancerOf(
  count: number,
  limits: Partial<PipeLimits> = {},
): { balancer: LoadBalancer; peers: FakePeer[] } {
  const balancer = new LoadBalancer();
  const reader = { readable: () => {}, writable: (pipe: Pipe) => balancer.activate(pipe) };
  const peers: FakePeer[] = [];
  for (let i = 0; i < count; i++) {
    const peer = new FakePeer(reader, limits);
    peer.pipe.drive(peer);
    balancer.attach(peer.pipe);
    peers.push(peer);
  }
  return { balancer, peers };
}

t.test('messages are dealt out in turns', async (t) => {
  const { balancer, peers } = balancerOf(3);
  for (let i = 0; i < 7; i++) t.ok(balancer.send(octets(`${i}`)));
  t.same(
    peers.map(({ got }) => got.flat().map(Number)),
    [
      [0, 3, 6],
      [1, 4],
      [2, 5],
    ],
  );
  t.equal(balancer.last, peers[0]!.pipe);
});

t.test('without a peer nothing is taken', async (t) => {
  const { balancer } = balancerOf(0);
  t.notOk(balancer.canSend());
  t.notOk(balancer.send(octets('x')));
});

for (const count of [1, 2]) {
  t.test(`of ${count}, a full pipe leaves the rotation until it is writable`, async (t) => {
    const { balancer, peers } = balancerOf(count, { sendHighWaterMark: 2 });
    for (const peer of peers) peer.taking = false;
    for (let i = 0; i < 2 * count; i++) t.ok(balancer.send(octets('x')));
    t.notOk(balancer.send(octets('y')));
    t.notOk(balancer.canSend());
    peers[0]!.pump();
    t.ok(balancer.canSend());
    t.ok(balancer.send(octets('z')));
    t.equal(balancer.last, peers[0]!.pipe);
  });
}

t.test('asking alone does not leave a full pipe out for ever', async (t) => {
  const { balancer, peers } = balancerOf(1, { sendHighWaterMark: 1 });
  peers[0]!.taking = false;
  balancer.send(octets('x'));
  t.notOk(balancer.canSend());
  peers[0]!.pump();
  t.ok(balancer.canSend());
});

t.test('a full pipe that is attached waits for its turn to be writable', async (t) => {
  const { balancer } = balancerOf(0);
  const peer = new FakePeer(
    { readable: () => {}, writable: (pipe) => balancer.activate(pipe) },
    { sendHighWaterMark: 1 },
  );
  peer.pipe.write(octets('x'));
  balancer.attach(peer.pipe);
  t.notOk(balancer.canSend());
  peer.pump();
  t.ok(balancer.canSend());
  balancer.detach(peer.pipe);
  balancer.detach(peer.pipe);
  balancer.activate(peer.pipe);
  t.notOk(balancer.canSend());
});

t.test(
  'whatever comes, goes and fills: taken exactly once, in order per peer, shares even',
  async (t) => {
    const step = fc.record({
      kind: fc.constantFrom('send', 'send', 'send', 'pump', 'leave', 'return', 'ask'),
      at: fc.integer({ min: 0, max: 3 }),
    });
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 4 }),
          fc.array(step, { maxLength: 120 }),
          (count, mark, steps) => {
            const { balancer, peers } = balancerOf(count, { sendHighWaterMark: mark });
            for (const peer of peers) peer.taking = false;
            const here = peers.map(() => true);
            let accepted = 0;
            for (const { kind, at } of steps) {
              const peer = peers[at % count]!;
              if (kind === 'send' || kind === 'ask') {
                const before = peers.map(({ pipe }) => pipe.outgoingCount);
                const can = balancer.canSend();
                const anyRoom = peers.some(({ pipe }, i) => here[i] && pipe.canWrite());
                check(can === anyRoom, 'canSend');
                if (kind === 'ask') continue;
                check(balancer.send(octets(`${accepted}`)) === can, 'send does what canSend says');
                if (!can) continue;
                accepted++;
                const grown = peers.filter(({ pipe }, i) => pipe.outgoingCount !== before[i]);
                check(grown.length === 1 && grown[0]!.pipe === balancer.last, 'one taker');
              } else if (kind === 'pump') {
                peer.pump(2);
              } else if (kind === 'leave') {
                peer.pipe.ended = true;
                here[at % count] = false;
                balancer.detach(peer.pipe);
              } else {
                peer.pipe.ended = false;
                here[at % count] = true;
                balancer.attach(peer.pipe);
              }
            }
            for (const peer of peers) peer.pump();
            const all = peers.map(({ got }) => got.flat().map(Number));
            for (const got of all) check(got.join() === [...got].sort(up).join(), 'order');
            check(
              all.flat().sort(up).join() === Array.from({ length: accepted }, (_, i) => i).join(),
              'each exactly once',
            );
          },
        ),
        { numRuns: 300 },
      ),
    );
  },
);

function up(a: number, b: number): number {
  return a - b;
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

import fc from 'fast-check';
import t from 'tap';
import type { RouterOptions } from '../../../src/sockets/pattern/router.ts';
import { RouterPattern } from '../../../src/sockets/pattern/router.ts';
import type { PipeLimits } from '../../../src/sockets/routing/pipe.ts';
import { FakeHost, FakePeer, octets, receiveAll, text } from '../../support/cores/fake-peer.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function routerWith(options: Partial<RouterOptions> = {}, random = 0) {
  const host = new FakeHost();
  const live: Writable<RouterOptions> = {
    mandatory: false,
    handover: false,
    probeRouter: false,
    ...options,
  };
  return { host, options: live, router: new RouterPattern(host, live, () => random) };
}

function connecting(
  router: RouterPattern,
  routingId?: string,
  limits: Partial<PipeLimits> = {},
): FakePeer {
  const id = routingId === undefined ? undefined : Buffer.from(routingId, 'latin1');
  const peer = new FakePeer(router, limits, { connectRoutingId: id });
  router.attach(peer.pipe);
  return peer;
}

t.test(
  'messages come with the routing id in front and go to whom the first part names',
  async (t) => {
    const { host, router } = routerWith();
    const a = FakePeer.of(router, {}, 'a');
    const b = FakePeer.of(router, {}, '\xff\xfe');
    a.say('1');
    a.say('2', 'tail');
    b.say('3');
    t.ok(router.canReceive());
    t.equal(host.readableCount, 2);
    t.same(receiveAll(router), [
      ['a', '1'],
      ['\xff\xfe', '3'],
      ['a', '2', 'tail'],
    ]);
    t.equal(router.receiveRefusal(), 'EAGAIN');
    t.ok(router.accept(octets('\xff\xfe', '', 'x')));
    t.ok(router.accept(octets('a', 'y')));
    t.same([a.got, b.got], [[['a'].fill('y')], [['', 'x']]]);
  },
);

t.test(
  'who announces no id gets one: a zero octet and a counter with a random start',
  async (t) => {
    const { router } = routerWith({}, 0x6b8b4567 / 2 ** 32);
    const peers = [FakePeer.of(router), FakePeer.of(router)];
    for (const peer of peers) peer.say('x');
    t.same(receiveAll(router), [
      ['\x00\x6b\x8b\x45\x67', 'x'],
      ['\x00\x6b\x8b\x45\x68', 'x'],
    ]);
  },
);

t.test('a generated id is never one in use, and the counter wraps', async (t) => {
  const { router } = routerWith({}, (2 ** 32 - 1) / 2 ** 32);
  connecting(router, '\x00\x00\x00\x00\x00');
  const first = FakePeer.of(router);
  const second = FakePeer.of(router);
  t.equal(first.pipe.routingId?.toString('hex'), '00ffffffff');
  t.equal(second.pipe.routingId?.toString('hex'), '0000000001');
});

t.test('what cannot be routed is dropped in silence', async (t) => {
  const { router } = routerWith();
  const peer = FakePeer.of(router, { sendHighWaterMark: 1 }, 'a');
  t.ok(router.canSend());
  t.ok(router.accept(octets('nobody', 'x')));
  t.ok(router.accept(octets('', 'x')));
  t.ok(router.accept(octets('a')), 'an id alone says nothing');
  t.same(peer.got, []);
  peer.taking = false;
  for (let i = 0; i < 4; i++) t.ok(router.accept(octets('a', 'x')));
  t.equal(peer.pipe.droppedCount, 3);
});

t.test('mandatory: unknown is an error, full waits', async (t) => {
  const { host, router } = routerWith({ mandatory: true });
  t.notOk(router.canSend());
  t.notOk(router.accept(octets('nobody', 'x')), 'nobody at all: waits');
  t.equal(router.sendRefusal(octets('nobody', 'x')), 'EHOSTUNREACH');
  const a = FakePeer.of(router, { sendHighWaterMark: 2 }, 'a');
  t.equal(host.writableCount, 1);
  t.ok(router.canSend());
  t.throws(() => router.accept(octets('nobody', 'x')), { code: 'EHOSTUNREACH' });
  t.ok(router.accept(octets('nobody')));
  a.taking = false;
  t.ok(router.accept(octets('a', '1')));
  t.ok(router.accept(octets('a', '2')));
  t.notOk(router.accept(octets('a', '3')));
  t.equal(router.sendRefusal(octets('a', '3')), 'EAGAIN');
  t.notOk(router.canSend());
  t.notOk(router.accept(octets('nobody', 'x')), 'all full: waits');
  t.equal(a.pipe.droppedCount, 0);
  a.pump();
  t.equal(host.writableCount, 2);
  t.ok(router.accept(octets('a', '3')));
  a.leave(router);
  t.notOk(router.canSend());
  t.equal(router.sendRefusal(octets('a', 'x')), 'EHOSTUNREACH');
});

t.test('a connect that names its peer can be sent to at once', async (t) => {
  const { router } = routerWith({ mandatory: true });
  const peer = connecting(router, 'X');
  const other = connecting(router);
  t.ok(router.knows(Buffer.from('X')));
  t.ok(router.accept(octets('X', '1')));
  peer.handshake(router, 'announced');
  other.handshake(router, 'Y');
  t.ok(router.accept(octets('X', '2')));
  t.same(peer.got, [['1'], ['2']]);
  t.throws(() => router.accept(octets('announced', 'x')), { code: 'EHOSTUNREACH' });
  peer.say('hello');
  other.say('hello');
  t.same(receiveAll(router), [
    ['X', 'hello'],
    ['Y', 'hello'],
  ]);
});

t.test('between two connections messages wait for the peer that connected', async (t) => {
  const { router } = routerWith({ mandatory: true });
  for (const name of ['a', undefined]) {
    const peer = connecting(router);
    peer.handshake(router, name);
    const id = peer.pipe.routingId!.toString('latin1');
    peer.lose(router);
    t.ok(router.accept(octets(id, 'kept')));
    peer.handshake(router, name);
    t.same(peer.got, [['kept']]);
    t.equal(peer.pipe.routingId?.toString('latin1'), id);
  }
});

t.test('another identity after a reconnection replaces the first', async (t) => {
  const { router } = routerWith({ mandatory: true });
  const peer = connecting(router);
  peer.handshake(router, 'a');
  peer.lose(router);
  peer.handshake(router, 'b');
  t.notOk(router.knows(Buffer.from('a')));
  t.ok(router.accept(octets('b', 'x')));
  peer.lose(router);
  peer.handshake(router);
  t.notOk(router.knows(Buffer.from('b')));
  t.equal(peer.pipe.routingId?.[0], 0);
});

t.test('a second peer of the same identity is refused: neither heard nor sent to', async (t) => {
  const { host, router } = routerWith();
  const first = FakePeer.of(router, {}, 'a');
  const second = connecting(router);
  second.handshake(router, 'a');
  t.equal(second.drops.length, 1);
  t.equal(host.notes.length, 1);
  second.say('x');
  t.equal(host.readableCount, 0);
  t.same(receiveAll(router), []);
  router.accept(octets('a', '1'));
  t.same([first.got, second.got], [[['1']], []]);
  second.lose(router);
  first.leave(router);
  second.handshake(router, 'a');
  second.say('y');
  t.same(receiveAll(router), [['a', 'y']], 'it is welcome once the name is free');
  const third = FakePeer.of(router, {}, 'a');
  third.leave(router);
  t.ok(router.knows(Buffer.from('a')), 'a refused one going changes nothing');
});

t.test('a known peer that returns under the name of another is refused too', async (t) => {
  const { router } = routerWith({ mandatory: true });
  FakePeer.of(router, {}, 'a');
  const peer = connecting(router);
  peer.handshake(router, 'b');
  peer.lose(router);
  peer.handshake(router, 'a');
  t.equal(peer.drops.length, 1);
  t.notOk(router.knows(Buffer.from('b')));
  peer.say('x');
  t.same(receiveAll(router), []);
});

t.test('handover: the newcomer takes the name and the old one goes', async (t) => {
  const { router } = routerWith({ handover: true });
  const first = FakePeer.of(router, {}, 'a');
  first.say('old');
  const second = FakePeer.of(router, {}, 'a');
  t.equal(first.drops.length, 1);
  t.same(second.drops, []);
  first.leave(router);
  router.accept(octets('a', 'x'));
  t.same([first.got, second.got], [[], [['x']]]);
  second.say('new');
  t.same(receiveAll(router).sort(), [
    ['a', 'new'],
    ['a', 'old'],
  ]);
});

t.test('unread messages of a peer that has gone keep their id', async (t) => {
  const { router } = routerWith();
  const peer = FakePeer.of(router, {}, 'a');
  peer.say('1');
  peer.say('2');
  peer.leave(router);
  t.notOk(router.knows(Buffer.from('a')));
  const next = FakePeer.of(router, {}, 'a');
  t.same(next.drops, []);
  t.same(receiveAll(router), [
    ['a', '1'],
    ['a', '2'],
  ]);
});

t.test(
  'each handshake is followed by a probe, if asked for; one that comes is a message',
  async (t) => {
    const { router } = routerWith({ probeRouter: true });
    const peer = FakePeer.of(router, {}, 'a');
    t.same(peer.got, [['']]);
    peer.say('');
    t.same(receiveAll(router), [['a', '']]);
  },
);

t.test(
  'whoever comes, goes, returns and renames itself: a name leads to its one holder',
  async (t) => {
    const names = ['a', 'b', undefined] as const;
    const step = fc.record({
      kind: fc.constantFrom('come', 'lose', 'leave', 'say'),
      at: fc.integer({ min: 0, max: 3 }),
      name: fc.constantFrom(...names),
    });
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(fc.boolean(), fc.array(step, { maxLength: 60 }), (handover, steps) => {
          const { router } = routerWith({ handover });
          const fresh = () => connecting(router);
          const peers = [0, 1, 2, 3].map(fresh);
          const up = peers.map(() => false);
          let n = 0;
          for (const { kind, at, name } of steps) {
            const peer = peers[at]!;
            if (kind === 'come' && !up[at]) {
              const { length } = peer.drops;
              peer.handshake(router, name);
              up[at] = true;
              if (peer.drops.length > length) check(!handover, 'refused without handover only');
            } else if (kind === 'lose' && up[at]) {
              peer.lose(router);
              up[at] = false;
            } else if (kind === 'leave') {
              peer.leave(router);
              peers[at] = fresh();
              up[at] = false;
            } else if (kind === 'say' && up[at]) {
              const id = peer.pipe.routingId?.toString('latin1');
              const body = `${n++}`;
              peer.say(body);
              const message = text(router.receive());
              if (message !== undefined) check(message.join() === [id, body].join(), 'its own id');
            }
            for (const id of ['a', 'b']) {
              const body = `to ${id} ${n++}`;
              const written = peers.map(({ got, pipe }) => got.length + pipe.outgoingCount);
              router.accept(octets(id, body));
              const takers = peers.filter(
                ({ got, pipe }, i) => got.length + pipe.outgoingCount !== written[i],
              );
              check(takers.length === (router.knows(Buffer.from(id)) ? 1 : 0), 'one holder');
              check(
                takers.every(({ pipe }) => pipe.routingId?.toString() === id),
                'the right one',
              );
            }
          }
        }),
        { numRuns: 300 },
      ),
    );
  },
);

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

import fc from 'fast-check';
import t from 'tap';
import type { Message } from '../../../src/sockets/message.ts';
import { COPY_LIMIT } from '../../../src/sockets/message.ts';
import type { PipeLimits, PipeOptions } from '../../../src/sockets/routing/pipe.ts';
import { Pipe } from '../../../src/sockets/routing/pipe.ts';
import { ReceiveBudget } from '../../../src/sockets/routing/receive-budget.ts';
import { FakePeer, NO_LIMITS, octets, text } from '../../support/cores/fake-peer.ts';

class Signals {
  readableCount = 0;
  writableCount = 0;
  readable(): void {
    this.readableCount++;
  }
  writable(): void {
    this.writableCount++;
  }
}

function bounded(
  limits: Partial<PipeLimits>,
  options: PipeOptions = {},
): { signals: Signals; peer: FakePeer; pipe: Pipe } {
  const signals = new Signals();
  const peer = new FakePeer(signals, limits, options);
  peer.pipe.drive(peer);
  peer.taking = false;
  return { signals, peer, pipe: peer.pipe };
}

t.test('a message goes straight to a driver that takes it, else to the queue', async (t) => {
  const { peer, pipe } = bounded({});
  peer.taking = true;
  t.ok(pipe.write(octets('a')));
  t.same(peer.got, [['a']]);
  t.equal(pipe.outgoingCount, 0);
  peer.taking = false;
  t.ok(pipe.write(octets('b')));
  t.equal(peer.wakeCount, 1);
  peer.taking = true;
  t.ok(pipe.write(octets('c')), 'never past one that waits');
  t.equal(peer.wakeCount, 1, 'the driver is woken once per run');
  peer.pump();
  t.same(peer.got, [['a'], ['b'], ['c']]);
  t.equal(pipe.sentCount, 3);
});

t.test('a forced message passes the mark and is counted like others', async (t) => {
  const { peer, pipe } = bounded({ sendHighWaterMark: 1 });
  pipe.write(octets('a'));
  pipe.force(octets('b'));
  peer.pump();
  peer.taking = true;
  pipe.force(octets('c'));
  t.same(peer.got, [['a'], ['b'], ['c']]);
  t.equal(pipe.sentCount, 3);
  pipe.ended = true;
  pipe.force(octets('d'));
  t.notOk(pipe.write(octets('e')));
  t.equal(peer.got.length, 3);
});

t.test('a pipe that said it is not writable says so when it is again', async (t) => {
  const { signals, peer, pipe } = bounded({ sendHighWaterMark: 4 });
  for (let i = 0; i < 4; i++) t.ok(pipe.write(octets(`${i}`)));
  t.notOk(pipe.canWrite(), 'asking is enough, no write need be refused');
  peer.pump(1);
  t.notOk(pipe.canWrite(), 'not before the low-water mark');
  t.equal(signals.writableCount, 0);
  peer.pump(1);
  t.equal(signals.writableCount, 1);
  t.ok(pipe.canWrite());
});

t.test('small parts of a waiting message are copied, large ones are not', async (t) => {
  const { pipe } = bounded({});
  const small = Buffer.alloc(COPY_LIMIT, 'a');
  const large = Buffer.alloc(COPY_LIMIT + 1, 'a');
  pipe.write([small, large]);
  small.fill('b');
  large.fill('b');
  const waiting = pipe.next()!;
  t.equal(waiting[0]?.toString()[0], 'a');
  t.equal(waiting[1], large);
});

t.test('conflate keeps the newest, whatever the mark', async (t) => {
  const { signals, peer, pipe } = bounded({ sendHighWaterMark: 1 }, { conflate: true });
  for (let i = 0; i < 50; i++) {
    t.ok(pipe.canWrite());
    t.ok(pipe.write(octets(`${i}`)));
    peer.say(`${i}`);
    t.notOk(pipe.isFull());
  }
  t.equal(signals.readableCount, 1);
  t.equal(pipe.droppedCount, 98);
  t.same(text(pipe.read()), ['49']);
  t.equal(pipe.read(), undefined);
  peer.pump();
  t.same(peer.got, [['49']]);
});

t.test('a replaced message is given back to the budget', async (t) => {
  const receiveBudget = new ReceiveBudget(100);
  const { peer, pipe } = bounded({ receiveBudget }, { conflate: true });
  for (let i = 0; i < 50; i++) peer.say('0123456789');
  t.notOk(receiveBudget.full);
  pipe.read();
  receiveBudget.take(99);
  t.notOk(receiveBudget.full, 'nothing is held any more');
});

t.test('low-water marks beyond 2 ** 31 are no trap', async (t) => {
  const receiveBudget = new ReceiveBudget(2 ** 31);
  const { peer, pipe } = bounded({ sendHighWaterMarkBytes: 2 ** 32, receiveBudget });
  pipe.write(octets('a'));
  receiveBudget.take(2 ** 31);
  peer.say('b');
  t.ok(pipe.isFull());
  receiveBudget.give(2 ** 31);
  t.equal(peer.roomCount, 1);
  t.notOk(pipe.isFull());
});

t.test('without a mark the budget alone stops and starts a pipe', async (t) => {
  const receiveBudget = new ReceiveBudget(10);
  const a = bounded({ receiveBudget });
  const b = bounded({ receiveBudget });
  a.peer.say('123');
  b.peer.say('12345');
  t.notOk(a.pipe.isFull());
  a.peer.say('12');
  t.ok(a.pipe.isFull());
  t.ok(b.pipe.isFull());
  b.pipe.read();
  t.equal(a.peer.roomCount, 1, 'told though it still holds two messages');
  t.notOk(a.pipe.isFull());
  t.equal(b.peer.roomCount, 1);
});

t.test('discarding makes room, counts, and may be refilled at once', async (t) => {
  const receiveBudget = new ReceiveBudget(4);
  const { signals, peer, pipe } = bounded({ receiveHighWaterMark: 2, receiveBudget });
  peer.say('aa');
  peer.say('aa');
  t.ok(pipe.isFull());
  peer.onRoom = () => {
    peer.onRoom = undefined;
    peer.say('bbb');
  };
  t.equal(pipe.discardIncoming(), 2);
  t.equal(pipe.droppedCount, 2);
  t.same(text(pipe.read()), ['bbb']);
  receiveBudget.take(3);
  t.notOk(receiveBudget.full, 'the books of the budget are right');
  t.equal(signals.readableCount, 2);
  for (const part of ['x', 'y']) pipe.write(octets(part));
  t.equal(pipe.discardOutgoing(), 2);
  t.equal(pipe.outgoingBytes, 0);
  t.equal(pipe.droppedCount, 4);
});

t.test('failures and drops reach the driver, and nobody when there is none', async (t) => {
  const { peer, pipe } = bounded({});
  pipe.fail('a');
  pipe.disconnect('b');
  pipe.drive(undefined);
  t.notOk(pipe.driven);
  pipe.fail('c');
  pipe.disconnect('d');
  t.same([peer.failures, peer.drops], [['a'], ['b']]);
});

t.test('outgoing: marks and caps hold under any interleaving, order is kept', async (t) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('write' as const), size: fc.integer({ min: 0, max: 9 }) }),
    fc.record({ kind: fc.constant('pump' as const), size: fc.integer({ min: 0, max: 6 }) }),
    fc.record({ kind: fc.constant('taking' as const), size: fc.integer({ min: 0, max: 1 }) }),
    fc.record({ kind: fc.constant('ask' as const), size: fc.constant(0) }),
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 0, max: 20 }),
        fc.array(step, { maxLength: 80 }),
        (mark, cap, steps) => {
          const limits = { sendHighWaterMark: mark, sendHighWaterMarkBytes: cap };
          const { signals, peer, pipe } = bounded(limits);
          const accepted: string[] = [];
          let waiting: string[] = [];
          let refused = false;
          let n = 0;
          for (const { kind, size } of steps) {
            const signalled = signals.writableCount;
            if (kind === 'taking') {
              peer.taking = size === 1;
            } else if (kind === 'pump') {
              waiting = waiting.slice(size);
              peer.pump(size);
              const low =
                (mark === 0 || waiting.length <= mark >> 1) &&
                (cap === 0 || waiting.join('').length <= cap / 2);
              check(signals.writableCount - signalled === (refused && low ? 1 : 0), 'signal');
              if (low) refused = false;
            } else {
              const straight = waiting.length === 0 && peer.taking;
              const room =
                (mark === 0 || waiting.length < mark) &&
                (cap === 0 || waiting.join('').length < cap);
              const expected = kind === 'ask' ? room && !refused : straight || (room && !refused);
              const body = `${n++}`.padEnd(size, '.');
              const answer = kind === 'ask' ? pipe.canWrite() : pipe.write(octets(body));
              check(answer === expected, `${kind} said ${answer}`);
              if (!answer) refused = true;
              else if (kind === 'write') {
                accepted.push(body);
                if (!straight) waiting.push(body);
              }
            }
            check(pipe.outgoingCount === waiting.length, 'count');
            check(pipe.outgoingBytes === waiting.join('').length, 'octets');
          }
          peer.pump();
          check(peer.got.join() === accepted.join(), 'order');
          check(pipe.sentCount === accepted.length, 'sent');
        },
      ),
    ),
  );
});

t.test(
  'incoming: the driver is stopped at the mark and started at the low-water mark',
  async (t) => {
    const step = fc.constantFrom('deliver' as const, 'read' as const);
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 6 }),
          fc.array(step, { maxLength: 100 }),
          (mark, steps) => {
            const { signals, peer, pipe } = bounded({ receiveHighWaterMark: mark });
            const twin: string[] = [];
            let stopped = false;
            let n = 0;
            for (const kind of steps) {
              const { roomCount } = peer;
              const { readableCount } = signals;
              check(pipe.isFull() === stopped, 'full');
              if (kind === 'deliver' && !stopped) {
                twin.push(`${n}`);
                peer.say(`${n++}`);
                check(
                  signals.readableCount - readableCount === (twin.length === 1 ? 1 : 0),
                  'edge',
                );
                if (mark > 0 && twin.length >= mark) stopped = true;
                check(mark === 0 || pipe.readableCount <= mark, 'mark');
              } else if (kind === 'read') {
                check(text(pipe.read())?.[0] === twin.shift(), 'order');
                const started = stopped && twin.length <= mark >> 1;
                check(peer.roomCount - roomCount === (started ? 1 : 0), 'room');
                if (started) stopped = false;
              }
            }
          },
        ),
      ),
    );
  },
);

t.test(
  'whatever is read and discarded, the budget gets all back and nobody stays stopped',
  async (t) => {
    const step = fc.record({
      kind: fc.constantFrom('deliver' as const, 'read' as const, 'discard' as const),
      at: fc.integer({ min: 0, max: 2 }),
      size: fc.integer({ min: 1, max: 9 }),
    });
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 3 }),
          fc.array(step, { maxLength: 100 }),
          (mark, steps) => {
            const receiveBudget = new ReceiveBudget(20);
            const stopped = [false, false, false];
            const all = stopped.map((_, i) => {
              const each = bounded({ receiveHighWaterMark: mark, receiveBudget });
              each.peer.onRoom = () => {
                stopped[i] = false;
              };
              return each;
            });
            for (const { kind, at, size } of steps) {
              const { peer, pipe } = all[at]!;
              if (kind === 'read') pipe.read();
              else if (kind === 'discard') pipe.discardIncoming();
              else if (!stopped[at]) {
                if (pipe.isFull()) stopped[at] = true;
                else peer.say('.'.repeat(size));
              }
            }
            for (const { pipe } of all) while (pipe.read() !== undefined);
            check(!receiveBudget.full, 'budget');
            receiveBudget.take(19);
            check(!receiveBudget.full, 'all was given back');
            check(!stopped.includes(true), 'somebody stayed stopped');
          },
        ),
      ),
    );
  },
);

t.test('a queue survives the change of its driver', async (t) => {
  const signals = new Signals();
  const pipe = new Pipe({ ...NO_LIMITS, sendHighWaterMark: 2 }, signals);
  t.ok(pipe.write(octets('a')));
  t.ok(pipe.write(octets('b')));
  t.notOk(pipe.write(octets('c')));
  const seen: (Message | undefined)[] = [pipe.next(), pipe.next(), pipe.next()];
  pipe.drained();
  t.same(seen.map(text), [['a'], ['b'], undefined]);
  t.equal(signals.writableCount, 1);
});

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

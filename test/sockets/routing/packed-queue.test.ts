import fc from 'fast-check';
import t from 'tap';
import { PackedQueue as PageQueue } from '../../../src/browser/packed-queue.ts';
import { COPY_LIMIT } from '../../../src/sockets/message.ts';
import { PackedQueue } from '../../../src/sockets/routing/packed-queue.ts';
import { message as frames, hex } from '../../support/wire.ts';

for (const [where, Queue] of Object.entries({ Node: PackedQueue, pages: PageQueue }))
  t.test(`a packed queue of ${where} behaves as an array`, async (t) => {
    const part = fc
      .integer({ min: 0, max: 3 * COPY_LIMIT })
      .map((size) => Buffer.alloc(size, size));
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.array(part, { minLength: 1, maxLength: 4 }) },
      { weight: 2, arbitrary: fc.constant('shift' as const) },
      { weight: 1, arbitrary: fc.constant('run' as const) },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    );
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
          const queue: PackedQueue | PageQueue = new Queue();
          let twin: Buffer[][] = [];
          for (const each of steps) {
            if (each === 'shift') {
              same(queue.shift(), twin.shift());
            } else if (each === 'run') {
              const run = queue.shiftRun();
              const expected = twin
                .splice(0, run?.messageCount ?? 0)
                .map((parts) => frames(...parts));
              same([run?.frames ?? Buffer.alloc(0)], [Buffer.concat(expected)]);
            } else if (each === 'clear') {
              queue.clear();
              twin = [];
            } else {
              queue.push(each);
              twin.push(each);
            }
            if (queue.length !== twin.length) throw new Error(`length ${queue.length}`);
            const octets = twin.flat().reduce((sum, { length }) => sum + length, 0);
            if (queue.size !== octets) throw new Error(`size ${queue.size}, not ${octets}`);
          }
          while (twin.length > 0) same(queue.shift(), twin.shift());
          same(queue.shift(), undefined);
        }),
      ),
    );
  });

t.test('small parts are copied when they are put in, large ones are kept', async (t) => {
  const queue = new PackedQueue();
  const [small, large] = [Buffer.alloc(COPY_LIMIT, 1), Buffer.alloc(COPY_LIMIT + 1, 1)];
  queue.push([small, large]);
  small.fill(2);
  const [first, second] = queue.shift()!;
  t.same(first, Buffer.alloc(COPY_LIMIT, 1));
  t.equal(second, large);
});

t.test('a run is all whole messages of small parts that lie side by side', async (t) => {
  const queue = new PackedQueue();
  const large = Buffer.alloc(COPY_LIMIT + 1);
  t.equal(queue.shiftRun(), undefined, 'of none');
  for (const parts of [['a'], ['b', '', 'cc'], ['']])
    queue.push(parts.map((text) => Buffer.from(text)));
  queue.push([Buffer.from('d'), large]);
  queue.push([Buffer.from('e')]);
  queue.shift();
  t.same(queue.shiftRun(), { frames: hex('01 01 62 01 00 00 02 6363 00 00'), messageCount: 2 });
  t.equal(queue.shiftRun(), undefined, 'a large part stands in the way');
  t.same(queue.shift(), [Buffer.from('d'), large]);
  t.same(queue.shiftRun(), { frames: hex('00 01 65'), messageCount: 1 });
  t.equal(queue.length, 0);
});

t.test('a run ends with its slab, before a message that goes on in the next one', async (t) => {
  const queue = new PackedQueue();
  const part = Buffer.alloc(100, 1);
  // Nine parts fit the first slab.
  for (let i = 0; i < 4; i++) queue.push([part, part, part, part]);
  t.equal(queue.shiftRun()?.messageCount, 2);
  t.equal(queue.shiftRun(), undefined);
  t.equal(queue.shift()?.length, 4);
  t.equal(queue.shiftRun()?.messageCount, 1);
});

t.test('what was taken stays as it is while others are put in', async (t) => {
  const queue = new PackedQueue();
  const taken = [];
  for (let i = 0; i < 3000; i++) {
    queue.push([Buffer.from([i & 0xff, i >> 8])]);
    if (i % 2 === 0) taken.push(queue.shift()![0]!);
  }
  t.ok(taken.every((octets, i) => octets[0] === (i & 0xff) && octets[1] === i >> 8));
});

t.test('a million messages of 64 octets wait in less than 1.3 times their octets', async (t) => {
  const count = 1_000_000;
  const message = [Buffer.alloc(64, 0x2a)];
  const used = (): number => {
    const { heapUsed, external } = process.memoryUsage(); // Buffers are external
    return heapUsed + external;
  };
  const queue = new PackedQueue();
  const before = used();
  for (let i = 0; i < count; i++) queue.push(message);
  const octets = used() - before;
  t.ok(octets < 1.3 * 64 * count, `${octets / count} octets each`);
  t.equal(queue.length, count);
});

function same(
  actual: readonly Buffer[] | undefined,
  expected: readonly Buffer[] | undefined,
): void {
  const equal =
    actual?.length === expected?.length && actual?.every((part, i) => part.equals(expected![i]!));
  if (equal === false) throw new Error(`${actual?.length} parts instead of ${expected?.length}`);
}

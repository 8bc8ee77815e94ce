import fc from 'fast-check';
import t from 'tap';
import { COPY_LIMIT } from '../../../src/sockets/message.ts';
import { PackedQueue } from '../../../src/sockets/routing/packed-queue.ts';

t.test('a packed queue behaves as an array', async (t) => {
  const part = fc.integer({ min: 0, max: 3 * COPY_LIMIT }).map((size) => Buffer.alloc(size, size));
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.array(part, { minLength: 1, maxLength: 4 }) },
    { weight: 2, arbitrary: fc.constant('shift' as const) },
    { weight: 1, arbitrary: fc.constant('clear' as const) },
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const queue = new PackedQueue();
        let twin: Buffer[][] = [];
        for (const each of steps) {
          if (each === 'shift') {
            same(queue.shift(), twin.shift());
          } else if (each === 'clear') {
            queue.clear();
            twin = [];
          } else {
            queue.push(each);
            twin.push(each);
          }
          if (queue.length !== twin.length) throw new Error(`length ${queue.length}`);
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

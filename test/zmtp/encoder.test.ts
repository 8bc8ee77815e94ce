import fc from 'fast-check';
import t from 'tap';
import { BLOCK_SIZE, COPY_MAX, Encoder, PAGE_SIZE } from '../../src/zmtp/encoder.ts';
import { command, frame, hex, latin, message } from '../support/wire.ts';

function taken(encoder: Encoder): Buffer {
  return Buffer.concat(encoder.take());
}

t.test('messages and commands as the specification draws them', async (t) => {
  const encoder = new Encoder();
  encoder.message([latin('')]);
  encoder.message([latin('A'), latin(''), latin('CC')]);
  encoder.command(latin('\x04PING\0\0'));
  t.same(taken(encoder), hex('00 00 | 01 01 41 01 00 00 02 4343 | 04 07 0450494e470000'));
});

t.test('every size is written as by a plain twin, in order', async (t) => {
  const sizes = [0, 1, 23, 24, 25, 254, 255, 256, 257, COPY_MAX - 1, COPY_MAX, COPY_MAX + 1];
  const encoder = new Encoder();
  const expected: Buffer[] = [];
  for (const size of [...sizes, BLOCK_SIZE - 10, BLOCK_SIZE - 9, BLOCK_SIZE, BLOCK_SIZE + 1]) {
    const body = Buffer.alloc(size, size);
    encoder.message([body, body]);
    encoder.command(body);
    expected.push(message(body, body), frame(size > 255 ? 0x06 : 0x04, body));
    t.equal(encoder.pending, Buffer.concat(expected).length, `${size}`);
  }
  t.ok(taken(encoder).equals(Buffer.concat(expected)));
  t.equal(encoder.pending, 0);
  t.same(encoder.take(), []);
});

t.test('raw octets stand between what was encoded before and after', async (t) => {
  const encoder = new Encoder();
  encoder.message([latin('a')]);
  encoder.raw(latin('RAW'));
  encoder.message([latin('b')]);
  t.equal(encoder.pending, 9);
  t.same(taken(encoder), Buffer.concat([message('a'), latin('RAW'), message('b')]));
});

t.test(
  'frames that are encoded already go out in their place, with few others or many',
  async (t) => {
    const size = fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: PAGE_SIZE - 300, max: PAGE_SIZE + 300 }),
      fc.integer({ min: 16_000, max: 17_000 }),
      fc.integer({ min: BLOCK_SIZE - 300, max: BLOCK_SIZE + 300 }),
    );
    const step = fc.oneof(
      fc.record({ message: size }),
      fc.record({ frames: size }),
      fc.constant('take' as const),
      fc.constant('written' as const),
    );
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
          const encoder = new Encoder();
          let [sent, expected] = [Buffer.alloc(0), Buffer.alloc(0)];
          for (const [i, each] of steps.entries()) {
            if (each === 'take') sent = Buffer.concat([sent, ...encoder.take()]);
            else if (each === 'written') encoder.written();
            else if ('message' in each) {
              const body = Buffer.alloc(each.message, i);
              encoder.message([body]);
              expected = Buffer.concat([expected, message(body)]);
            } else {
              const octets = Buffer.alloc(each.frames, i);
              encoder.frames(octets);
              expected = Buffer.concat([expected, octets]);
            }
            if (sent.length + encoder.pending !== expected.length) throw new Error('pending');
          }
          if (!Buffer.concat([sent, ...encoder.take()]).equals(expected)) throw new Error('octets');
        }),
      ),
    );
  },
);

t.test('small bodies are copied when they are sent, larger ones are referred to', async (t) => {
  const encoder = new Encoder();
  const small = Buffer.alloc(COPY_MAX, 's');
  const large = Buffer.alloc(COPY_MAX + 1, 'l');
  encoder.message([small]);
  encoder.message([large]);
  small.fill('?');
  const buffers = encoder.take();
  t.ok(buffers.includes(large), 'the very buffer');
  t.notOk(buffers.includes(small));
  t.ok(
    Buffer.concat(buffers).equals(Buffer.concat([message('s'.repeat(COPY_MAX)), message(large)])),
  );
});

t.test('a block is filled to its end and no further', async (t) => {
  for (const size of [0, 1, 24, 25, 246, 255, 256, 1000, COPY_MAX]) {
    // Whatever space is left over at the end, down to none.
    for (let shift = 0; shift < 20; shift++) {
      const encoder = new Encoder();
      const expected: Buffer[] = [];
      const bodies = [Buffer.alloc(shift, 0xaa), Buffer.alloc(size, 0xbb)];
      for (let length = 0; length < 2 * BLOCK_SIZE + 5000; length += expected.at(-1)!.length) {
        const body = bodies[expected.length === 0 ? 0 : 1]!;
        encoder.message([body]);
        expected.push(message(body));
      }
      if (!taken(encoder).equals(Buffer.concat(expected))) t.fail(`${size} after ${shift}`);
    }
    t.pass(`${size}`);
  }
});

t.test('any sizes across several blocks are written as by a plain twin', async (t) => {
  const size = fc.oneof(fc.nat(300), fc.nat(COPY_MAX + 10), fc.constant(BLOCK_SIZE));
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 20 }), fc.nat(300), (sizes, count) => {
        const encoder = new Encoder();
        const expected: Buffer[] = [];
        for (let i = 0; i < count; i++) {
          const body = Buffer.alloc(sizes[i % sizes.length]!, i);
          encoder.message([body]);
          expected.push(message(body));
        }
        if (!taken(encoder).equals(Buffer.concat(expected))) throw new Error('differs');
      }),
      { numRuns: 40 },
    ),
  );
});

t.test('many small messages leave as few buffers', async (t) => {
  const encoder = new Encoder();
  for (let i = 0; i < 10_000; i++) encoder.message([latin('0123456789')]);
  const buffers = encoder.take();
  t.ok(buffers.length <= 3, `${buffers.length} buffers`);
});

t.test('a block is used again only when all has been written', async (t) => {
  const encoder = new Encoder();
  encoder.message([latin('first')]);
  const [first] = encoder.take();
  encoder.message([latin('second')]);
  encoder.written();
  encoder.message([latin('third')]);
  t.same(first, message('first'));
  t.same(taken(encoder), Buffer.concat([message('second'), message('third')]));
  encoder.written();
  encoder.message([latin('fourth')]);
  t.equal(encoder.take()[0]!.buffer, first!.buffer, 'the block serves again');
});

t.test(
  'a little takes a page, and what outgrows the page still leaves in one buffer',
  async (t) => {
    const encoder = new Encoder();
    encoder.message([latin('little')]);
    const [little] = encoder.take();
    t.equal(little!.buffer.byteLength, PAGE_SIZE);
    encoder.written();
    const body = Buffer.alloc(1000, 'x');
    for (let i = 0; i < 6; i++) encoder.message([body]);
    const buffers = encoder.take();
    t.equal(buffers.length, 1);
    t.equal(buffers[0]!.buffer.byteLength, BLOCK_SIZE);
    t.same(buffers[0], Buffer.concat(Array.from({ length: 6 }, () => message(body))));
  },
);

t.test('pages of many encoders serve again in the next tick', async (t) => {
  const encoders = Array.from({ length: 500 }, () => new Encoder());
  const tick = () =>
    encoders.map((encoder) => {
      encoder.message([latin('reply')]);
      return encoder.take()[0]!.buffer;
    });
  const first = new Set(tick());
  for (const encoder of encoders) encoder.written();
  t.equal(first.size, encoders.length, 'each has a page of its own');
  t.ok(
    tick().every((memory) => first.has(memory)),
    'no new memory',
  );
});

type Action =
  | { readonly kind: 'send'; readonly encoder: number; readonly size: number }
  | { readonly kind: 'take' | 'written'; readonly encoder: number };

/** Both the encoders and the spare blocks between them: what is taken must hold until it is written. */
t.test('octets taken and not yet written are never changed, whoever encodes', async (t) => {
  const which = fc.nat(2);
  const size = fc.oneof(
    fc.nat(30),
    fc.constantFrom(255, 256, COPY_MAX, COPY_MAX + 1, 30_000, BLOCK_SIZE),
  );
  const action: fc.Arbitrary<Action> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('send' as const), encoder: which, size }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constantFrom('take' as const, 'written' as const),
        encoder: which,
      }),
    },
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80, size: 'max' }), (actions) => {
        const ends = Array.from({ length: 3 }, () => ({
          encoder: new Encoder(),
          sent: [] as Buffer[],
          unwritten: [] as Buffer[],
        }));
        let n = 0;
        const check = (end: (typeof ends)[number]) => {
          if (!Buffer.concat(end.unwritten).equals(Buffer.concat(end.sent))) {
            throw new Error('taken octets have changed');
          }
        };
        for (const { kind, encoder, ...rest } of actions) {
          const end = ends[encoder]!;
          if (kind === 'send') {
            const body = Buffer.alloc('size' in rest ? rest.size : 0, ++n);
            end.encoder.message([body]);
            end.sent.push(message(body));
          } else if (kind === 'take') {
            end.unwritten.push(...end.encoder.take());
            check(end);
          } else if (end.encoder.pending === 0) {
            check(end);
            end.encoder.written();
            end.sent = [];
            end.unwritten = [];
          } else {
            // With octets not yet taken, those taken before have been written, no others.
            end.encoder.written();
          }
        }
        for (const end of ends) {
          end.unwritten.push(...end.encoder.take());
          check(end);
        }
      }),
      { numRuns: 1500 },
    ),
  );
});

t.test('written without anything taken changes nothing', async (t) => {
  const encoder = new Encoder();
  encoder.written();
  encoder.message([latin('a')]);
  encoder.written();
  encoder.written();
  t.same(taken(encoder), message('a'));
  encoder.written();
  encoder.written();
  encoder.command(latin('\x03FOO'));
  t.same(taken(encoder), command('FOO'));
});

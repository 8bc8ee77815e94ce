import fc from 'fast-check';
import t from 'tap';
import {
  COMMAND_FOUND,
  type DecoderLimits,
  FAILED,
  MESSAGE,
  NEED_MORE,
} from '../../src/zmtp/assembler.ts';
import { Decoder } from '../../src/zmtp/decoder.ts';
import { Encoder } from '../../src/zmtp/encoder.ts';
import { command, frame, hex, latin, longHeader, message } from '../support/wire.ts';

const NO_LIMITS: DecoderLimits = {
  maxFrameSize: Number.POSITIVE_INFINITY,
  maxParts: Number.POSITIVE_INFINITY,
};

/** What a decoder finds, as text: messages as arrays, commands as strings, a failure as its code. */
type Found = string | string[];

function limits(given: Partial<DecoderLimits> = {}): DecoderLimits {
  return { ...NO_LIMITS, ...given };
}

function finds(decoder: Decoder): Found[] {
  const found: Found[] = [];
  for (;;) {
    const kind = decoder.next();
    if (kind === MESSAGE) found.push(decoder.message.map((part) => part.toString('latin1')));
    else if (kind === COMMAND_FOUND) found.push(decoder.command.toString('latin1'));
    else if (kind === NEED_MORE) return found;
    else if (kind === FAILED) return [...found, decoder.error!.code];
    else throw new Error(`next returned ${kind}`);
  }
}

/** What is found in `octets` cut at these places, asking after each chunk or only at the end. */
function cutFinds(octets: Buffer, cuts: readonly number[], mend: boolean, late = false): Found[] {
  const decoder = new Decoder(limits(), mend);
  const found: Found[] = [];
  let start = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const end = Math.min(cut, octets.length);
    decoder.push(Buffer.from(octets.subarray(start, end)));
    start = end;
    if (!late) found.push(...finds(decoder));
  }
  decoder.push(Buffer.from(octets.subarray(start)));
  return [...found, ...finds(decoder)];
}

function same(actual: unknown, expected: unknown): void {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`found ${a.slice(0, 400)} instead of ${e.slice(0, 400)}`);
}

/** SUBSCRIBE or CANCEL as libzmq 4.3.3 and 4.3.4 write it when the body is longer than 255 octets. */
function miswritten(name: 'SUBSCRIBE' | 'CANCEL', topicSize: number): Buffer {
  const right = command(name, 't'.repeat(topicSize));
  if (right[0] !== 0x06) throw new Error('short enough to be written right');
  return Buffer.concat([hex('04'), right.subarray(1)]);
}

const SIZES = [0, 1, 2, 23, 24, 25, 255, 256, 257, 2047, 2048, 2049, 65_535, 65_536, 65_537];
const part = fc
  .oneof(
    { weight: 6, arbitrary: fc.nat(40) },
    { weight: 2, arbitrary: fc.constantFrom(...SIZES) },
    { weight: 1, arbitrary: fc.nat(3000) },
  )
  .chain((size) => fc.nat(255).map((octet) => Buffer.alloc(size, octet)));
const parts = fc.oneof(
  { weight: 8, arbitrary: fc.array(part, { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(part, { minLength: 1, maxLength: 50 }) },
);

t.test('frames of the specification', async (t) => {
  const table: readonly [string, Found[]][] = [
    ['0000', [['']]],
    ['00 05 48656c6c6f', [['Hello']]],
    ['01 01 41 | 01 00 | 00 02 4343', [['A', '', 'CC']]],
    ['02 0000000000000003 616263', [['abc']]],
    ['02 0000000000000000', [['']]],
    ['04 04 03464f4f', ['\x03FOO']],
    ['04 00', ['']],
    ['06 0000000000000001 41', ['A']],
    ['05 04 03464f4f', ['\x03FOO']],
    ['01 02 7031 | 04 07 0450494e470000 | 00 02 7032', ['\x04PING\0\0', ['p1', 'p2']]],
    ['f8 01 52', [['R']]],
    ['f9 01 52 00 00', [['R', '']]],
    ['', []],
    ['00', []],
    ['02 00000000000000', []],
    ['01 01 41', []],
    ['00 02 41', []],
  ];
  for (const [text, expected] of table) {
    const octets = hex(text);
    for (let cut = 0; cut <= octets.length; cut++) {
      t.same(cutFinds(octets, [cut], false), expected, `${text} cut at ${cut}`);
    }
  }
});

t.test('any messages come back as they were encoded, however they are cut', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.array(parts, { maxLength: 8 }),
        fc.array(fc.nat(200_000), { maxLength: 12 }),
        fc.boolean(),
        fc.boolean(),
        (messages, cuts, mend, late) => {
          const encoder = new Encoder();
          for (const one of messages) encoder.message(one);
          const octets = Buffer.concat(encoder.take());
          const expected = messages.map((one) => one.map((body) => body.toString('latin1')));
          const within = cuts.map((cut) => cut % (octets.length + 1));
          same(cutFinds(octets, within, mend, late), expected);
        },
      ),
      { numRuns: 300 },
    ),
  );
});

/** A valid piece of a stream, and what is found in it. */
const piece: fc.Arbitrary<[Buffer, Found[]]> = fc.oneof(
  fc
    .array(fc.string({ unit: 'binary-ascii', maxLength: 300 }), { minLength: 1, maxLength: 4 })
    .map((texts): [Buffer, Found[]] => [message(...texts), [texts]]),
  fc
    .string({ unit: 'binary-ascii', maxLength: 300 })
    .map((text): [Buffer, Found[]] => [command('PING', text), [`\x04PING${text}`]]),
  fc.constantFrom<[Buffer, Found[]]>(
    [hex('0000'), [['']]],
    [hex('0400'), ['']],
    [hex('04 00 00 00 00 00'), ['', [''], ['']]],
    // An empty command, two empty messages, a message of one 00, and a part of nine octets.
    [hex('04 00 00 00 00 00 00 01 00 00 02 4142'), ['', [''], [''], ['\0'], ['AB']]],
    [hex('06 0000000000000002 0141'), ['\x01A']],
    [Buffer.concat([hex('01 01 50'), command('FOO'), hex('00 01 51')]), ['\x03FOO', ['P', 'Q']]],
  ),
  fc
    .tuple(fc.constantFrom('SUBSCRIBE', 'CANCEL'), fc.integer({ min: 249, max: 255 }))
    .map(([name, size]): [Buffer, Found[]] => [
      miswritten(name, size),
      [`${String.fromCharCode(name.length)}${name}${'t'.repeat(size)}`],
    ]),
  fc
    .integer({ min: 246, max: 255 })
    .map((size): [Buffer, Found[]] => [
      miswritten('SUBSCRIBE', size),
      [`\x09SUBSCRIBE${'t'.repeat(size)}`],
    ]),
);

t.test('any cutting of a stream with commands, right and miswritten, gives the same', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(3000), { maxLength: 30 }),
        fc.boolean(),
        (pieces, cuts, late) => {
          // A message at the end, so that nothing is left undecided.
          const octets = Buffer.concat([...pieces.map(([bytes]) => bytes), message('end')]);
          const expected = [...pieces.flatMap(([, found]) => found), ['end']];
          const within = cuts.map((cut) => cut % (octets.length + 1));
          same(cutFinds(octets, within, true, late), expected);
        },
      ),
      { numRuns: 3000 },
    ),
  );
});

t.test(
  'miswritten long subscriptions are understood, cut at every octet and at every two',
  async (t) => {
    for (const [name, from] of [
      ['SUBSCRIBE', 246],
      ['CANCEL', 249],
    ] as const) {
      for (let size = from; size <= 255; size++) {
        const octets = Buffer.concat([message('a'), miswritten(name, size), message('b')]);
        const body = `${String.fromCharCode(name.length)}${name}${'t'.repeat(size)}`;
        const expected = [['a'], body, ['b']];
        let wrong = 0;
        for (let cut = 0; cut <= 40; cut++) {
          for (const late of [false, true]) {
            for (const cuts of [[cut], [cut, cut + 1], [cut, cut + 2], [1, cut, cut + 7]]) {
              const found = cutFinds(octets, cuts, true, late);
              if (JSON.stringify(found) !== JSON.stringify(expected)) wrong++;
            }
          }
        }
        t.equal(wrong, 0, `${name} of ${size}`);
        const drip = Array.from(octets, (_, i) => i);
        t.same(cutFinds(octets, drip, true), expected, 'octet by octet');
        t.same(cutFinds(octets, drip, true, true), expected, 'octet by octet, asked at the end');
      }
    }
  },
);

t.test('a look-ahead across chunks does not lose its place', async (t) => {
  // The empty command is not at the start of its chunk, and the chunk ends before it is clear what it is.
  const decoder = new Decoder(limits(), true);
  decoder.push(Buffer.concat([message('before'), hex('04 00 00')]));
  t.same(finds(decoder), [['before']]);
  decoder.push(Buffer.concat([hex('00'), message('after')]));
  t.same(finds(decoder), ['', [''], ['after']]);
  decoder.push(Buffer.concat([message('more'), miswritten('SUBSCRIBE', 250).subarray(0, 12)]));
  t.same(finds(decoder), [['more']]);
  decoder.push(Buffer.concat([miswritten('SUBSCRIBE', 250).subarray(12), message('end')]));
  t.same(finds(decoder), [`\x09SUBSCRIBE${'t'.repeat(250)}`, ['end']]);
});

t.test('where nothing is published, the same octets are read to the letter', async (t) => {
  const octets = hex('04 00000000000001 04 09 5355425343524942 45');
  t.same(cutFinds(octets, [], false).slice(0, 3), ['', [''], ['']]);
});

t.test('sizes are judged from the header, before anything is stored (CVE-2019-6250)', async (t) => {
  const max = 100_000;
  const sizes = [
    BigInt(max) + 1n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 46n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 2n,
    2n ** 64n - 1n,
  ];
  for (const size of sizes) {
    for (const flags of [0x02, 0x03, 0x06, 0x07, 0xfa]) {
      const header = longHeader(flags, size);
      for (let cut = 0; cut < 9; cut++) {
        const decoder = new Decoder(limits({ maxFrameSize: max }));
        decoder.push(header.subarray(0, cut));
        t.equal(decoder.next(), NEED_MORE);
        decoder.push(header.subarray(cut));
        t.equal(decoder.next(), FAILED, `${size} cut at ${cut}`);
        t.equal(decoder.error?.code, 'ERR_ZMTP_FRAME_TOO_LARGE');
        t.equal(decoder.next(), FAILED, 'and stays so');
        decoder.push(message('x'));
        t.equal(decoder.next(), FAILED, 'whatever comes');
        t.notOk(decoder.pending, 'and holds nothing');
      }
    }
  }
});

t.test('the limit is the last size allowed', async (t) => {
  for (const max of [0, 1, 254, 255, 256, 1000]) {
    const under = new Decoder(limits({ maxFrameSize: max }));
    under.push(message('x'.repeat(max)));
    t.same(finds(under), [['x'.repeat(max)]], `${max}`);
    const over = new Decoder(limits({ maxFrameSize: max }));
    over.push(message('x'.repeat(max + 1)));
    t.same(finds(over), ['ERR_ZMTP_FRAME_TOO_LARGE'], `${max + 1}`);
    const each = new Decoder(limits({ maxFrameSize: max }));
    each.push(message('x'.repeat(max), 'y'.repeat(max)));
    t.same(finds(each), [['x'.repeat(max), 'y'.repeat(max)]], 'for each part');
  }
});

t.test('a limit on messages lets short commands pass, and no others', async (t) => {
  const small = new Decoder(limits({ maxFrameSize: 3 }));
  small.push(
    Buffer.concat([command('PING', '\0\0'), command('X', 'y'.repeat(253)), message('abc')]),
  );
  t.same(finds(small), ['\x04PING\0\0', `\x01X${'y'.repeat(253)}`, ['abc']]);
  small.push(command('X', 'y'.repeat(254)));
  t.same(finds(small), ['ERR_ZMTP_FRAME_TOO_LARGE']);
});

t.test('the number of parts is limited, to the part', async (t) => {
  for (const maxParts of [1, 2, 3, 10, 1000]) {
    for (const cut of [0, 1, 3]) {
      const exact = Array.from({ length: maxParts }, (_, i) => `${i}`);
      const decoder = new Decoder(limits({ maxParts }));
      const octets = Buffer.concat([message(...exact), message(...exact)]);
      decoder.push(octets.subarray(0, cut));
      decoder.push(octets.subarray(cut));
      t.same(finds(decoder), [exact, exact], `${maxParts} parts, twice`);
      decoder.push(message(...exact, 'one too many'));
      t.same(finds(decoder), ['ERR_ZMTP_TOO_MANY_PARTS'], `${maxParts} + 1 parts`);
    }
  }
  const flood = new Decoder(limits({ maxParts: 1000 }));
  flood.push(Buffer.concat(Array.from({ length: 100_000 }, () => hex('0100'))));
  t.same(finds(flood), ['ERR_ZMTP_TOO_MANY_PARTS']);
});

t.test('a hundred thousand tiny frames in one chunk, and in as many chunks', async (t) => {
  const count = 100_000;
  const octets = Buffer.concat(Array.from({ length: count }, (_, i) => message(`${i % 10}`)));
  const whole = new Decoder(limits());
  whole.push(octets);
  let found = 0;
  while (whole.next() === MESSAGE) found++;
  t.equal(found, count);
  const drip = new Decoder(limits(), true);
  for (let i = 0; i < octets.length; i++) drip.push(octets.subarray(i, i + 1));
  found = 0;
  while (drip.next() === MESSAGE) found++;
  t.equal(found, count);
});

t.test('bodies of one chunk are views of it, others are joined once', async (t) => {
  const chunk = message('x'.repeat(500), 'y');
  const decoder = new Decoder(limits());
  decoder.push(chunk);
  t.equal(decoder.next(), MESSAGE);
  for (const body of decoder.message) t.equal(body.buffer, chunk.buffer);
});

/** Runs `body` while every allocation is told to `allocated`. */
function watchingMemory(allocated: (size: number) => void, body: () => void): void {
  const { alloc, allocUnsafe } = Buffer;
  Buffer.alloc = ((size: number) => {
    allocated(size);
    return alloc(size);
  }) as typeof alloc;
  Buffer.allocUnsafe = (size: number) => {
    allocated(size);
    return allocUnsafe(size);
  };
  try {
    body();
  } finally {
    Buffer.alloc = alloc;
    Buffer.allocUnsafe = allocUnsafe;
  }
}

/** How large the buffers are that `decoder` makes for `octets`, which come in chunks of 10 000. */
function roomTaken(decoder: Decoder, octets: Buffer): number[] {
  const sizes: number[] = [];
  watchingMemory(
    (size) => sizes.push(size),
    () => {
      for (let at = 0; at < octets.length; at += 10_000) {
        decoder.push(octets.subarray(at, at + 10_000));
        decoder.next();
      }
    },
  );
  return sizes;
}

t.test('a body that arrives octet by octet takes little more memory than its octets', async (t) => {
  const size = 60_000;
  const octets = message(Buffer.alloc(size, 'x'));
  const decoder = new Decoder(limits());
  const sizes: number[] = [];
  watchingMemory(
    (allocated) => sizes.push(allocated),
    () => {
      for (let i = 0; i < octets.length; i++) {
        decoder.push(octets.subarray(i, i + 1));
        if (i < octets.length - 1 && decoder.next() !== NEED_MORE) t.fail('too early');
      }
      t.equal(decoder.next(), MESSAGE);
    },
  );
  t.ok(sizes.length <= 6, `${sizes.length} allocations`);
  t.equal(sizes.at(-1), size, 'the last one is the body itself');
  t.ok(decoder.message[0]!.equals(Buffer.alloc(size, 'x')));
});

t.test('no more is reserved for a body than twice what has come, or a few KiB', async (t) => {
  const decoder = new Decoder(limits());
  let received = 0;
  const chunks = [1, 10, 1000, 2000, 5000, 1, 1, 60_000].map((size) => Buffer.alloc(size));
  const push = (chunk: Buffer) => {
    received += chunk.length;
    decoder.push(chunk);
    if (decoder.next() !== NEED_MORE) t.fail('nothing is complete');
  };
  watchingMemory(
    (size) => t.ok(size <= Math.max(4096, 2 * received), `${size} after ${received}`),
    () => {
      push(longHeader(0x02, 2n ** 40n));
      for (const chunk of chunks) push(chunk);
    },
  );
  t.ok(received > 60_000);
});

t.test(
  'a body of which a quarter has come is not copied for every doubling that is left',
  async (t) => {
    const octets = message(Buffer.alloc(1_000_000, 'x'));
    const decoder = new Decoder(limits());
    const sizes = roomTaken(decoder, octets);
    t.equal(sizes.at(-1), 1_000_000);
    t.ok(sizes.at(-2)! <= 500_000, `${sizes}`);
  },
);

t.test('a connection that has brought much gets the room for a body at once', async (t) => {
  const body = Buffer.alloc(200_000, 'x');
  const octets = message(body);
  const decoder = new Decoder(limits());
  for (let i = 0; i < 3; i++) {
    const sizes = roomTaken(decoder, octets);
    t.ok(decoder.message[0]!.equals(body));
    if (i > 0) t.same(sizes, [body.length]);
  }
});

t.test(
  'a body that memory does not hold in one piece is a failure, not an exception',
  async (t) => {
    const decoder = new Decoder(limits());
    const octets = message('x'.repeat(9000));
    decoder.push(octets.subarray(0, 5000));
    t.equal(decoder.next(), NEED_MORE);
    decoder.push(octets.subarray(5000));
    const refuse = () => {
      throw new RangeError('Array buffer allocation failed');
    };
    // The first room was large enough.
    watchingMemory(refuse, () => t.equal(decoder.next(), MESSAGE));
    const fresh = new Decoder(limits());
    fresh.push(octets.subarray(0, 5000));
    watchingMemory(refuse, () => t.equal(fresh.next(), FAILED));
    t.equal(fresh.error?.code, 'ERR_ZMTP_FRAME_TOO_LARGE');
    t.equal(fresh.next(), FAILED);
  },
);

t.test('chunks of any sizes make up a large body', async (t) => {
  const body = latin('0123456789abcdef'.repeat(8192));
  const octets = frame(0x02, body);
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(5), fc.nat(5000)), { minLength: 1 }), (sizes) => {
        const decoder = new Decoder(limits());
        for (let start = 0, i = 0; start < octets.length; i++) {
          const size = (sizes[i % sizes.length] ?? 0) + 1;
          decoder.push(octets.subarray(start, start + size));
          start += size;
          const found = decoder.next();
          if ((found === MESSAGE) !== start >= octets.length) throw new Error(`${found}`);
        }
        if (!decoder.message[0]!.equals(body)) throw new Error('differs');
      }),
      { numRuns: 60 },
    ),
  );
});

t.test('the rest of a large body can be put in its place', async (t) => {
  const bodies = [100_000, 40_000, 5, 0, 32_768, 32_767, 70_000].map((size) =>
    Buffer.alloc(size, String(size)),
  );
  const octets = Buffer.concat(bodies.map((body) => message(body)));
  const numbers = fc.array(fc.oneof(fc.nat(20), fc.nat(50_000)), { minLength: 1, maxLength: 40 });
  let placedCount = 0;
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(numbers, fc.boolean(), (sizes, late) => {
        const decoder = new Decoder(limits());
        const found: string[][] = [];
        const ask = () => found.push(...(finds(decoder) as string[][]));
        for (let start = 0, i = 0; start < octets.length; i++) {
          const size = Math.min((sizes[i % sizes.length] ?? 0) + 1, octets.length - start);
          const { place } = decoder;
          if (place === undefined) {
            decoder.push(octets.subarray(start, start + size));
            start += size;
          } else {
            const count = octets.copy(place, 0, start, start + size);
            decoder.placed(count);
            placedCount += count;
            start += count;
          }
          if (!late) ask();
        }
        ask();
        same(
          found,
          bodies.map((body) => [body.toString()]),
        );
      }),
      { numRuns: 100 },
    ),
  );
  t.ok(placedCount > 100_000, `${placedCount} octets were put in their places`);
});

t.test('there is a place only while nothing else is to be looked at', async (t) => {
  const decoder = new Decoder(limits());
  const octets = message(Buffer.alloc(50_000));
  t.equal(decoder.place, undefined, 'at the beginning');
  decoder.push(octets.subarray(0, 20));
  t.equal(decoder.place, undefined, 'not looked at');
  t.equal(decoder.next(), NEED_MORE);
  t.equal(decoder.place?.length, 4096 - 11, 'no more than may be reserved');
  decoder.push(octets.subarray(20));
  t.equal(decoder.place, undefined, 'a chunk comes first');
  t.equal(decoder.next(), MESSAGE);
  t.equal(decoder.place, undefined, 'nothing is missing');
  decoder.push(octets.subarray(0, 20));
  t.equal(decoder.next(), NEED_MORE);
  t.equal(decoder.place?.length, 50_000 - 11);
  decoder.clear();
  t.equal(decoder.place, undefined, 'given up');
  decoder.placed(1000);
  t.equal(decoder.next(), NEED_MORE, 'what was on its way there is nothing');
});

t.test('what was found can be let go', async (t) => {
  const decoder = new Decoder(limits());
  decoder.push(Buffer.concat([message('m'), command('FOO'), hex('00')]));
  t.equal(decoder.next(), MESSAGE);
  t.equal(decoder.next(), COMMAND_FOUND);
  t.equal(decoder.next(), NEED_MORE);
  decoder.release();
  t.equal(decoder.message.length, 0);
  t.equal(decoder.command.length, 0);
  decoder.push(hex('01 6e'));
  t.same(finds(decoder), [['n']], 'and the next is found');
});

t.test('pending tells of octets not looked at', async (t) => {
  const decoder = new Decoder(limits());
  t.notOk(decoder.pending);
  decoder.push(Buffer.alloc(0));
  t.notOk(decoder.pending);
  decoder.push(message('a'));
  decoder.push(message('b'));
  t.ok(decoder.pending);
  t.equal(decoder.next(), MESSAGE);
  t.ok(decoder.pending);
  t.equal(decoder.next(), MESSAGE);
  t.notOk(decoder.pending);
  t.equal(decoder.next(), NEED_MORE);
});

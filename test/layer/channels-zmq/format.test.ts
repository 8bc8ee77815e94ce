/** Frames of channels_zmq, as Python wrote them. */

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import {
  readFrame,
  takeChannel,
  wireOptions,
  withChannel,
  writeFrame,
  ZmqCodec,
} from '../../../src/layer/channels-zmq/format.ts';
import { JsonCodec } from '../../../src/layer/codec/json-codec.ts';

/** What `f'{topic}\n{expiry}\n{json.dumps(message)}'` gave on CPython 3.11. */
const RECORDED = [
  {
    frame:
      '746573745f6368616e6e656c0a313733323136303030302e32350a7b2274797065223a2022746573742e6d657373616765222c202274657874223a202241686f792d686f7921227d',
    topic: 'test_channel',
    expiry: 1732160000.25,
    message: { type: 'test.message', text: 'Ahoy-hoy!' },
  },
  {
    frame:
      '726f6f6d0a313733323136303036302e300a7b2261223a20747275652c202262223a206e756c6c2c202263223a207b2264223a205b5d7d2c202265223a207b7d2c20226e223a205b312c202d322c20302e312c2031652b31362c20312e35652d30372c2031652b3330302c202d302e302c203132333435362e37355d7d',
    topic: 'room',
    expiry: 1732160060,
    message: {
      a: true,
      b: null,
      c: { d: [] },
      e: {},
      n: [1, -2, 0.1, 1e16, 1.5e-7, 1e300, -0, 123456.75],
    },
  },
  {
    frame:
      '73706563696669632e3066210a313733323136303030302e350a7b2274657874223a2022685c7530306539205c75643833645c7564653030205c7530303030205c22715c22205c5c205c7530303766222c2022626967223a20343631313638363031383432373338373930342c20226e6567223a202d393232333337323033363835343737353830382c202273616665223a20393030373139393235343734303939312c20225f5f617367695f6368616e6e656c5f5f223a202273706563696669632e3066213961227d',
    topic: 'specific.0f!',
    expiry: 1732160000.5,
    channel: 'specific.0f!9a',
    message: {
      text: 'hé 😀 \0 "q" \\ \x7f',
      big: 2n ** 62n,
      neg: -(2n ** 63n),
      safe: 2 ** 53 - 1,
    },
  },
  {
    frame: '610a313733323136303030302e3132333435360a7b7d',
    topic: 'a',
    expiry: 1732160000.123456,
    message: {},
  },
];

const codec = new ZmqCodec();

for (const { frame, topic, expiry, message, channel } of RECORDED) {
  t.test(`the frame for ${topic}`, async (t) => {
    const octets = Buffer.from(frame, 'hex');
    const read = readFrame(octets);
    t.equal(read.topic, topic);
    t.equal(read.expiry, expiry);
    const taken = takeChannel(codec.decode(read.json));
    t.strictSame(taken, { channel, message }, 'is understood');
    const json = codec.encode(message);
    const body = channel === undefined ? json : withChannel(json, channel);
    t.equal(writeFrame(topic, expiry, body).toString(), octets.toString(), 'and written alike');
  });
}

t.test('what is no frame is refused', async (t) => {
  for (const text of ['', 'a', 'a\nb', 'a\nnot a number\n{}', 'a\n\n{}', 'a\ninf\n{}']) {
    t.throws(() => readFrame(Buffer.from(text)), { code: 'ERR_PROTOCOL' }, JSON.stringify(text));
  }
  t.throws(() => codec.decode(Buffer.from('[1]')), { code: 'ERR_CODEC' });
  t.throws(() => codec.decode(Buffer.from('{"a": NaN}')), 'Python lets it pass, JSON does not');
});

t.test('what the format cannot carry is refused, with its path', async (t) => {
  const bad: [object, string][] = [
    [{ a: [new Uint8Array(1)] }, '$.a[0]'],
    [{ a: Number.NaN }, '$.a'],
    [{ a: { b: Number.POSITIVE_INFINITY } }, '$.a.b'],
    [{ a: 2n ** 70n }, '$.a'],
  ];
  for (const [message, path] of bad) {
    t.throws(() => codec.encode(message), { code: 'ERR_INVALID_MESSAGE', path });
  }
  for (const options of [
    { prefix: 'x' },
    { symmetricEncryptionKeys: ['x'] },
    { codec: 'msgpack' as const },
  ]) {
    t.throws(() => wireOptions({ wire: 'channels_zmq', ...options }), { code: 'ERR_UNSUPPORTED' });
  }
  t.throws(() => wireOptions({ wire: 'other' }), { code: 'ERR_INVALID_OPTION' });
});

t.test('text that looks like our own mark stays text', async (t) => {
  const message = { a: 'int:5', b: 2n ** 60n, c: 'int:1234567890123456789', int: 'int:' };
  t.strictSame(codec.decode(codec.encode(message)), message);
});

t.test(
  'numbers of all kinds are read as Python means them, whatever stands around them',
  async (t) => {
    const text =
      '{"a": [1234567890123456789, -1234567890123456789, 1234567890123456.5, 1e16, 12345678901234567e0],' +
      '"1234567890123456789": "x 1234567890123456789 \\"1234567890123456789\\\\", "b":9007199254740993}';
    t.strictSame(codec.decode(Buffer.from(text)), {
      a: [1234567890123456789n, -1234567890123456789n, 1234567890123456.5, 1e16, 12345678901234568],
      '1234567890123456789': 'x 1234567890123456789 "1234567890123456789\\',
      b: 9007199254740993n,
    });
    const any = fc.dictionary(
      fc.string(),
      fc.oneof(
        fc.string(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
      ),
    );
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(any, (message) => {
          const numbers = Object.entries(message).map(([key, value]) => [
            key,
            typeof value === 'bigint' && Number.isSafeInteger(Number(value))
              ? Number(value)
              : value,
          ]);
          const expected = Object.fromEntries(numbers);
          const decoded = codec.decode(codec.encode(message));
          if (!isDeepStrictEqual({ ...decoded }, expected))
            throw new Error(String(codec.encode(message)));
        }),
      ),
    );
  },
);

t.test('the time to read is in proportion to what there is', async (t) => {
  const hostile: [string, (size: number) => string][] = [
    ['quotes and backslashes', (size) => `${'\'"\\\\'.repeat(size / 4)} 1234567890123456`],
    ['the same in a string', (size) => `{"a": "${'\\"'.repeat(size / 2)}", "b": 1234567890123456}`],
    ['digits and a letter', (size) => `${'1'.repeat(size)}e`],
    ['digits', (size) => `{"a": ${'1'.repeat(size)}}`],
    ['strings not ended', (size) => `{"a": 1234567890123456, ${'"\\"'.repeat(size / 3)}`],
  ];
  for (const [what, make] of hostile) {
    const small = time(make(100_000));
    const large = time(make(1_600_000));
    // Quadratic would be 256 times as much; what is too short to be measured is no concern.
    t.ok(large < 64 * Math.max(small, 5), `${what}: ${small} and ${large} ms`);
  }
});

t.test('values inside each other are counted before anybody walks through them', async (t) => {
  const nested = (depth: number) => Buffer.from(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);
  for (const codec of [new ZmqCodec(), new JsonCodec()]) {
    t.ok(codec.decode(nested(99)));
    for (const depth of [100, 1_000_000]) {
      t.throws(() => codec.decode(nested(depth)), {
        code: 'ERR_CODEC',
        message: /inside each other/,
      });
    }
    const text = `{"a": "${'['.repeat(1000)}\\"${'{'.repeat(1000)}"}`;
    t.ok(codec.decode(Buffer.from(text)), 'text is no nesting');
  }
});

/** Milliseconds of user time to decode `text`, or to refuse it. */
function time(text: string): number {
  const octets = Buffer.from(text);
  const before = process.cpuUsage();
  try {
    codec.decode(octets);
  } catch {
    // Most is no JSON.
  }
  return Math.round(process.cpuUsage(before).user / 1000);
}

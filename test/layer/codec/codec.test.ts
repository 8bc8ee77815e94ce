/** Codecs and cipher: what goes in comes out, and what is bad is told. */

import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import t from 'tap';
import { ZmqCodec } from '../../../src/layer/channels-zmq/format.ts';
import { Cipher } from '../../../src/layer/codec/cipher.ts';
import { JsonCodec } from '../../../src/layer/codec/json-codec.ts';
import { MsgpackCodec } from '../../../src/layer/codec/msgpack-codec.ts';

const msgpack = new MsgpackCodec();

const { message } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc
      .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
      .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array(),
    fc.array(tie('value'), { maxLength: 5 }),
    tie('message'),
  ),
  message: fc.dictionary(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('__proto__', 'constructor', 'toString'),
    ),
    tie('value'),
    { maxKeys: 5, noNullPrototype: true },
  ),
}));

for (const codec of [msgpack, new JsonCodec()]) {
  t.test(`${codec.name}: decode is the inverse of encode`, async (t) => {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(message, (value) => {
          // A copy without shared memory, and as plain as what comes out.
          const decoded = codec.decode(Buffer.from(codec.encode(value as object)));
          return same(value, decoded);
        }),
      ),
    );
  });
}

t.test('json: a list that looks boxed stays a list', async (t) => {
  const codec = new JsonCodec();
  for (const list of [['\0b', 'AAAA'], ['\0l', ['\0i', '5']], ['\0']]) {
    t.strictSame(codec.decode(codec.encode({ list })), { list });
  }
  t.throws(() => codec.encode({ a: Number.NaN }), { code: 'ERR_INVALID_MESSAGE', path: '$.a' });
  t.throws(() => codec.decode(Buffer.from('{"a": ["\\u0000?"]}')), { code: 'ERR_CODEC' });
});

t.test('msgpack: octets from elsewhere', async (t) => {
  t.same(
    Buffer.from(msgpack.encode({ a: true, b: null, c: { d: [] } })).toString('hex'),
    '83a161c3a162c0a16381a16490',
    'as in Python',
  );
  const hostile = [
    '',
    '01',
    '90',
    'c1',
    '81a161',
    '81a161ddffffffff',
    '81a161dfffffffff',
    '81a161c6ffffffff00',
    '81a161dbffffffff00',
    '8101c0',
    '81a161c70105ff',
    '81a161d40000',
    '80c0',
    `81a161${'91'.repeat(101)}c0`,
    `81a161${'dc0001'.repeat(20_000)}c0`,
  ];
  for (const hex of hostile) {
    t.throws(
      () => msgpack.decode(Buffer.from(hex, 'hex')),
      { code: 'ERR_CODEC' },
      hex.slice(0, 40),
    );
  }
  const chunk = Buffer.from(msgpack.encode({ bytes: new Uint8Array([1, 2, 3]) }));
  const { bytes } = msgpack.decode(chunk) as { bytes: Uint8Array };
  chunk.fill(0);
  t.strictSame(bytes, new Uint8Array([1, 2, 3]), 'bytes do not change with the chunk they came in');
});

t.test('any octets are either a message or an error', async (t) => {
  for (const codec of [msgpack, new JsonCodec(), new ZmqCodec()]) {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
          try {
            const value = codec.decode(octets);
            return typeof value === 'object' && value !== null && !Array.isArray(value);
          } catch {
            return true;
          }
        }),
      ),
    );
  }
});

t.test('octets that msgpack made and one of which is changed do no harm', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(message, fc.nat(), fc.integer({ min: 0, max: 255 }), (value, at, octet) => {
        const octets = Buffer.from(encode(value, { useBigInt64: true }));
        octets[at % octets.length] = octet;
        try {
          msgpack.decode(octets);
        } catch {
          // Any error will do, as long as it is one.
        }
      }),
    ),
  );
});

t.test('cipher', async (t) => {
  const [old, both, other] = [new Cipher(['a']), new Cipher(['b', 'a']), new Cipher(['c'])];
  const secret = Buffer.from('secret');
  t.same(both.open(old.seal(secret, 'x'), 'x'), secret, 'any key decrypts');
  t.throws(
    () => old.open(both.seal(secret, 'x'), 'x'),
    { code: 'ERR_CODEC' },
    'the first encrypts',
  );
  t.throws(() => other.open(old.seal(secret, 'x'), 'x'), { code: 'ERR_CODEC' });
  t.throws(
    () => old.open(old.seal(secret, 'x'), 'y'),
    { code: 'ERR_CODEC' },
    'for another channel',
  );
  t.throws(() => old.open(Buffer.alloc(5), 'x'), { code: 'ERR_CODEC' });
  t.notSame(old.seal(secret, 'x'), old.seal(secret, 'x'), 'a nonce of its own');
  const octets = new Uint8Array(32).fill(7);
  t.same(new Cipher([octets]).open(new Cipher([octets]).seal(secret, 'x'), 'x'), secret);
  for (const bad of ['', new Uint8Array(16), 5 as unknown as string]) {
    t.throws(() => new Cipher([bad]), { code: 'ERR_INVALID_OPTION' });
  }
});

function same(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((value, i) => same(value, b[i]));
  }
  if (typeof a !== 'object' || a === null) return Object.is(a, b);
  if (typeof b !== 'object' || b === null) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same((a as Map)[key], (b as Map)[key]))
  );
}

type Map = Record<string, unknown>;

import fc from 'fast-check';
import t from 'tap';
import {
  decodeMetadata,
  encodeMetadata,
  MAX_PROPERTIES,
  property,
} from '../../src/zmtp/metadata.ts';
import { hex, latin, properties } from '../support/wire.ts';

const octets = fc
  .uint8Array({ maxLength: 300 })
  .map((array) => Buffer.from(array.buffer, array.byteOffset, array.length));
const propertyName = fc.oneof(
  fc.string({ unit: 'binary-ascii', maxLength: 255 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'Identity', 'Socket-Type', ''),
);

t.test('a property list is drawn as in the RFC', async (t) => {
  const list = encodeMetadata([
    ['Socket-Type', latin('DEALER')],
    ['Identity', latin('')],
  ]);
  t.same(
    list,
    hex('0b 536f636b65742d54797065 00000006 4445414c4552 | 08 4964656e74697479 00000000'),
  );
  t.same([...decodeMetadata(list).keys()], ['Socket-Type', 'Identity']);
  t.equal(decodeMetadata(Buffer.alloc(0)).size, 0);
});

t.test('what is encoded decodes to the same; the first of equal names counts', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(fc.tuple(propertyName, octets), { maxLength: 20 }), (pairs) => {
        const expected = new Map<string, Buffer>();
        for (const [name, value] of pairs) if (!expected.has(name)) expected.set(name, value);
        const decoded = decodeMetadata(encodeMetadata(pairs));
        if (decoded.size !== expected.size) throw new Error(`${decoded.size} properties`);
        for (const [name, value] of expected) {
          if (!decoded.get(name)?.equals(value)) throw new Error(`${name} differs`);
        }
      }),
      { numRuns: 500 },
    ),
  );
});

t.test('names of JavaScript are names like any other', async (t) => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'size', 'get'];
  const decoded = decodeMetadata(
    properties(...names.map((name) => [name, 'polluted'] as const), ['Socket-Type', 'PUSH']),
  );
  for (const name of names) t.equal(decoded.get(name)?.toString(), 'polluted');
  t.equal(property(decoded, 'Socket-Type')?.toString(), 'PUSH');
  t.equal(Object.getPrototypeOf({}), Object.prototype);
  t.notOk('polluted' in {});
  t.equal(property(decodeMetadata(Buffer.alloc(0)), '__proto__'), undefined);
  t.equal(property(decodeMetadata(Buffer.alloc(0)), 'constructor'), undefined);
});

t.test('a list cut anywhere but between properties is refused', async (t) => {
  const list = properties(['Socket-Type', 'PUSH'], ['Identity', 'abc'], ['X', '']);
  const ends = new Set([0, 20, 36, list.length]);
  for (let cut = 0; cut <= list.length; cut++) {
    const cutList = list.subarray(0, cut);
    if (ends.has(cut)) t.doesNotThrow(() => decodeMetadata(cutList), `${cut}`);
    else t.throws(() => decodeMetadata(cutList), { code: 'ERR_ZMTP_INVALID_METADATA' }, `${cut}`);
  }
});

t.test('lengths that run past the end are refused', async (t) => {
  const lists = [
    '00',
    'ff',
    '01 58',
    '01 58 00 00 00',
    '01 58 00 00 00 01',
    '01 58 7f ff ff ff',
    '01 58 80 00 00 00',
    '01 58 ff ff ff ff 41',
    'ff 58 00 00 00 00',
    '01 58 00 00 00 00 00',
  ];
  for (const text of lists) {
    t.throws(() => decodeMetadata(hex(text)), { code: 'ERR_ZMTP_INVALID_METADATA' }, text);
  }
});

t.test(`${MAX_PROPERTIES} properties are accepted, one more is not`, async (t) => {
  const pairs = Array.from({ length: MAX_PROPERTIES }, (_, i) => [`X-${i}`, 'v'] as const);
  t.equal(decodeMetadata(properties(...pairs)).size, MAX_PROPERTIES);
  t.throws(() => decodeMetadata(properties(...pairs, ['Y', ''])), {
    code: 'ERR_ZMTP_INVALID_METADATA',
  });
});

t.test('values are copies', async (t) => {
  const list = properties(['X', 'abc']);
  const decoded = decodeMetadata(list);
  list.fill(0);
  t.same(decoded.get('X'), latin('abc'));
});

t.test('names compare without regard to case, and the canonical spelling wins', async (t) => {
  t.equal(
    property(decodeMetadata(properties(['sOCKET-tYPE', 'a'])), 'Socket-Type')?.toString(),
    'a',
  );
  const both = decodeMetadata(properties(['socket-type', 'a'], ['Socket-Type', 'b']));
  t.equal(property(both, 'Socket-Type')?.toString(), 'b');
  t.equal(property(both, 'Identity'), undefined);
});

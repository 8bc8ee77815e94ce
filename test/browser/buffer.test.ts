/** The Buffer of pages, against that of Node. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { Buffer as Ours } from '../../src/browser/buffer.ts';

const octets = fc.uint8Array({ maxLength: 40 });
const encodings = [
  'utf8',
  'utf-8',
  'latin1',
  'binary',
  'ascii',
  'hex',
  'base64',
  'base64url',
] as const;

function same(ours: Uint8Array, theirs: Uint8Array): boolean {
  return ours instanceof Ours && Buffer.compare(ours, theirs) === 0;
}

t.test('texts are what Node makes of octets, and octets what it makes of texts', async (t) => {
  const encoding = fc.constantFrom(...encodings);
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(octets, encoding, fc.nat(50), fc.nat(50), (given, encoding, start, end) => {
        const [ours, theirs] = [Ours.from(given), Buffer.from(given)];
        const text = theirs.toString(encoding);
        if (ours.toString(encoding) !== text) return false;
        const [from, to] = [Math.min(start, end), Math.max(start, end)];
        if (ours.toString(encoding, from, to) !== theirs.toString(encoding, from, to)) return false;
        return same(Ours.from(text, encoding), Buffer.from(text, encoding));
      }),
    ),
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (!same(Ours.from(text), Buffer.from(text))) return false;
        return (
          Ours.byteLength(text) === Buffer.byteLength(text) &&
          same(Ours.from(text, 'latin1'), Buffer.from(text, 'latin1'))
        );
      }),
    ),
  );
  t.equal(Ours.from('\ufeffmark').toString(), '\ufeffmark', 'a mark at the beginning stays');
  t.equal(String(Ours.from('Grüße')), 'Grüße');
  t.throws(() => Ours.from('x').toString('utf16' as never), /unknown encoding utf16/);
  t.throws(() => Ours.from('x', 'utf16' as never), /unknown encoding utf16/);
});

t.test('parts are found where Node finds them', async (t) => {
  const one = fc.constantFrom(0, 1, 0x61);
  const few = fc.array(one, { maxLength: 8 });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(few, fc.array(one, { minLength: 1 }), fc.nat(3), (given, part, from) => {
        const [ours, theirs] = [Ours.from(given), Buffer.from(given)];
        const values = [part[0]!, String(Buffer.from(part)), Uint8Array.from(part)];
        return values.every(
          (value) =>
            ours.indexOf(value, from) === theirs.indexOf(value as string, from) &&
            ours.includes(value) === theirs.includes(value as string),
        );
      }),
    ),
  );
});

t.test('joining, comparing and copying do what Node does', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.array(octets, { minLength: 1 }),
        fc.option(fc.nat(100), { nil: undefined }),
        (list, length) =>
          same(
            Ours.concat(
              list.map((each) => Ours.from(each)),
              length,
            ),
            Buffer.concat(
              list.map((each) => Buffer.from(each)),
              length,
            ),
          ),
      ),
    ),
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        octets,
        octets,
        fc.nat(9),
        fc.nat(9),
        fc.nat(9),
        (one, other, at, start, length) => {
          const [a, b] = [Ours.from(one), Ours.from(other)];
          if (Ours.compare(a, b) !== Buffer.compare(one, other)) return false;
          if (a.compare(b) !== Buffer.compare(one, other)) return false;
          if (a.equals(b) !== Buffer.from(one).equals(other)) return false;
          if (at > other.length || start > one.length) return true;
          const target = Buffer.from(other);
          const count = Buffer.from(one).copy(target, at, start, start + length);
          return a.copy(b, at, start, start + length) === count && same(b, target);
        },
      ),
    ),
  );
  const part = Ours.from('abcdef').subarray(2, 4);
  t.ok(part instanceof Ours);
  t.equal(part.toString(), 'cd');
  const written = Ours.alloc(4, 1);
  t.equal(written.write('xyzxyz', 2, 'latin1'), 2);
  t.equal(written.write('é'), 2);
  t.same([...written], [0xc3, 0xa9, 0x78, 0x79]);
  t.equal(JSON.stringify(Ours.of(1, 2)), JSON.stringify(Buffer.of(1, 2)));
});

t.test('octets of others are seen or copied as Node does', async (t) => {
  const memory = new ArrayBuffer(4);
  const view = Ours.from(memory, 1, 2);
  view[0] = 7;
  t.same([...new Uint8Array(memory)], [0, 7, 0, 0], 'a view of an ArrayBuffer');
  t.equal(Ours.from(memory).length, 4);
  const shared = Ours.from(new SharedArrayBuffer(2) as unknown as ArrayBuffer);
  t.equal(shared.length, 2);
  const array = Uint8Array.of(1);
  const copy = Ours.from(array);
  array[0] = 2;
  t.equal(copy[0], 1, 'a copy of an array');
  t.ok(Ours.isBuffer(copy));
  t.notOk(Ours.isBuffer(array));
});

t.test('numbers are written and read as by Node, within bounds', async (t) => {
  const [ours, theirs] = [Ours.alloc(16), Buffer.alloc(16)];
  for (const buffer of [ours, theirs]) {
    buffer.writeUInt8(0xfe, 0);
    buffer.writeUInt16BE(0xfedc, 1);
    buffer.writeUInt32BE(0xfedc_ba98, 3);
    buffer.writeUInt32LE(0xfedc_ba98, 7);
    t.equal(buffer.readUInt8(0), 0xfe);
    t.equal(buffer.readUInt16BE(1), 0xfedc);
    t.equal(buffer.readUInt32BE(3), 0xfedc_ba98);
    t.equal(buffer.readUInt32LE(7), 0xfedc_ba98);
    t.equal(buffer.writeUIntBE(0x1234_5678_9abc, 8, 6), 14);
    t.equal(buffer.readUIntBE(8, 6), 0x1234_5678_9abc);
  }
  t.ok(same(ours, theirs));
  for (const buffer of [ours, theirs]) {
    buffer.writeInt32BE(-2, 0);
    buffer.writeDoubleBE(Math.PI, 8);
    t.equal(buffer.readInt32BE(0), -2);
    t.equal(buffer.readDoubleBE(8), Math.PI);
    buffer.writeBigUInt64BE(0xfedc_ba98_7654_3210n, 0);
    t.equal(buffer.readBigUInt64BE(0), 0xfedc_ba98_7654_3210n);
    t.throws(() => buffer.readUInt32BE(13), RangeError);
    t.throws(() => buffer.writeUInt16BE(1, 15), RangeError);
  }
  t.ok(same(ours, theirs));
});

t.test('whatever the files for browsers ask of a Buffer is there', async (t) => {
  for (const file of ['browser', 'browser-draft']) {
    const code = await readFile(join(import.meta.dirname, `../../lib/${file}.mjs`), 'utf8');
    const asked = [...code.matchAll(/\.((?:read|write)(?:U?Int|Double|Float|Big)\w*)\(/g)];
    const missing = asked.map(([, name = '']) => name).filter((name) => !(name in Ours.prototype));
    t.same(missing, [], file);
  }
});

/** Z85: the text form of keys. */

import fc from 'fast-check';
import t from 'tap';
import { decodeZ85, encodeZ85 } from '../../../src/zmtp/mechanism/z85.ts';

t.test('the example of RFC 32', async (t) => {
  const octets = Buffer.from('864fd26fb559f75b', 'hex');
  t.equal(encodeZ85(octets), 'HelloWorld');
  t.same(decodeZ85('HelloWorld'), octets);
});

t.test('the ends of the range', async (t) => {
  t.equal(encodeZ85(Buffer.alloc(4)), '00000');
  t.equal(encodeZ85(Buffer.alloc(4, 0xff)), '%nSc0');
  t.same(decodeZ85('%nSc0'), Buffer.alloc(4, 0xff));
  t.equal(encodeZ85(Buffer.alloc(0)), '');
});

t.test('decoding undoes encoding', async (t) => {
  const blocks = fc.uint8Array({ maxLength: 64 }).map((o) => o.subarray(0, o.length & ~3));
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(blocks, (octets) => Buffer.compare(decodeZ85(encodeZ85(octets)), octets) === 0),
    ),
  );
});

t.test('what is no Z85 is refused with the reason', async (t) => {
  t.throws(() => decodeZ85('Hello1'), { message: /6 characters/ });
  t.throws(() => decodeZ85('Hell~'), { message: /"~"/ });
  t.throws(() => decodeZ85('%nSc1'), { message: /more than Z85 can mean/ });
  t.throws(() => decodeZ85('#####'), { message: /more than Z85 can mean/ });
  t.throws(() => decodeZ85('Hellö'), RangeError);
  t.throws(() => encodeZ85(Buffer.alloc(5)), { message: /5 octets/ });
});

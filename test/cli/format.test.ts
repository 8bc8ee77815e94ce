/** How messages are written on a line, and read back. */

import fc from 'fast-check';
import t from 'tap';
import { formatId, formatMessage, parseId, parseMessage } from '../../src/cli/format.ts';

const octets = fc
  .oneof(fc.uint8Array({ maxLength: 20 }), fc.string({ unit: 'grapheme' }))
  .map((part) => Buffer.from(part as string));
const message = fc.array(octets, { minLength: 1, maxLength: 5 });

t.test('what is written as JSON or in hexadecimal is read back as it was', async (t) => {
  for (const format of ['json', 'hex'] as const) {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(message, (parts) => {
          const line = formatMessage(parts, format);
          const back = parseMessage(line, format);
          return (
            !line.includes('\n') &&
            back.length === parts.length &&
            back.every((part, i) => part.equals(parts[i]!))
          );
        }),
      ),
    );
  }
});

t.test('text has nothing in it that a terminal would obey', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(message, (parts) => !/[\p{Cc}]/u.test(formatMessage(parts, 'text', ' '))),
    ),
  );
  t.equal(formatMessage([Buffer.from('é\n'), Buffer.of(0xe9, 0x41)], 'text'), 'é\\x0a\t\\xe9A');
  t.equal(formatMessage([Buffer.from('\u0085')], 'text'), '\\xc2\\x85', 'octets of the part');
  t.same(parseMessage('a|b', 'text', '|').map(String), ['a', 'b']);
});

t.test('routing ids are written so that they can be typed', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 255 }), (id) => {
        const text = formatId(Buffer.from(id));
        return !/\p{Cc}/u.test(text) && parseId(Buffer.from(text)).equals(id);
      }),
    ),
  );
  t.equal(formatId(Buffer.from('anna')), 'anna');
  t.equal(formatId(Buffer.of(0, 1, 255)), '0x0001ff');
});

t.test('what is not in its format is refused', async (t) => {
  for (const [line, format, complaint] of [
    ['xyz', 'hex', /"xyz" is not hexadecimal/],
    ['abc', 'hex', /"abc" is not hexadecimal/],
    ['', 'hex', /"" is not hexadecimal/],
    ['{', 'json', /not JSON/],
    ['[]', 'json', /a message without parts/],
    ['[{"hex":"x"}]', 'json', /"x" is not hexadecimal/],
  ] as const) {
    t.throws(() => parseMessage(line, format), complaint, `${format}: ${line}`);
  }
});

/** The wire of channels_rabbitmq: frames as the Python package wrote them, and octets that are no messages. */

import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import t from 'tap';
import { address, readAddress, unwrap, wrap } from '../../../src/layer/rabbitmq/format.ts';
import { hex } from '../../support/wire.ts';

/** What `serialize_message` of the Python package 4.0.1 makes of a message. */
const RECORDED = [
  {
    title: 'to a channel',
    kind: 'channel',
    name: 'channels_abc!xyz',
    frame:
      '83a474797065ac746573742e6d657373616765a474657874a941686f792d686f7921b05f5f617367695f6368616e6e656c5f5fb06368616e6e656c735f6162632178797a',
    message: { type: 'test.message', text: 'Ahoy-hoy!' },
  },
  {
    title: 'to a group',
    kind: 'group',
    name: 'test-group',
    frame:
      '85a161c3a162c0a16381a16490a16ece00011170ae5f5f617367695f67726f75705f5faa746573742d67726f7570',
    message: { a: true, b: null, c: { d: [] }, n: 70_000 },
  },
] as const;

for (const { title, kind, name, frame, message } of RECORDED) {
  t.test(`a recorded frame ${title} is read, and written the same`, async (t) => {
    const read = readAddress(hex(frame));
    t.same(read.address, { kind, name });
    t.same(Buffer.from(read.payload), Buffer.from(encode(message)));
    t.same(address(read.payload, kind, name).toString('hex'), frame);
  });
}

t.test('an address is found wherever it stands, with maps of any size', async (t) => {
  const text = fc.string({ maxLength: 40 });
  const value = fc.oneof(text, fc.integer(), fc.boolean(), fc.array(fc.dictionary(text, text)));
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.dictionary(text, value, { maxKeys: 40 }), fc.boolean(), (message, first) => {
        const wanted = { __asgi_group__: 'g' };
        const payload = Buffer.from(encode(message));
        const octets = encode(first ? { ...wanted, ...message } : { ...message, ...wanted });
        const read = readAddress(octets);
        return read.address.name === 'g' && payload.equals(read.payload);
      }),
    ),
  );
});

t.test('a text that looks like an address is none', async (t) => {
  const message = { text: '\u{b0}__asgi_channel__' };
  const read = readAddress(address(encode(message), 'channel', 'x!y'));
  t.same(read.address, { kind: 'channel', name: 'x!y' });
  t.same(Buffer.from(read.payload), Buffer.from(encode(message)));
});

t.test('what is no message is refused by name', async (t) => {
  const bad: [string, Uint8Array][] = [
    ['no map', hex('93010203')],
    ['no map', hex('')],
    ['no address', encode({ a: 1 })],
    ['two addresses', encode({ __asgi_channel__: 'a!b', __asgi_group__: 'c' })],
    ['an address that is no text', encode({ __asgi_channel__: 1 })],
    ['octets after the message', Buffer.concat([encode({ __asgi_group__: 'c' }), hex('00')])],
    ['the octets end too soon', encode({ a: 'long text', __asgi_group__: 'c' }).subarray(0, 9)],
    ['a count beyond the octets', hex('81a161dd7fffffff')],
  ];
  for (const [why, octets] of bad) {
    t.throws(() => readAddress(octets), { code: 'ERR_CODEC', message: new RegExp(why) }, why);
  }
});

t.test('any octets are read or refused, and nothing else', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
        try {
          readAddress(octets);
        } catch (error) {
          return (error as { code?: string }).code === 'ERR_CODEC';
        }
        return true;
      }),
    ),
  );
});

t.test('octets of another codec are wrapped into a map, and found in it', async (t) => {
  const octets = hex('00ff10');
  t.same(Buffer.from(unwrap(wrap(octets))!), octets);
  t.equal(unwrap(encode({ a: 1 })), undefined);
  t.equal(unwrap(wrap(octets).subarray(0, -1)), undefined);
});

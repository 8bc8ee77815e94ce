import t from 'tap';
import { nullMechanism } from '../../../src/zmtp/mechanism/null.ts';
import { hex, latin, properties } from '../../support/wire.ts';

t.test('READY goes out first, with the metadata that is ours', async (t) => {
  const handshake = nullMechanism.begin(properties(['Socket-Type', 'DEALER'], ['Identity', '']));
  t.equal(nullMechanism.name, 'NULL');
  t.same(
    handshake.first(),
    hex(
      '05 5245414459 0b 536f636b65742d54797065 00000006 4445414c4552 08 4964656e74697479 00000000',
    ),
  );
  t.equal(handshake.peer, undefined);
});

t.test("the peer's READY ends it", async (t) => {
  const handshake = nullMechanism.begin(Buffer.alloc(0));
  const ready = Buffer.concat([latin('\x05READY'), properties(['Socket-Type', 'ROUTER'])]);
  t.equal(handshake.step(ready), undefined);
  t.equal(handshake.peer?.get('Socket-Type')?.toString(), 'ROUTER');
});

t.test('anything else is refused', async (t) => {
  const commands = [
    '',
    '\0',
    '\x05ready',
    '\x04PING\0\0',
    '\x05HELLO',
    '\xffREADY',
    '\x06READY',
    '5',
  ];
  for (const text of [...commands, '\x09SUBSCRIBE', '\x06READY ']) {
    const handshake = nullMechanism.begin(Buffer.alloc(0));
    t.throws(() => handshake.step(latin(text)), { code: 'ERR_ZMTP_UNEXPECTED_COMMAND' }, text);
    t.equal(handshake.peer, undefined);
  }
  t.throws(() => nullMechanism.begin(Buffer.alloc(0)).step(latin('\x05READYx')), {
    code: 'ERR_ZMTP_INVALID_METADATA',
  });
});

import fc from 'fast-check';
import t from 'tap';
import {
  decodeSubscription,
  encodeSubscription,
  isSubscription,
} from '../../src/zmtp/subscription.ts';
import { hex, latin } from '../support/wire.ts';

t.test('a subscription is one part that begins with 01, its end with 00', async (t) => {
  t.ok(isSubscription([hex('01')]));
  t.ok(isSubscription([hex('00')]));
  t.ok(isSubscription([latin('\x01weather')]));
  t.notOk(isSubscription([hex('')]));
  t.notOk(isSubscription([hex('02')]));
  t.notOk(isSubscription([latin('weather')]));
  t.notOk(isSubscription([hex('01'), hex('')]));
});

t.test('as commands', async (t) => {
  t.same(encodeSubscription([latin('\x01weather')]), latin('\x09SUBSCRIBEweather'));
  t.same(encodeSubscription([latin('\x00weather')]), latin('\x06CANCELweather'));
  t.same(encodeSubscription([hex('01')]), latin('\x09SUBSCRIBE'));
  t.same(encodeSubscription([hex('00')]), latin('\x06CANCEL'));
});

t.test('message to command and back is the same, in memory of its own', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.boolean(), fc.uint8Array({ maxLength: 700 }), (wanted, prefix) => {
        const part = Buffer.concat([Buffer.of(wanted ? 1 : 0), prefix]);
        const command = encodeSubscription([part]);
        const message = decodeSubscription(wanted ? 'SUBSCRIBE' : 'CANCEL', command);
        command.fill(0xee);
        if (message.length !== 1 || !message[0]!.equals(part)) throw new Error('differs');
      }),
    ),
  );
});

t.test(
  'a large command in memory of its own becomes the message, one in a chunk does not',
  async (t) => {
    const part = Buffer.alloc(100_000, 'x');
    for (const kind of [1, 0]) {
      part[0] = kind;
      const command = Buffer.from(encodeSubscription([part]));
      t.equal(command.buffer.byteLength, command.length);
      const name = kind === 1 ? 'SUBSCRIBE' : 'CANCEL';
      const chunk = Buffer.concat([command, Buffer.alloc(1)]);
      const [copied] = decodeSubscription(name, chunk.subarray(0, -1));
      t.ok(copied!.equals(part));
      t.ok(chunk.subarray(0, -1).equals(command), 'the chunk is left as it was');
      const [made] = decodeSubscription(name, command);
      t.ok(made!.equals(part));
      t.equal(made!.buffer, command.buffer);
    }
  },
);

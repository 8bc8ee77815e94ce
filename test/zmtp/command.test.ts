import fc from 'fast-check';
import t from 'tap';
import {
  commandData,
  commandName,
  decodeError,
  encodeCommand,
  encodeError,
  encodePing,
  encodePong,
} from '../../src/zmtp/command.ts';
import { hex, latin } from '../support/wire.ts';

t.test('name and data of a command come back', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary-ascii', maxLength: 255 }),
        fc.uint8Array({ maxLength: 600 }),
        (name, data) => {
          const body = encodeCommand(name, data);
          if (commandName(body) !== name) throw new Error('another name');
          if (!commandData(body).equals(data)) throw new Error('other data');
        },
      ),
    ),
  );
  t.same(encodeCommand('WELCOME'), hex('07 57454c434f4d45'));
});

t.test('a name that runs past the body is no name', async (t) => {
  for (const text of ['', 'ff 41', '01', '05 50494e47']) t.equal(commandName(hex(text)), undefined);
  t.equal(commandName(hex('00')), '');
  t.equal(commandName(hex('00 41')), '');
  t.equal(commandName(hex('04 50494e47')), 'PING');
});

t.test('the reason of an ERROR comes back, cut at 255 octets', async (t) => {
  t.same(encodeError('400'), hex('05 4552524f52 03 343030'));
  t.equal(decodeError(commandData(encodeError(''))), '');
  t.equal(decodeError(commandData(encodeError('x'.repeat(255)))), 'x'.repeat(255));
  t.equal(decodeError(commandData(encodeError('x'.repeat(256)))), 'x'.repeat(255));
  t.equal(decodeError(hex('02 6162 63')), 'ab', 'trailing octets are left alone');
});

t.test('an ERROR whose reason runs past its end is refused', async (t) => {
  for (const text of ['', '01', 'ff 41', '02 41']) {
    t.throws(() => decodeError(hex(text)), { code: 'ERR_ZMTP_MALFORMED_COMMAND_ERROR' }, text);
  }
});

t.test('PING carries its TTL, PONG at most sixteen octets of context', async (t) => {
  t.same(encodePing(30), hex('04 50494e47 001e'));
  t.same(encodePing(655), hex('04 50494e47 028f'));
  for (const [length, kept] of [
    [0, 0],
    [1, 1],
    [16, 16],
    [17, 16],
    [200_000, 16],
  ] as const) {
    const data = Buffer.concat([hex('0000'), Buffer.alloc(length, 'c')]);
    t.same(encodePong(data), latin(`\x04PONG${'c'.repeat(kept)}`), `${length}`);
  }
});

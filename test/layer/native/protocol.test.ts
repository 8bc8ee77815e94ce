/** Records: what is written is read again, and the documentation says what the parser does. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ClockOffset, clockOf, Outgoing } from '../../../src/layer/native/messages.ts';
import { decode, encode } from '../../../src/layer/native/records.ts';
import { protocolTables } from '../../support/protocol-tables.ts';

t.test('the tables of the documentation are those of the parser', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/layer-protocol.md'), 'utf8');
  t.ok(page.includes(protocolTables()), 'docs/layer-protocol.md has the tables as they are');
});

t.test('a record is read as it was written', async (t) => {
  const secret = Buffer.alloc(16, 1);
  const kept = [
    { from: 1, count: 2 },
    { from: 9, count: 1 },
  ];
  const hello = {
    version: 4,
    secret,
    hub: '0123456789abcdef',
    session: 3,
    received: 2 ** 47,
    acked: 7,
    kept,
    back: [],
  };
  t.same(decode(encode('hello', hello), 'process'), { kind: 'hello', ...hello });
  const send = { channel: 'a:b!c', expires: 1.5, capacity: 100, payload: Buffer.from('x') };
  t.same(decode(encode('send', send), 'process'), { kind: 'send', ...send });
  const group = {
    group: 'g',
    sender: 'ff00ff00ff00ff00',
    expires: 2,
    except: ['a', 'b'],
    payload: Buffer.alloc(0),
  };
  t.same(decode(encode('group', group), 'hub'), { kind: 'group', ...group });
});

t.test('ranges ascend, and names are names', async (t) => {
  const numbers = [
    { from: 5, count: 2 },
    { from: 6, count: 1 },
  ];
  t.throws(() => decode(encode('settled', { received: 9, numbers }), 'process'), {
    code: 'ERR_PROTOCOL',
    message: 'numbers has ranges that do not ascend',
  });
  t.throws(() => decode(encode('recall', { channel: 'a b' }), 'hub'), {
    message: 'channel is "a b", expected a name',
  });
});

t.test('a message begins with a clock', async (t) => {
  const out = new Outgoing();
  for (let n = 0; n < 1000; n++) out.push(encode('sync', { request: n }));
  const messages = out.take(12.5);
  t.same(
    messages.map((parts) => parts.length),
    [513, 489],
  );
  t.equal(clockOf(messages[1]![0]), 12.5);
  for (const part of [undefined, Buffer.alloc(7), Buffer.alloc(8, 0xff)]) {
    t.throws(() => clockOf(part), { code: 'ERR_PROTOCOL' });
  }
});

t.test('the least that a message took is taken for no time', async (t) => {
  const clock = new ClockOffset();
  clock.observe(0, 1010);
  clock.observe(100, 1105);
  clock.observe(200, 9200);
  t.equal(clock.toOurs(300), 1305);
  clock.observe(400_000, 401_020);
  t.equal(clock.toOurs(300), 1305, 'what was seen lately counts on');
  clock.observe(800_000, 801_030);
  t.equal(clock.toOurs(300), 1320, 'what was seen long ago does not');
});

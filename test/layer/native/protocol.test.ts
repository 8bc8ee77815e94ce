/** Records: what is written is read again, and the documentation says what the parser does. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { clockOf, Outgoing } from '../../../src/layer/native/messages.ts';
import { decode, encode, RECORDS, Records, write } from '../../../src/layer/native/records.ts';
import { protocolTables } from '../../support/layer/protocol-tables.ts';

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
    version: 5,
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

const LARGE = Buffer.alloc(70_000);

t.test('what is written and read by hand is as the table says', async () => {
  const name = fc.stringMatching(/^[a-zA-Z0-9\-_.:!]{1,60}$/);
  const time = fc.double({ min: 0, max: 1e15, noNaN: true });
  const id = fc.stringMatching(/^[0-9a-f]{16}$/);
  const payload = fc.uint8Array({ maxLength: 40 });
  const except = fc.array(name, { maxLength: 3 });
  const group = fc.oneof(fc.constant(''), name);
  const place = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  const fields = {
    send: fc.record({
      channel: name,
      expires: time,
      capacity: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      payload,
    }),
    groupSend: fc.record({ group: name, expires: time, except, payload }),
    direct: fc.record({ channel: name, group, sender: id, expires: time, payload }),
    letter: fc.record({ channel: name, group, place, sender: id, expires: time, payload }),
    group: fc.record({ group: name, sender: id, expires: time, except, payload }),
  };
  for (const kind of Object.keys(fields) as (keyof typeof fields)[]) {
    const { from } = RECORDS[kind];
    fc.assert(
      fc.property(fields[kind], fc.nat(), fc.nat(255), (values, where, octet) => {
        const octets = encode(kind, values as never);
        assert.deepEqual(octets, write(kind, values as never));
        assert.deepEqual(
          { ...decode(octets, from) },
          { kind, ...values, payload: Buffer.from(values.payload) },
        );
        // Also what is wrong is wrong in the same way.
        octets[where % octets.length] = octet;
        assert.deepEqual(outcome(octets, from, false), outcome(octets, from, true));
      }),
    );
  }
});

function outcome(octets: Buffer, from: 'hub' | 'process', byTable: boolean): unknown {
  const records = new Records(octets, from, byTable);
  try {
    return [{ ...records.next() }, records.next()];
  } catch (error) {
    return String(error);
  }
}

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
  for (let n = 0; n < 10_000; n++) out.push(encode('sync', { request: n }));
  const large = encode('send', { channel: 'c', expires: 1, capacity: 1, payload: LARGE });
  out.push(large);
  out.push(encode('sync', { request: 0 }));
  const messages = out.take(12.5);
  t.same(
    messages.map((parts) => parts.length),
    [2, 2, 2, 2],
  );
  t.ok(messages[0]![1]!.length + messages[1]![1]!.length === 110_000);
  t.equal(messages[2]![1], large, 'what is large is not copied');
  t.same(out.take(13), [], 'nothing to be said is no message');
  t.equal(clockOf(messages[1]![0]), 12.5);
  for (const part of [undefined, Buffer.alloc(7), Buffer.alloc(8, 0xff)]) {
    t.throws(() => clockOf(part), { code: 'ERR_PROTOCOL' });
  }
});

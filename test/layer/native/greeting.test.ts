/** Versions: a process and a hub of different ones both say so, whichever is the older one. */

import t from 'tap';
import { alone } from '../../../src/layer/native/greeting.ts';
import { encode, VERSION } from '../../../src/layer/native/records.ts';
import { JoinedHub } from '../../support/layer/joined-hub.ts';
import { hex } from '../../support/wire.ts';

const CLOCK = Buffer.alloc(8);
/** What is said first, by those of version 4 and by those of a version that does not exist yet. */
const OTHERS = {
  4: [CLOCK, hex(`01 04 ${'07'.repeat(16)} ${'00'.repeat(34)}`)],
  6: [CLOCK, hex('01 06')],
  255: [Buffer.from('no clock'), hex('01 ff 00 00 00 00'), Buffer.from('one more')],
};

for (const [version, hello] of Object.entries(OTHERS)) {
  t.test(`a process of version ${version} is told, and so is who watches the hub`, async (t) => {
    const hub = new JoinedHub({ now: 1000 });
    const process = hub.process();
    const errors: Error[] = [];
    hub.local.events.on('undecodable', ({ error }) => errors.push(error));
    process.connect();
    hub.core.heard(process.connection!, hello);
    t.match(errors, [
      { message: `a process speaks version ${version} of the protocol, this hub ${VERSION}` },
    ]);
    t.same(process.fromHub, [[CLOCK, hex('82 05 00')]], 'as version 4 and all others read it');
    t.same(hub.expelled, [], 'so that it can read that');
    t.equal(hub.core.peerCount, 0);
  });

  t.test(`a hub of version ${version} is told of in the process`, async (t) => {
    const hub = new JoinedHub({ now: 1000 });
    const process = hub.process();
    const errors: Error[] = [];
    process.local.events.on('undecodable', ({ error }) => errors.push(error));
    process.connect();
    const refusal = [CLOCK, Buffer.from([0x82, Number(version), 0])];
    process.core.heard(version === '255' ? [...refusal, Buffer.from('more')] : refusal);
    t.match(errors, [
      { message: `the hub speaks version ${version} of the protocol, this process ${VERSION}` },
    ]);
    t.equal(process.connection, undefined, 'it connects anew');
  });
}

t.test('hello is as version 4 reads it', async (t) => {
  const process = new JoinedHub({ now: 1000 }).process();
  process.connect();
  const [[clock, hello]] = process.toHub as [[Buffer, Buffer]];
  t.equal(clock.readDoubleBE(), 1000);
  t.equal(hello.length, 52);
  t.same(hello.subarray(0, 2), hex('01 05'));
});

t.test('what stands alone is a greeting only at the beginning', async (t) => {
  const hub = new JoinedHub({ now: 1000 });
  const process = hub.process();
  process.connect();
  process.up();
  process.down();
  t.ok(process.core.joined);
  process.core.heard(alone(encode('refusal', { version: 4, why: '' }), 1000));
  t.equal(process.connection, undefined);
  t.equal(process.local.counters.undecodable, 1);
});

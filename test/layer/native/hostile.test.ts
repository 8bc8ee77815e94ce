/** Bad input: counted, reported once for a peer and interval, dropped, and never thrown into the application. */

import t, { type Test } from 'tap';
import { Dealer, Router } from '../../../src/index.ts';
import { DedicatedLayer, Hub } from '../../../src/layer/index.ts';
import { alone } from '../../../src/layer/native/greeting.ts';
import { encode, RECORDS, VERSION } from '../../../src/layer/native/records.ts';
import { freeAddress } from '../../support/layer/layer-addresses.ts';
import { HELLO, said } from '../../support/layer/said.ts';
import { PATIENCE } from '../../support/patience.ts';

const CLOCK = Buffer.alloc(8);
const SENDER = '0102030405060708';

t.test('a hub that is told nonsense works on', async (t) => {
  const bind = freeAddress();
  const hub = new Hub({ bind });
  await hub.start();
  t.teardown(() => hub.close());
  const events: object[] = [];
  hub.events.on('undecodable', (event) => events.push(event));
  const first = alone(HELLO, 1);
  const nonsense: Buffer[][][] = [
    [[Buffer.from('x')]],
    [[Buffer.alloc(40, 0x7a)]],
    [[CLOCK, Buffer.alloc(0)]],
    [[CLOCK, Buffer.from('xyz')]],
    [said(encode('sync', { request: 1 }))],
    [first, said(encode('done', { request: 1, denied: 0 }))],
    [first, said(encode('settled', { received: 9, numbers: [] }))],
    [first, said(HELLO)],
    [first, first],
    [said(HELLO)],
    [Array.from({ length: 600 }, () => CLOCK)],
  ];
  for (const messages of nonsense) {
    const dealer = new Dealer({ linger: 1000, reconnectInterval: -1 });
    t.teardown(() => dealer.close());
    dealer.connect(bind);
    const gone = dealer.waitFor('disconnect');
    for (const message of messages) await dealer.send(message);
    await gone;
  }
  const layer = use(t, new DedicatedLayer({ hub: bind }));
  await layer.send('fine', { n: 1 });
  t.same(await layer.receive('fine'), { n: 1 });
  t.ok(hub.stats().undecodable >= 7, `${hub.stats().undecodable} were counted`);
  t.ok(events.length <= 3, `${events.length} were reported`);
});

t.test('a layer that is told nonsense connects anew, and works on', async (t) => {
  const address = freeAddress();
  const router = new Router();
  t.teardown(() => router.close());
  await router.bind(address);
  const layer = use(t, new DedicatedLayer({ hub: address }));
  const channel = await layer.newChannel();
  const waiting = layer.receive(channel, { timeout: PATIENCE });
  const welcome = encode('welcome', {
    version: VERSION,
    hub: SENDER,
    session: 1,
    resumed: 0,
    revoked: 0,
    taken: 0,
    refused: [],
    denied: [],
  });
  const direct = (payload: Buffer, to: string = channel): Buffer =>
    encode('direct', { channel: to, group: '', sender: SENDER, expires: 1e12, payload });
  /** The next connection that says hello. */
  const greeted = async (): Promise<Buffer> => {
    for (;;) {
      const [connection, , record] = await router.receive();
      if (record?.[0] === RECORDS.hello.code) return connection!;
    }
  };
  const bad: Buffer[][] = [
    [Buffer.from('x')],
    [CLOCK, Buffer.from('x')],
    said(direct(Buffer.of(0x80))),
    alone(encode('refusal', { version: 9, why: '' }), 1),
    said(encode('refusal', { version: 9, why: '' })),
    said(welcome, welcome),
    said(welcome, encode('ack', { taken: 5, held: 0, refused: [], denied: [] })),
    said(welcome, encode('sync', { request: 1 })),
  ];
  for (const message of bad) {
    await router.send([await greeted(), ...message]);
  }
  const good = Buffer.from('81a16e05', 'hex');
  const last = said(
    welcome,
    direct(Buffer.from('no message')),
    direct(Buffer.alloc(0)),
    direct(good),
  );
  await router.send([await greeted(), ...last]);
  t.same(await waiting, { n: 5 });
  t.ok(layer.stats().undecodable >= bad.length + 2, `${layer.stats().undecodable} were counted`);
});

t.test('a peer with another key', async (t) => {
  const bind = freeAddress();
  const hub = new Hub({ bind });
  await hub.start();
  t.teardown(() => hub.close());
  const where = { hub: bind };
  const [ours, theirs, open] = [['ours', 'old'], ['theirs'], []].map((symmetricEncryptionKeys) =>
    use(t, new DedicatedLayer({ ...where, symmetricEncryptionKeys })),
  ) as [DedicatedLayer, DedicatedLayer, DedicatedLayer];
  const rotated = use(t, new DedicatedLayer({ ...where, symmetricEncryptionKeys: ['old'] }));
  const channel = await ours.newChannel();
  await ours.groupAdd('g', channel);
  const events: { from: string; count: number }[] = [];
  ours.events.on('undecodable', (event) => events.push(event));
  for (const layer of [theirs, open]) {
    for (let n = 0; n < 5; n++) {
      await layer.send(channel, { n });
      await layer.groupSend('g', { n });
    }
    await layer.ready();
  }
  await rotated.send(channel, { n: 7 });
  t.same(await ours.receive(channel), { n: 7 });
  t.equal(ours.stats().undecodable, 20);
  t.equal(events.length, 2, 'once for each peer');
  t.not(events[0]?.from, events[1]?.from);
});

t.test('a message that is too large for the hub costs its sender the connection', async (t) => {
  const bind = freeAddress();
  const hub = new Hub({ bind, maxMessageSize: 1000 });
  await hub.start();
  t.teardown(() => hub.close());
  const layer = use(t, new DedicatedLayer({ hub: bind, expiry: 2000 }));
  await layer.ready();
  const large = layer.send('large', { text: 'x'.repeat(3_000_000) });
  await t.rejects(large, { code: 'ERR_UNCONFIRMED' });
  await layer.send('small', { n: 1 });
  t.same(await layer.receive('small'), { n: 1 });
});

function use<L extends { close(): Promise<void> }>(t: Test, layer: L): L {
  t.teardown(() => layer.close());
  return layer;
}

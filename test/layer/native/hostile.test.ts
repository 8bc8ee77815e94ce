/** Bad input: counted, reported once for a peer and interval, dropped, and never thrown into the application. */

import t, { type Test } from 'tap';
import { Push, XPublisher, XSubscriber } from '../../../src/index.ts';
import { DedicatedLayer, EmbeddedLayer, Hub } from '../../../src/layer/index.ts';
import { HeaderWriter, Kind } from '../../../src/layer/native/protocol.ts';
import { freeAddress } from '../../support/layer-addresses.ts';

t.test('a hub that is told nonsense works on', async (t) => {
  const [pull, pub] = [freeAddress(), freeAddress()];
  const hub = new Hub({ pull, pub });
  await hub.start();
  t.teardown(() => hub.close());
  const events: object[] = [];
  hub.events.on('undecodable', (event) => events.push(event));
  const [push, subscriber] = [new Push(), new XSubscriber()];
  t.teardown(() => push.close());
  t.teardown(() => subscriber.close());
  push.connect(pull);
  subscriber.connect(pub);
  await subscriber.waitFor('handshake');
  const header = new HeaderWriter('0102030405060708');
  const control = header.write(Kind.control, 0, 0, 0);
  const other = Buffer.from(control);
  other[1] = 9;
  const said = ['', '[]', '5', '{"t":"hello"}', '{"t":"want","c":5}', '{"t":"own"}', '{"t":"?"}'];
  for (const part of ['x', 'xyz', other, Buffer.alloc(40, 0x7a)]) {
    await push.send(part);
    await subscriber.send(part);
  }
  for (const text of said) {
    await push.send([control, text]);
    await subscriber.send([Buffer.concat([control, Buffer.from(text)])]);
  }
  await push.send([header.write(Kind.back, 1, 1, 1), 'x', 'y']);
  await push.send([header.write(Kind.send, 1, 60, 10)]);
  await subscriber.send([header.write(Kind.back, 1, 1, 1)]);
  await subscriber.send('\x01p0102\n');
  const layer = use(t, new DedicatedLayer({ push: pull, pub }));
  await layer.send('fine', { n: 1 });
  t.same(await layer.receive('fine'), { n: 1 });
  t.ok(hub.stats().undecodable >= 15, `${hub.stats().undecodable} were counted`);
  t.ok(events.length <= 3, `${events.length} were reported`);
});

t.test('a layer that is told nonsense works on', async (t) => {
  const address = freeAddress();
  const publisher = new XPublisher();
  t.teardown(() => publisher.close());
  await publisher.bind(address);
  const layer = use(t, new EmbeddedLayer({ address }));
  const channel = await layer.newChannel();
  const waiting = layer.receive(channel, { timeout: 20_000 });
  let inbox = '';
  for await (const [part] of publisher) {
    if (part?.[0] === 1 && part[1] === 0x70) inbox = part.toString('latin1', 1);
    if (part?.[0] === 0x7a) break;
  }
  const header = new HeaderWriter('0102030405060708');
  const control = header.write(Kind.control, 0, 0, 0);
  const old = Buffer.from(control);
  old[1] = 0;
  await publisher.send([inbox]);
  await publisher.send([inbox, 'x']);
  await publisher.send([inbox, old, '{}']);
  await publisher.send([inbox, control, '{']);
  await publisher.send([inbox, control, '{"t":"?"}']);
  await publisher.send([inbox, header.write(0x21 as Kind, 0, 0, 0), '']);
  await publisher.send([inbox, header.write(Kind.direct, 1, 60, 0)]);
  await publisher.send([inbox, header.write(Kind.direct, 1, 60, 0), channel]);
  await publisher.send([inbox, header.write(Kind.direct, 1, 60, 0), channel, 'no message']);
  await publisher.send([inbox, header.write(Kind.direct, 2, 60, 0), channel, '']);
  await publisher.send([
    inbox,
    header.write(Kind.direct, 3, 60, 0),
    channel,
    Buffer.from('81a16e05', 'hex'),
  ]);
  t.same(await waiting, { n: 5 });
  t.ok(layer.stats().undecodable >= 7, `${layer.stats().undecodable} were counted`);
});

t.test('a peer with another key', async (t) => {
  const [pull, pub] = [freeAddress(), freeAddress()];
  const hub = new Hub({ pull, pub });
  await hub.start();
  t.teardown(() => hub.close());
  const where = { push: pull, pub };
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
  const [pull, pub] = [freeAddress(), freeAddress()];
  const hub = new Hub({ pull, pub, maxMessageSize: 1000 });
  await hub.start();
  t.teardown(() => hub.close());
  const layer = use(t, new DedicatedLayer({ push: pull, pub, expiry: 2000 }));
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

/** Options: what is refused, and with which words; and what `prefix` keeps apart. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import {
  type ChannelLayer,
  DedicatedLayer,
  EmbeddedLayer,
  Hub,
  MemoryLayer,
} from '../../src/layer/index.ts';
import { freeAddress } from '../support/layer/layer-addresses.ts';

t.test('an option of no use is refused, by its name and value', async (t) => {
  const bad: [options: object, message: RegExp][] = [
    [{ capacity: 0 }, /capacity is 0, expected an integer above 0/],
    [{ capacity: '5' }, /capacity is 5, expected/],
    [{ channelCapacity: { 'a*': 1.5 } }, /channelCapacity of a\* is 1\.5/],
    [{ expiry: 0 }, /expiry is 0, expected milliseconds above 0/],
    [
      { expiry: 60 },
      /expiry is 60, expected milliseconds, at least 100: Django's 60 is 60_000 here/,
    ],
    [{ groupExpiry: 99 }, /groupExpiry is 99, expected milliseconds, at least 100/],
    [{ expiry: 4_000_000_001 }, /expiry is 4000000001, expected .* at most 4000000000/],
    [{ expiry: Number.NaN }, /expiry is NaN/],
    [{ groupExpiry: -1 }, /groupExpiry is -1/],
    [{ localExpiry: '1' }, /localExpiry is 1, expected/],
    [{ localCapacity: 0 }, /localCapacity is 0/],
    [{ maxMessageSize: -5 }, /maxMessageSize is -5/],
    [{ prefix: 'a b' }, /prefix is a b, expected letters/],
    [{ prefix: 'x'.repeat(101) }, /prefix is x+, expected .* at most 100/],
    [{ codec: 'yaml' }, /codec is yaml, expected 'msgpack', 'json' or an object/],
    [{ codec: { encode: () => {} } }, /codec is/],
    [{ symmetricEncryptionKeys: [''] }, /./],
  ];
  for (const [options, message] of bad) {
    t.throws(() => new MemoryLayer(options), { code: 'ERR_INVALID_OPTION', message });
  }
  const incomplete: [make: () => unknown, message: RegExp][] = [
    [() => new EmbeddedLayer({} as never), /needs an address/],
    [() => new EmbeddedLayer(undefined as never), /needs an address/],
    [() => new DedicatedLayer({}), /hub is undefined, expected an address/],
    [() => new DedicatedLayer(undefined as never), /hub is undefined/],
    [() => new DedicatedLayer({ hubs: [] }), /hubs is empty/],
    [() => new DedicatedLayer({ hubs: ['a', ''] }), /hubs is , expected an address/],
    [() => new DedicatedLayer({ hub: 'a', hubs: ['a'] }), /either hub or hubs/],
    [() => new DedicatedLayer({ push: 'a', pub: 'b' }), /push and pub are for channels_zmq/],
    [() => new DedicatedLayer({ wire: 'channels_zmq', push: 'a' }), /pub is undefined/],
    [() => new DedicatedLayer({ wire: 'channels_zmq', hub: 'a' }), /needs push and pub/],
    [() => new Hub({} as never), /an address for bind/],
    [() => new Hub(undefined as never), /an address for bind/],
    [() => new Hub({ wire: 'channels_zmq', pull: 'a' } as never), /an address for pub/],
    [() => new Hub({ bind: 'a', pull: 'a' }), /pull is for channels_zmq only/],
    [
      () => new Hub({ bind: 'a', wire: 'channels_zmq', pull: 'a', pub: 'b' }),
      /bind is not for channels_zmq/,
    ],
  ];
  for (const [make, message] of incomplete) {
    t.throws(make, { code: 'ERR_INVALID_OPTION', message });
  }
});

t.test('a layer that could not be made does not keep its process', async (t) => {
  const layers = new URL('../../src/layer/index.ts', import.meta.url).href;
  const program = `
    const { DedicatedLayer } = await import(${JSON.stringify(layers)});
    try {
      new DedicatedLayer({ hubs: ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:none'] });
    } catch ({ code }) {
      console.log(code);
    }
  `;
  const args = ['--import=tsx', '--input-type=module', '-e', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
  t.equal(stdout, 'EINVAL\n');
});

t.test('layers with different prefixes share nothing but the hub', async (t) => {
  const bind = freeAddress();
  const hub = new Hub({ bind });
  await hub.start();
  t.teardown(() => hub.close());
  const where = { hub: bind };
  const [red, alsoRed, blue] = ['red', 'red', 'blue'].map((prefix) =>
    use(t, new DedicatedLayer({ ...where, prefix })),
  ) as [ChannelLayer, ChannelLayer, ChannelLayer];
  const plain = use(t, new DedicatedLayer(where));
  const members = await Promise.all([red, blue].map((layer) => layer.newChannel()));
  await red.groupAdd('room', members[0]!);
  await blue.groupAdd('room', members[1]!);
  await alsoRed.groupSend('room', { n: 1 });
  await alsoRed.send('jobs', { n: 2 });
  await blue.send('jobs', { n: 3 });
  t.same(await red.receive(members[0]!), { n: 1 });
  t.same(await blue.receive('jobs'), { n: 3 });
  await blue.ready();
  await t.rejects(blue.receive(members[1]!, { timeout: 50 }), { code: 'ERR_TIMEOUT' });

  await blue.flush();
  await plain.flush();
  t.same(
    await red.receive('jobs'),
    { n: 2 },
    'what others have is not flushed, nor by who has no prefix',
  );
  await alsoRed.groupSend('room', { n: 4 });
  t.same(await red.receive(members[0]!), { n: 4 });
});

t.test('a codec of one’s own', async (t) => {
  const codec = {
    name: 'reversed',
    encode: (message: object) => Buffer.from([...JSON.stringify(message)].reverse().join('')),
    decode: (octets: Uint8Array) =>
      JSON.parse([...Buffer.from(octets).toString()].reverse().join('')),
  };
  const layer = use(t, new MemoryLayer({ codec }));
  await layer.send('a', { n: 1 });
  t.same(await layer.receive('a'), { n: 1 });
});

function use<L extends { close(): Promise<void> }>(t: Test, layer: L): L {
  t.teardown(() => layer.close());
  return layer;
}

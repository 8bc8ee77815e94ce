/** Layers and hubs under CURVE and PLAIN: who belongs there works as ever, who does not gets and gives nothing. */

import t, { type Test } from 'tap';
import { Authenticator, Certificate, Context, curveKeyPair, Dealer } from '../../../src/index.ts';
import {
  DedicatedLayer,
  type DedicatedLayerOptions,
  EmbeddedLayer,
  Hub,
  type HubOptions,
  type LayerEvents,
  type SecurityOptions,
} from '../../../src/layer/index.ts';
import { alone } from '../../../src/layer/native/greeting.ts';
import { encode } from '../../../src/layer/native/records.ts';
import { freeAddress } from '../../support/layer/layer-addresses.ts';
import { HELLO, said } from '../../support/layer/said.ts';
import { connectRaw } from '../../support/raw-peer.ts';
import { Log, use as useSocket } from '../../support/sockets.ts';

const [ours, hubs, alices, mallorys] = [0, 1, 2, 3].map(() => curveKeyPair()) as [
  Pair,
  Pair,
  Pair,
  Pair,
];
type Pair = ReturnType<typeof curveKeyPair>;
type AnyLayer = EmbeddedLayer | DedicatedLayer;

/** What who listens and who connects are told, for each way to be secure. */
const WAYS: Record<string, [listens: SecurityOptions, connects: SecurityOptions]> = {
  'one pair for all': [{ curve: ours }, { curve: ours }],
  'a pair for each': [
    { curve: { ...hubs, clients: [alices.publicKey] } },
    { curve: { ...alices, serverKey: hubs.publicKey } },
  ],
  'all who know the key': [
    { curve: { ...hubs, clients: '*' } },
    { curve: { ...alices, serverKey: hubs.publicKey } },
  ],
  'a callback': [
    {
      curve: hubs,
      authenticate: new Authenticator().curve([alices.publicKey]).authenticate,
    },
    { curve: { ...alices, serverKey: hubs.publicKey } },
  ],
  'one password for all': [
    { plain: { username: 'us', password: 'pass' } },
    { plain: { username: 'us', password: 'pass' } },
  ],
  'a password for each': [
    { plain: { users: { alice: 'wonder', bob: 'builder' } } },
    { plain: { username: 'alice', password: 'wonder' } },
  ],
};

for (const [way, [listens, connects]] of Object.entries(WAYS)) {
  for (const wire of ['native', 'channels_zmq'] as const) {
    t.test(`${way}, ${wire}`, async (t) => {
      const address = freeAddress();
      const producer = use(t, new EmbeddedLayer({ address, wire, ...listens }));
      await producer.bind();
      await passes(t, producer, use(t, new EmbeddedLayer({ address, wire, ...connects })));

      const where = await hubAt(t, { wire, ...listens });
      const [one, two] = [0, 1].map(() =>
        use(t, new DedicatedLayer({ ...where, wire, ...connects })),
      ) as [DedicatedLayer, DedicatedLayer];
      await one.ready();
      await passes(t, one, two);
    });
  }
}

t.test('several hubs, and a certificate for a pair', async (t) => {
  const curve = Certificate.create({ name: 'all of us' });
  const all = [await hubAt(t, { curve }), await hubAt(t, { curve })];
  const layer = use(t, new DedicatedLayer({ hubs: all.map(({ hub }) => hub!), curve }));
  await layer.ready();
  for (let n = 0; n < 8; n++) {
    await layer.send(`channel.${n}`, { n });
    t.same(await layer.receive(`channel.${n}`), { n });
  }
});

t.test('who does not belong there gets nothing, gives nothing, and is reported', async (t) => {
  const strangers: [string, SecurityOptions, string | number][] = [
    ['in the clear', {}, 'ERR_ZMTP_MECHANISM_MISMATCH'],
    ['with PLAIN', { plain: { username: 'a', password: 'b' } }, 'ERR_ZMTP_MECHANISM_MISMATCH'],
    ['with another pair', { curve: mallorys }, 'ERR_ZMTP_CRYPTOGRAPHIC'],
    ['who knows our public key', { curve: { ...mallorys, serverKey: ours.publicKey } }, 400],
  ];
  for (const [who, options, reason] of strangers) {
    await t.test(who, async (t) => {
      const hub = new Hub({ bind: 'tcp://127.0.0.1:*', curve: ours });
      await hub.start();
      t.teardown(() => hub.close());
      const { bind } = hub.stats();
      const refused = refusal(hub, bind);
      const stranger = use(t, new DedicatedLayer({ hub: bind, expiry: 2000, ...options }));
      const told = refusal(stranger, bind);
      const received = stranger.receive('secret', { timeout: 60_000 }).catch((error) => error);
      const sent = stranger.send('secret', { from: 'a stranger' }).catch((error) => error);
      const { error } = await refused;
      t.equal(error.status ?? error.code, reason, 'the hub says why');
      t.type((await told).error, Error, 'and so does the stranger');
      const lawful = use(t, new DedicatedLayer({ hub: bind, curve: ours }));
      await lawful.send('secret', { from: 'us' });
      t.same(await lawful.receive('secret'), { from: 'us' });
      t.match(hub.stats(), { sent: 1, peers: 1, undecodable: 0 }, 'only ours came through');
      t.match(await sent, { code: /ERR_UNCONFIRMED|ERR_CHANNEL_FULL|ERR_LAYER/ });
      await stranger.close();
      t.match(await received, { code: 'ERR_LAYER_CLOSED' }, 'it has waited in vain');
    });
  }
});

t.test('a stranger at the socket of a producer, and at that of a hub', async (t) => {
  const producer = use(t, new EmbeddedLayer({ address: freeAddress(), curve: ours }));
  await producer.bind();
  const hub = new Hub({ bind: freeAddress(), curve: ours });
  await hub.start();
  t.teardown(() => hub.close());
  const question = encode('subscribe', { request: 1, before: 0, group: 'everybody' });
  const messages = [alone(HELLO, 1), said(question)];
  const keys = { ...socketKeys(mallorys), curveServerKey: ours.publicKey };
  for (const [address, options, event] of [
    [producer.address!, {}, 'handshake:error:protocol'],
    [hub.stats().bind, keys, 'handshake:error:auth'],
  ] as const) {
    const stranger = useSocket(t, new Dealer(options));
    const log = new Log(stranger);
    stranger.connect(address);
    for (const message of messages) await stranger.send(message);
    await log.next(event);
    t.equal(stranger.tryReceive(), undefined);
    t.equal(log.count('handshake'), 0);
  }
  t.match(hub.stats(), { peers: 0, undecodable: 0 }, 'what waited to be sent did not come in');
  t.equal(producer.stats().peers, 0);
});

t.test('a domain is judged by the context, and by nobody else', async (t) => {
  const context = new Context();
  const asked: string[] = [];
  context.authenticate = ({ domain, mechanism }) => {
    asked.push(`${domain} ${mechanism}`);
    return { status: 200 };
  };
  const where = await hubAt(t, { curve: hubs, zapDomain: 'layers', context });
  const layer = use(
    t,
    new DedicatedLayer({ ...where, curve: { ...alices, serverKey: hubs.publicKey } }),
  );
  await layer.ready();
  t.same(asked, ['layers CURVE'], 'once for each connection');

  const alone = new Context();
  const locked = new Hub({
    bind: freeAddress(),
    curve: hubs,
    zapDomain: 'layers',
    context: alone,
  });
  await locked.start();
  t.teardown(() => locked.close());
  const { bind } = locked.stats();
  const refused = refusal(locked, bind);
  const outside = { hub: bind, curve: { ...alices, serverKey: hubs.publicKey } };
  use(t, new DedicatedLayer(outside));
  t.equal((await refused).error.code, 'EFAULT', 'nobody is there to judge');
});

t.test('who comes too often is turned away and told of; others are served', async (t) => {
  const hub = new Hub({ bind: 'tcp://127.0.0.1:*', maxHandshakesPerSecond: 2 });
  await hub.start();
  t.teardown(() => hub.close());
  const { bind } = hub.stats();
  const refused = refusal(hub, bind);
  await Promise.all(Array.from({ length: 10 }, () => connectRaw(t, bind, { from: '127.0.0.2' })));
  t.match(await refused, { error: { code: 'ERR_TOO_MANY_HANDSHAKES' } });
  const layer = use(t, new DedicatedLayer({ hub: bind }));
  await layer.ready();
});

t.test('half of it is refused at once, with the name of the option', async (t) => {
  const where: DedicatedLayerOptions = { hub: freeAddress() };
  const cases: [object, RegExp][] = [
    [{ curve: {} }, /curve\.publicKey is missing/],
    [{ curve: { publicKey: ours.publicKey } }, /curve\.secretKey is missing/],
    [{ curve: { secretKey: ours.secretKey } }, /curve\.publicKey is missing/],
    [{ curve: { ...ours, publicKey: 'short' } }, /curve: public key .* not 40 characters of Z85/],
    [{ curve: { ...ours, publicKey: hubs.publicKey } }, /curve: .* does not belong to its secret/],
    [{ curve: { ...ours, serverKey: 'x'.repeat(39) } }, /curve\.serverKey: .* not 40 characters/],
    [{ curve: ours, plain: { username: 'a' } }, /curve and plain are both given/],
    [{ plain: {} }, /plain\.username, or plain\.users/],
    [{ plain: { username: 'x'.repeat(256) } }, /plain\.username is no text of at most 255/],
    [{ authenticate: true }, /authenticate is no function/],
    [{ maxHandshakesPerSecond: 1.5 }, /maxHandshakesPerSecond is 1\.5, and no whole number/],
    [{ maxHandshakesPerSecond: -1 }, /maxHandshakesPerSecond is -1, and no whole number/],
  ];
  for (const [options, message] of cases) {
    const refused = { code: 'ERR_INVALID_OPTION', message };
    t.throws(() => new DedicatedLayer({ ...where, ...options }), refused);
    t.throws(() => new EmbeddedLayer({ address: freeAddress(), ...options }), refused);
    t.throws(() => new Hub({ bind: freeAddress(), ...options }), refused);
  }
  const hub = { bind: freeAddress() };
  const foreign = { ...ours, serverKey: hubs.publicKey };
  t.throws(() => new Hub({ ...hub, curve: foreign }), {
    message: /curve\.serverKey is not the key/,
  });
  t.throws(() => new Hub({ ...hub, curve: { ...ours, clients: ['x'] } }), {
    code: 'ERR_INVALID_OPTION',
    message: /curve\.clients: /,
  });
  t.throws(() => new Hub({ ...hub, plain: { users: '/nowhere/at/all' } }), {
    message: /plain\.users: .*ENOENT/,
  });
  t.throws(() => new DedicatedLayer({ ...where, plain: { users: { a: 'b' } } }), {
    message: /plain\.username is missing/,
  });
  const consumer = use(t, new EmbeddedLayer({ address: freeAddress(), curve: foreign }));
  await t.rejects(consumer.bind(), { message: /curve\.serverKey is not the key/ });
});

/** Messages go both ways: to a group with a member there, and to a channel from there if it may send. */
async function passes(t: Test, sender: AnyLayer, receiver: AnyLayer): Promise<void> {
  const channel = await receiver.newChannel();
  await receiver.groupAdd('room', channel);
  let received: unknown;
  const first = receiver.receive(channel).then((message) => {
    received = message;
  });
  // The wire of Python does not tell when a subscription is there.
  while (received === undefined) {
    await sender.groupSend('room', { n: 1 });
    await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 20))]);
  }
  t.same(received, { n: 1 });
}

/** A hub on an address of its own, and where layers find it. */
async function hubAt(
  t: Test,
  { wire, ...options }: Partial<HubOptions>,
): Promise<{ hub?: string; push?: string; pub?: string }> {
  const isPython = wire === 'channels_zmq';
  const hub = isPython
    ? new Hub({ wire, pull: freeAddress(), pub: freeAddress(), ...options })
    : new Hub({ bind: freeAddress(), ...options });
  await hub.start();
  t.teardown(() => hub.close());
  const { bind, pull: push, pub } = hub.stats();
  return isPython ? { push, pub } : { hub: bind };
}

/** The next refusal at `address`. */
function refusal(
  { events }: Pick<Hub, 'events'>,
  address: string,
): Promise<LayerEvents['refused'][0]> {
  return new Promise((resolve) => {
    events.on('refused', (event) => {
      if (event.address === address) resolve(event);
    });
  });
}

function socketKeys({ publicKey, secretKey }: Pair): {
  curvePublicKey: string;
  curveSecretKey: string;
} {
  return { curvePublicKey: publicKey, curveSecretKey: secretKey };
}

function use<L extends { close(): Promise<void> }>(t: Test, layer: L): L {
  t.teardown(() => layer.close());
  return layer;
}

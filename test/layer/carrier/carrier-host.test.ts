/** CarrierHost: what a layer does for a carrier, and what it keeps from it, with a carrier that does as it is told. */

import t, { type Test } from 'tap';
import {
  type Capabilities,
  type Carrier,
  type CarrierHost,
  ChannelLayer,
  type LayerOptions,
  Letter,
  type Settlement,
} from '../../../src/layer/carrier/index.ts';
import { DedicatedLayer, Hub, MemoryLayer } from '../../../src/layer/index.ts';
import { freeAddress } from '../../support/layer/layer-addresses.ts';
import { turns } from '../../support/local.ts';

const CAPABILITIES: Capabilities = {
  ...new MemoryLayer().capabilities,
  producers: 'many-processes',
};

class TestCarrier implements Carrier {
  readonly capabilities: Capabilities;
  readonly peerCount = 7;
  readonly host: CarrierHost;
  readonly told: unknown[] = [];
  /** What all calls return. */
  answer: Promise<void> = Promise.resolve();

  constructor(host: CarrierHost, capabilities: Partial<Capabilities>) {
    this.host = host;
    this.capabilities = { ...CAPABILITIES, ...capabilities };
  }

  send(channel: string): Promise<void> {
    return this.#tell('send', channel);
  }

  groupSend(group: string): Promise<void> {
    return this.#tell('groupSend', group);
  }

  want(channel: string): void {
    this.told.push(['want', channel]);
  }

  unwant(channel: string): void {
    this.told.push(['unwant', channel]);
  }

  settled({ token }: Letter, how: Settlement): void {
    this.told.push(['settled', token, how]);
  }

  levelsChanged(): void {
    this.told.push(['levels']);
  }

  join(group: string, channel: string): Promise<void> {
    return this.#tell('join', group, channel);
  }

  leave(group: string, channel: string): Promise<void> {
    return this.#tell('leave', group, channel);
  }

  emptied(group: string): void {
    this.told.push(['emptied', group]);
  }

  flush(): Promise<void> {
    return this.#tell('flush');
  }

  ready(): Promise<void> {
    return this.#tell('ready');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #tell(...what: unknown[]): Promise<void> {
    this.told.push(what);
    return this.answer;
  }
}

class TestLayer extends ChannelLayer {
  declare readonly own: TestCarrier;

  constructor(options: LayerOptions, capabilities: Partial<Capabilities> = {}) {
    let own: TestCarrier;
    super(options, (host) => {
      own = new TestCarrier(host, capabilities);
      return own;
    });
    Object.defineProperty(this, 'own', { value: own! });
  }
}

function make(
  t: Test,
  options: LayerOptions = {},
  capabilities: Partial<Capabilities> = {},
): { layer: TestLayer; carrier: TestCarrier; host: CarrierHost } {
  const layer = new TestLayer({ codec: 'json', ...options }, capabilities);
  t.teardown(() => layer.close());
  return { layer, carrier: layer.own, host: layer.own.host };
}

function letterOf(host: CarrierHost, n: number): Letter {
  const letter = new Letter(Buffer.from(JSON.stringify({ n })), host.expiryOf(60_000));
  letter.token = n;
  return letter;
}

t.test('what arrives is read, and settled when the last channel has let go', async (t) => {
  const { layer, carrier, host } = make(t, { prefix: 'site' });
  const received = layer.receive('a');
  t.equal(host.waitingAt('site:a'), 1);
  t.same([...host.waiting()], [['site:a', 1]]);
  t.equal(host.deliver('site:a', letterOf(host, 1)), 'read');
  t.same(await received, { n: 1 });
  for (const channel of ['x', 'y']) {
    const name = await layer.newChannel(channel);
    t.equal(host.processOf(`site:${name}`), host.key);
    host.addMember('site:g', `site:${name}`);
  }
  host.deliverToGroup('site:g', letterOf(host, 2));
  const [one, two] = [...host.memberships()].map(([, channel]) => channel) as [string, string];
  t.same(await layer.receive(host.bare(one)), { n: 2 });
  t.same(carrier.told.splice(0), [['want', 'site:a'], ['settled', 1, 'read'], ['levels']]);
  t.same(await layer.receive(host.bare(two)), { n: 2 });
  t.same(carrier.told.splice(0), [['settled', 2, 'read']]);
  t.equal(host.offer('site:a', letterOf(host, 3)), false, 'nobody waits');
  t.same(carrier.told, []);
  t.match(layer.stats(), { delivered: 3, received: 3, peers: 7 });
});

t.test('a channel that is full is told, and its letter is settled', async (t) => {
  const { layer, carrier, host } = make(t, { capacity: 1 });
  t.equal(host.capacityOf('a'), 1);
  t.equal(host.deliver('a', letterOf(host, 1)), 'kept');
  t.equal(host.deliver('a', letterOf(host, 2)), 'full');
  t.equal(host.deliver('a', letterOf(host, 3), Number.POSITIVE_INFINITY), 'kept');
  t.equal(host.unreadOf('a'), 2);
  t.same([...host.takeLevels()].length, 1);
  t.same(
    host.takeBack('a', 1).map(({ token }) => token),
    [3],
  );
  t.same(await layer.receive('a'), { n: 1 });
  t.same(carrier.told, [['levels'], ['settled', 2, 'dropped'], ['levels'], ['settled', 1, 'read']]);
});

t.test('what is cleared and what expires is settled, and emptied groups are told', async (t) => {
  let now = 0;
  const { carrier, host } = make(t, { prefix: 'p', groupExpiry: 10_000, clock: () => now });
  t.equal(host.addMember('p:g', 'p:a'), true);
  t.equal(host.addMember('p:g', 'p:b'), false);
  t.equal(host.memberCountOf('p:g'), 2);
  t.equal(host.removeMember('p:g', 'p:a'), false);
  t.ok(host.hasMember('p:g', 'p:b'));
  host.addMember('other', 'p:a');
  host.deliver('p:a', letterOf(host, 1));
  host.clear();
  t.same([...host.groupNames()], ['other'], 'another prefix is not ours');
  now = 70_000;
  t.equal(host.deliver('p:a', letterOf(host, 2)), 'kept');
  t.same(carrier.told, [['levels'], ['settled', 1, 'dropped'], ['emptied', 'p:g']]);
});

t.test('what was on its way for longer than it may live is not read', async (t) => {
  const { layer, carrier, host } = make(t);
  t.teardown(() => layer.close());
  const told: unknown[] = [];
  layer.events.on('expired', (event) => told.push(event));
  host.addMember('g', 'a');
  const received = layer.receive('a');
  const old = new Letter(Buffer.from('{}'), host.expiryOf(3000, 9000));
  t.equal(host.deliver('a', old), 'expired');
  host.deliverToGroup('g', old);
  t.equal(host.deliver('a', letterOf(host, 1)), 'read');
  t.same(await received, { n: 1 });
  t.match(layer.stats(), { expired: 2, delivered: 1, received: 1 });
  t.equal(told.length, 2);
  t.equal(carrier.told.filter((what) => (what as string[])[2] === 'expired').length, 2);
});

t.test('memberships last for ever where a carrier says so', async (t) => {
  let now = 0;
  const { host } = make(t, { groupExpiry: 10_000, clock: () => now }, { groupExpiry: false });
  host.addMember('g', 'a');
  now = 1e9;
  host.deliverToGroup('g', letterOf(host, 1));
  t.equal(host.unreadOf('a'), 1);
});

t.test('what a carrier does not support is refused by name', async (t) => {
  const { layer, carrier } = make(
    t,
    {},
    { extensions: ['groups'], ordinaryChannels: 'none', foreignMembers: false, except: false },
  );
  const own = await layer.newChannel();
  const foreign = own.replace(/\.[0-9a-f]{16}!/, '.0123456789abcdef!');
  const unsupported = (message: RegExp) => ({ code: 'ERR_UNSUPPORTED', message });
  await t.rejects(layer.send('jobs', {}), unsupported(/channel jobs/));
  await t.rejects(layer.receive('jobs'), unsupported(/channel jobs/));
  await t.rejects(layer.groupAdd('g', 'jobs'), unsupported(/channel jobs/));
  await t.rejects(layer.groupAdd('g', foreign), unsupported(/another process/));
  await t.rejects(layer.groupSend('g', {}, { except: own }), unsupported(/except/));
  await t.rejects(layer.flush(), unsupported(/flush/));
  t.same(carrier.told, []);
  await layer.send(foreign, {});
  await layer.groupAdd('g', own);
  t.equal(carrier.told.length, 2);
});

t.test('calls end in time although a carrier never answers', async (t) => {
  const { layer, carrier } = make(t);
  carrier.answer = new Promise(() => {});
  const calls = {
    groupAdd: (options: object) => layer.groupAdd('g', 'a', options),
    groupDiscard: (options: object) => layer.groupDiscard('g', 'a', options),
    flush: (options: object) => layer.flush(options),
  };
  for (const [name, call] of Object.entries(calls)) {
    await t.rejects(call({ timeout: 10 }), { code: 'ERR_TIMEOUT' }, name);
    const reason = new Error('enough');
    await t.rejects(call({ signal: AbortSignal.abort(reason) }), reason, `${name}, aborted before`);
    const stop = new AbortController();
    const waiting = call({ signal: stop.signal });
    stop.abort(reason);
    await t.rejects(waiting, reason, `${name}, aborted`);
  }
  t.equal(carrier.told.length, 6, 'what was aborted before was not begun');
});

t.test('a time-out is milliseconds from 0; one beyond what timers know still waits', async (t) => {
  const { layer, carrier } = make(t);
  let answer = () => {};
  carrier.answer = new Promise((resolve) => {
    answer = resolve;
  });
  const calls: Record<string, (timeout: number) => Promise<unknown>> = {
    receive: (timeout) => layer.receive('a', { timeout }),
    groupAdd: (timeout) => layer.groupAdd('g', 'a', { timeout }),
    groupDiscard: (timeout) => layer.groupDiscard('g', 'a', { timeout }),
    flush: (timeout) => layer.flush({ timeout }),
    ready: (timeout) => layer.ready({ timeout }),
  };
  for (const [name, call] of Object.entries(calls)) {
    for (const bad of [-1, Number.NaN, '5', null]) {
      const expected = {
        code: 'ERR_INVALID_OPTION',
        message: /timeout is .*, expected milliseconds/,
      };
      await t.rejects(call(bad as number) as Promise<void>, expected, `${name} ${bad}`);
    }
    await t.rejects(call(0) as Promise<void>, { code: 'ERR_TIMEOUT' }, `${name} 0`);
  }
  const waits = Object.values(calls).flatMap((call) => [call(2 ** 31), call(Infinity)]);
  let settledCount = 0;
  for (const wait of waits) wait.finally(() => settledCount++);
  await turns(3);
  t.equal(settledCount, 0);
  answer();
  for (let n = 0; n < 2; n++) layer.own.host.deliver('a', letterOf(layer.own.host, n));
  await Promise.all(waits);
});

t.test('without a hub, calls end in time, and memberships come about later', async (t) => {
  const address = freeAddress();
  const where = { hub: address };
  const layer = new DedicatedLayer(where);
  t.teardown(() => layer.close());
  const channel = await layer.newChannel();
  const expected = { code: 'ERR_TIMEOUT' };
  await t.rejects(layer.groupAdd('g', channel, { timeout: 10 }), expected);
  await t.rejects(layer.groupDiscard('g', 'foreign', { timeout: 10 }), expected);
  const hub = new Hub({ bind: where.hub });
  t.teardown(() => hub.close());
  await hub.start();
  await layer.ready();
  await layer.groupSend('g', { n: 1 });
  t.same(await layer.receive(channel), { n: 1 });
  await hub.close();
  await t.rejects(layer.flush({ timeout: 10 }), expected);
});

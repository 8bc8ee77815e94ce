/** The wire of channels_zmq: among ourselves, and with Python processes where pyzmq is installed. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { Publisher, Subscriber } from '../../../src/index.ts';
import { DedicatedLayer, EmbeddedLayer, Hub } from '../../../src/layer/index.ts';
import { freeAddress } from '../../support/layer/layer-addresses.ts';

const wire = 'channels_zmq';
const PYTHON = '/usr/bin/python3';
const PEER = join(import.meta.dirname, '../../support/peers/channels-zmq-peer.py');
const skip =
  spawnSync(PYTHON, ['-c', 'import zmq']).status === 0 ? false : 'pyzmq is not installed';

t.test('embedded, among ourselves', async (t) => {
  const address = freeAddress();
  const [producer, consumer] = [0, 1].map(() => use(t, new EmbeddedLayer({ address, wire }))) as [
    EmbeddedLayer,
    EmbeddedLayer,
  ];
  await producer.bind();
  const channel = await consumer.newChannel();
  await consumer.groupAdd('room', channel);
  await consumer.groupAdd('room', channel);
  const received = consumer.receive('chat');
  await consumer.ready();
  await subscribed(producer, consumer);
  await producer.send('chat', { n: 1 });
  t.same(await received, { n: 1 }, 'an ordinary channel');
  await producer.send(channel, { n: 2 });
  await producer.groupSend('room', { n: 3 });
  t.same(
    await consumer.receive(channel),
    { n: 2 },
    'a process-specific one, with the key stripped',
  );
  t.same(await consumer.receive(channel), { n: 3 }, 'a group');
  await producer.groupAdd('room', 'here');
  await producer.groupSend('room', { n: 4 });
  t.same(await producer.receive('here'), { n: 4 }, 'the producer itself is a member');
  await t.rejects(producer.groupSend('room', {}, { except: 'x' }), { code: 'ERR_UNSUPPORTED' });
  const second = use(t, new EmbeddedLayer({ address, wire }));
  await t.rejects(second.send('chat', {}), { code: 'ERR_ADDRESS_IN_USE' });
});

t.test('dedicated, among ourselves', async (t) => {
  const address = freeAddress();
  const hub = new Hub({ pull: `${address}-pull`, pub: `${address}-pub`, wire });
  await hub.start();
  t.teardown(() => hub.close());
  const where = { push: `${address}-pull`, pub: `${address}-pub`, wire } as const;
  const [one, two] = [use(t, new DedicatedLayer(where)), use(t, new DedicatedLayer(where))];
  const channel = await two.newChannel();
  await two.groupAdd('room', channel);
  await one.ready();
  await two.ready();
  await subscribed(one, two);
  await one.groupSend('room', { n: 1 });
  t.same(await two.receive(channel), { n: 1 });
  await one.send(channel, { n: 2 });
  t.same(await two.receive(channel), { n: 2 });
  t.match(hub.stats(), { peers: 1 });
});

t.test('what a reader waits for is not refused because of what others have not read', async (t) => {
  const layer = use(t, new EmbeddedLayer({ address: freeAddress(), wire, capacity: 1 }));
  await layer.bind();
  const [slow, quick] = [await layer.newChannel(), await layer.newChannel()];
  for (const channel of [slow, quick]) await layer.groupAdd('g', channel);
  await layer.send(slow, { n: 1 });
  await t.rejects(layer.send(quick, { n: 2 }), { code: 'ERR_CHANNEL_FULL' });
  const received = layer.receive(quick);
  await layer.send(quick, { n: 3 });
  t.same(await received, { n: 3 });
});

t.test('a clock that is ahead is hinted at, with what it has cost', async (t) => {
  const address = freeAddress();
  const publisher = new Publisher();
  t.teardown(() => publisher.close());
  await publisher.bind(address);
  const layer = use(t, new EmbeddedLayer({ address, wire }));
  const [expired, skew] = [[] as unknown[], [] as { count: number; late: number }[]];
  layer.events.on('expired', (event) => expired.push(event));
  layer.events.on('skew', (event) => skew.push(event));
  const received = layer.receive('chat');
  await publisher.waitFor('subscription');
  const now = Date.now() / 1000;
  for (let n = 0; n < 3; n++) await publisher.send(`chat\n${now - 1}\n{"n": ${n}}`);
  await publisher.send(`chat\n${now + 60}\n{"n": 3}`);
  t.same(await received, { n: 3 });
  t.same(expired, Array(3).fill({ channel: 'chat', count: 1 }));
  t.match(skew, [{ address, count: 1 }], 'told of once in a while');
  t.ok(skew[0]!.late >= 1000 && skew[0]!.late < 60_000, `${skew[0]!.late} ms`);
  t.equal(layer.stats().expired, 3);
});

t.test('what cannot be read is counted and dropped', async (t) => {
  const address = freeAddress();
  const publisher = new Publisher();
  t.teardown(() => publisher.close());
  await publisher.bind(address);
  const layer = use(t, new EmbeddedLayer({ address, wire }));
  const received = layer.receive('chat');
  await publisher.waitFor('subscription');
  const soon = Date.now() / 1000 + 60;
  for (const text of ['chat\n', 'chat\nx\n{}', `chat\n${soon}\n{`, `chat\n${soon}\n{"a": NaN}`]) {
    await publisher.send(text);
  }
  await publisher.send(`chat\n${soon - 70}\n{"n": 0}`);
  await publisher.send(`chat\n${soon}\n{"n": 1}`);
  t.same(await received, { n: 1 });
  t.match(layer.stats(), { undecodable: 4, expired: 1 });
});

t.test('what we send, a plain SUB reads', async (t) => {
  const address = freeAddress();
  const layer = use(t, new EmbeddedLayer({ address, wire }));
  await layer.bind();
  const subscriber = new Subscriber();
  t.teardown(() => subscriber.close());
  subscriber.connect(address);
  subscriber.subscribe('specific.x!\n', 'probe\n');
  for (;;) {
    await layer.send('probe', {});
    const [probe] = await subscriber.receive({ timeout: 20 }).catch(() => []);
    if (probe !== undefined) break;
  }
  const before = Date.now() / 1000;
  await layer.send('specific.x!abc', { text: 'é' });
  for (;;) {
    const [topic, expiry, json] = String((await subscriber.receive())[0]).split('\n');
    if (topic === 'probe') continue;
    t.equal(json, '{"text": "\\u00e9", "__asgi_channel__": "specific.x!abc"}');
    t.ok(Math.abs(Number(expiry) - before - 60) < 5);
    break;
  }
});

t.test('with Python', { skip }, async (t) => {
  await t.test('embedded, Python sends', async (t) => {
    const python = peer(t);
    const address = freeAddress();
    await python({ do: 'PUB', how: 'bind', address });
    const layer = use(t, new EmbeddedLayer({ address, wire }));
    const channel = await layer.newChannel();
    await layer.groupAdd('room', channel);
    await layer.ready();
    await python({ do: 'send', by: 'PUB', topic: 'room', message: { n: 0 } });
    for (;;) {
      const message = await layer.receive(channel, { timeout: 100 }).catch(() => undefined);
      if (message !== undefined) break;
      await python({ do: 'send', by: 'PUB', topic: 'room', message: { n: 0 } });
    }
    const message = { n: 2, __asgi_channel__: channel };
    await python({ do: 'send', by: 'PUB', topic: `${channel.split('!')[0]}!`, message });
    for (;;) {
      const received = await layer.receive(channel);
      if (received['n'] === 0) continue;
      t.same(received, { n: 2 });
      break;
    }
  });

  await t.test('embedded, Python receives', async (t) => {
    const python = peer(t);
    const layer = use(t, new EmbeddedLayer({ address: freeAddress(), wire }));
    await layer.bind();
    const topics = ['room', 'specific.x!'];
    await python({ do: 'SUB', how: 'connect', address: layer.address, topics });
    const first = python({ do: 'receive' });
    let answer: unknown;
    void first.then((value) => {
      answer = value;
    });
    while (answer === undefined) {
      await layer.groupSend('room', { text: 'hé', list: [1, null, 0.5] });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    t.same(answer, ['room', true, { text: 'hé', list: [1, null, 0.5] }]);
  });

  await t.test('dedicated, Python is the queue service and a producer', async (t) => {
    const [service, producer] = [peer(t), peer(t)];
    const [pull, pub] = [freeAddress(), freeAddress()];
    await service({ do: 'PULL', how: 'bind', address: pull });
    await service({ do: 'PUB', how: 'bind', address: pub });
    await producer({ do: 'PUSH', how: 'connect', address: pull });
    const layer = use(t, new DedicatedLayer({ push: pull, pub, wire }));
    const received = layer.receive('chat');
    await layer.ready();
    void service({ do: 'serve', count: 1_000_000 });
    let message: unknown;
    void received.then((value) => {
      message = value;
    });
    for (let n = 0; message === undefined; n++) {
      await (n % 2 === 0
        ? producer({ do: 'send', by: 'PUSH', topic: 'chat', message: { from: 'python' } })
        : layer.send('chat', { from: 'node' }));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    t.match(message, { from: /python|node/ });
  });

  await t.test('dedicated, our hub between Python processes', async (t) => {
    const [producer, consumer] = [peer(t), peer(t)];
    const [pull, pub] = [freeAddress(), freeAddress()];
    const hub = new Hub({ pull, pub, wire });
    await hub.start();
    t.teardown(() => hub.close());
    await producer({ do: 'PUSH', how: 'connect', address: pull });
    await consumer({ do: 'SUB', how: 'connect', address: pub, topics: ['chat'] });
    let answer: unknown;
    void consumer({ do: 'receive' }).then((value) => {
      answer = value;
    });
    while (answer === undefined) {
      await producer({ do: 'send', by: 'PUSH', topic: 'chat', message: { a: [] } });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    t.same(answer, ['chat', true, { a: [] }]);
  });
});

function use<L extends { close(): Promise<void> }>(t: Test, layer: L): L {
  t.teardown(() => layer.close());
  return layer;
}

/** This wire has no answer to a subscription: send until the first message is through, then take what came. */
async function subscribed(
  producer: EmbeddedLayer | DedicatedLayer,
  consumer: EmbeddedLayer | DedicatedLayer,
): Promise<void> {
  const probe = await consumer.newChannel('probe');
  for (;;) {
    const received = consumer.receive(probe, { timeout: 100 }).catch(() => undefined);
    await producer.send(probe, {});
    if ((await received) !== undefined) return;
  }
}

/** Starts the Python process; what it returns sends it a command and awaits the answer. */
function peer(t: Test): (command: object) => Promise<unknown> {
  const child: ChildProcess = spawn(PYTHON, [PEER], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(async () => {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  });
  const lines = createInterface(child.stdout!);
  const answers: ((answer: unknown) => void)[] = [];
  lines.on('line', (line) => answers.shift()?.(JSON.parse(line)));
  return (command) => {
    child.stdin!.write(`${JSON.stringify(command)}\n`);
    return new Promise((resolve) => {
      answers.push(resolve);
    });
  };
}

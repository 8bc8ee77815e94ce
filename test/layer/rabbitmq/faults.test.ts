/** What RabbitmqLayer does when its broker dies, stops, refuses, is short of memory, or hands it what is no message. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { encode } from '@msgpack/msgpack';
import t, { type Test } from 'tap';
import { REPORT_INTERVAL } from '../../../src/layer/events.ts';
import { loadClient } from '../../../src/layer/rabbitmq/client.ts';
import { RabbitmqLayer, type RabbitmqLayerOptions } from '../../../src/layer/rabbitmq/index.ts';
import { RabbitmqBroker, skipRabbitmq } from '../../support/layer/rabbitmq-broker.ts';
import { PATIENCE } from '../../support/patience.ts';

t.test('the missing library is named with the command that installs it', async (t) => {
  const load = () => {
    throw new Error('Cannot find module');
  };
  const message = /npm install rabbitmq-client$/;
  t.throws(() => loadClient(load), { code: 'ERR_UNSUPPORTED', message });
});

t.test('options that make no sense are refused', async (t) => {
  const bad: RabbitmqLayerOptions[] = [
    { url: 'http://localhost' },
    { url: 'amqp://localhost/a/b' },
    { url: [] },
    { remoteCapacity: 0 },
    { heartbeatInterval: 10 },
    { queue: 'a!b' },
    { tls: {} },
  ];
  for (const options of bad) {
    t.throws(() => new RabbitmqLayer(options), { code: 'ERR_INVALID_OPTION' });
  }
});

t.test('a broker', { skip: skipRabbitmq }, async (t) => {
  const broker = await RabbitmqBroker.start({ tls: 'mutual' });
  t.teardown(() => broker.stop());
  const open = (options: RabbitmqLayerOptions = {}) => {
    const layer = new RabbitmqLayer({
      url: broker.url(),
      reconnectInterval: 50,
      reconnectMaxInterval: 200,
      heartbeatInterval: 1000,
      ...options,
    });
    t.teardown(() => layer.close());
    return layer;
  };

  const goesOn = async (t: Test, layer: RabbitmqLayer, channel: string) => {
    await layer.groupSend('room', { n: 1 });
    t.same(await layer.receive(channel, { timeout: PATIENCE }), { n: 1 });
  };

  t.test('wrong password, missing virtual host, wrong port: an event that says so', async (t) => {
    for (const [url, code] of [
      [broker.url('guest', 'asgi', 'wrong'), 'ACCESS_REFUSED'],
      [broker.url('guest', 'missing'), 'NOT_ALLOWED'],
      ['amqp://127.0.0.1:1/asgi', 'ECONNREFUSED'],
    ] as const) {
      const layer = open({ url });
      const [{ error }] = await once(layer.events, 'refused');
      t.equal(error.code, code, url);
      await layer.close();
    }
  });

  t.test('several URLs, and a name with many addresses: each is tried in turn', async (t) => {
    const { port } = new URL(broker.url());
    const urls = ['amqp://127.0.0.1:1/asgi', `amqp://guest:guest@localhost:${port}/asgi`];
    const layer = open({ url: urls });
    const [[{ error }], [{ address }]] = await Promise.all([
      once(layer.events, 'refused'),
      once(layer.events, 'connect'),
    ]);
    t.equal(error.code, 'ECONNREFUSED');
    t.equal(address, `127.0.0.1:${port}`, 'the address of the name that answers');
    await layer.close();
  });

  t.test('without any broker messages expire, and every one is accounted for', async (t) => {
    const layer = open({ url: 'amqp://127.0.0.1:1/asgi', expiry: 200 });
    const lost = once(layer.events, 'lost');
    const sent = Promise.all([
      t.rejects(layer.send('x!y', {}), { code: 'ERR_UNCONFIRMED' }),
      t.rejects(layer.send('jobs', {}), { code: 'ERR_UNCONFIRMED' }),
    ]);
    await layer.groupSend('room', {});
    await Promise.all([sent, lost]);
    t.match(layer.stats(), { sent: 0, groupSent: 1, lost: 1, full: 0 });
    await layer.close();
  });

  t.test('TLS with a client certificate; a wrong CA and no certificate are refused', async (t) => {
    const { ca, otherCa, client } = broker.certificates!;
    const read = (file: string) => readFileSync(file);
    const pair = { cert: read(client.cert), key: read(client.key) };
    const layer = open({ url: broker.tlsUrl, tls: { ca: read(ca), ...pair } });
    await layer.ready({ timeout: PATIENCE });
    const channel = await layer.newChannel();
    await layer.send(channel, { n: 1 });
    t.same(await layer.receive(channel), { n: 1 });
    for (const [title, tls, code] of [
      ['wrong CA', { ca: read(otherCa), ...pair }, /^UNABLE_TO_VERIFY|^SELF_SIGN/],
      // The broker tells it when the client has finished its part, and closes: whichever is seen first.
      [
        'no certificate',
        { ca: read(ca) },
        /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|ECONNRESET|EPIPE|CONN_CLOSE/,
      ],
    ] as const) {
      const refused = open({ url: broker.tlsUrl, tls, expiry: 300 });
      const sent = t.rejects(refused.send(channel, {}), { code: 'ERR_UNCONFIRMED' }, title);
      const [{ error }] = await once(refused.events, 'refused');
      t.match(error.code, code, title);
      await sent;
      t.match(refused.stats(), { sent: 0, lost: 0 });
      await refused.close();
    }
  });

  t.test('without permission to configure, the layer is refused', async (t) => {
    const layer = open({ url: broker.url('reader') });
    const [{ error }] = await once(layer.events, 'refused');
    t.equal(error.code, 'ACCESS_REFUSED');
    await layer.close();
  });

  t.test('without permission to publish to queues, send is refused and groups go on', async (t) => {
    const layer = open({ url: broker.url('listener'), queue: 'listener' });
    await layer.groupAdd('room', 'listener!1');
    await t.rejects(layer.send('listener!1', {}), {
      code: 'ERR_REFUSED',
      message: /refused by the broker.*amq\.default|access/i,
    });
    await goesOn(t, layer, 'listener!1');
    t.match(layer.stats(), { sent: 0, groupSent: 1, received: 1 });
    await layer.close();
  });

  t.test('a slow reader: local, then remote capacity, then ChannelFull, and back', async (t) => {
    const layer = open({ queue: 'x', localCapacity: 1, remoteCapacity: 1 });
    const pressed = once(layer.events, 'backpressure');
    await layer.send('x!y', { n: 1 });
    await layer.send('x!y', { n: 2 });
    await t.rejects(layer.send('x!y', { n: 3 }), { code: 'ERR_CHANNEL_FULL' });
    t.same((await pressed)[0].channels, [['x!y', 1]]);
    t.same(await layer.receive('x!y'), { n: 1 });
    t.same(await layer.receive('x!y'), { n: 2 });
    await layer.send('x!y', { n: 4 });
    t.same(await layer.receive('x!y'), { n: 4 });
    t.equal(layer.stats().full, 1);
    await t.rejects(layer.receive('z!y'), { code: 'ERR_INVALID_NAME' });
    await layer.close();
  });

  for (const [name, channel] of [
    ['bad', 'bad!x'],
    ['jobs.bad', 'jobs.bad'],
  ] as const) {
    t.test(`messages in ${name} that are none are counted, and do not come again`, async (t) => {
      let forward = 0;
      const clock = () => performance.now() + forward;
      const layer = open({ queue: 'bad', maxMessageSize: 100, localCapacity: 1, clock });
      // It makes the queue, where that is not the one of the process.
      await layer.send(channel, { n: 0 });
      t.same(await layer.receive(channel), { n: 0 });
      const connection = await layer.connection;
      const publisher = connection.createPublisher({ confirm: true });
      const reports: { from: string; count: number }[] = [];
      layer.events.on('undecodable', ({ from, count }) => reports.push({ from, count }));
      const twice = { __asgi_channel__: channel, __asgi_group__: 'room' };
      const bodies = [
        Buffer.from('no msgpack'),
        Buffer.from([0x80]),
        Buffer.from(encode(twice)),
        Buffer.from(encode({ __asgi_channel__: 'elsewhere!x' })),
        Buffer.alloc(5000),
        { a: 1 },
      ];
      const after = async (n: number) => {
        const received = layer.receive(channel);
        await layer.send(channel, { n });
        t.same(await received, { n });
      };
      for (const body of bodies) await publisher.send(name, body);
      await after(1);
      t.equal(layer.stats().undecodable, bodies.length);
      t.same(reports, [{ from: '', count: 1 }], 'one report for one sender in a while');
      forward += REPORT_INTERVAL;
      await publisher.send(name, bodies[0]);
      await after(2);
      t.same(reports[1], { from: '', count: bodies.length }, 'and later one with the others');
      t.equal(reports.length, 2);
      t.equal(await broker.messageCount(name), 0);
      const headers = { 'zeromq-pure-deadline': 'soon', 'zeromq-pure-except': 7 };
      const odd = Buffer.from(encode({ n: 3, __asgi_channel__: channel }));
      await publisher.send({ routingKey: name, headers }, odd);
      t.same(await layer.receive(channel), { n: 3 }, 'headers of a stranger do no harm');
      await publisher.close();
      await layer.close();
    });
  }

  t.test(
    'sealed with another key, or not at all: counted, done with, told by sender',
    async (t) => {
      const [key, other] = ['a'.repeat(32), 'b'.repeat(32)];
      const reader = open({ queue: 'sealed', localCapacity: 1, symmetricEncryptionKeys: [key] });
      const strangers = [open({ symmetricEncryptionKeys: [other] }), open()];
      const friend = open({ symmetricEncryptionKeys: [key] });
      await reader.ready();
      const reports: string[] = [];
      reader.events.on('undecodable', ({ from }) => reports.push(from));
      const received = reader.receive('sealed!x');
      for (const n of [1, 2]) for (const layer of strangers) await layer.send('sealed!x', { n });
      await friend.send('sealed!x', { n: 3 });
      t.same(await received, { n: 3 });
      t.equal(reader.stats().undecodable, 4);
      t.equal(new Set(reports).size, 2);
      t.equal(reports.length, 2, 'once for each sender');
      await Promise.all([reader, friend, ...strangers].map((layer) => layer.close()));
    },
  );

  t.test('connections closed by an administrator, and a queue deleted: it goes on', async (t) => {
    const layer = open({ queue: 'mine' });
    const channel = await layer.newChannel();
    await layer.groupAdd('room', channel);
    const before = layer.connection;
    for (const harm of [
      () => broker.closeConnections('maintenance'),
      () => broker.deleteQueue('mine'),
    ]) {
      const [gone, back] = [once(layer.events, 'disconnect'), once(layer.events, 'connect')];
      await harm();
      await gone;
      const [{ restarted }] = await back;
      t.equal(restarted, false);
      await goesOn(t, layer, channel);
    }
    t.not(await layer.connection, await before, 'another connection');
    await layer.close();
  });

  t.test('what is confirmed arrives, though connections are closed meanwhile', async (t) => {
    const [writer, reader] = [open({ capacity: 10_000 }), open({ capacity: 10_000 })];
    await Promise.all([writer.ready(), reader.ready()]);
    const seen = new Set<number>();
    const done = new AbortController();
    const reading = (async () => {
      for await (const message of reader.messages('ledger', { signal: done.signal })) {
        seen.add((message as { n: number }).n);
      }
    })();
    const confirmed = new Set<number>();
    const refused = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const again = once(writer.events, 'connect');
      const sends = Array.from({ length: 200 }, (_, k) => {
        const n = round * 200 + k;
        return writer.send('ledger', { n }).then(
          () => confirmed.add(n),
          ({ code }) => refused.add(code),
        );
      });
      await broker.closeConnections('maintenance');
      await Promise.all([again, ...sends]);
    }
    await writer.send('ledger', { n: -1 });
    while (![...confirmed, -1].every((n) => seen.has(n))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    done.abort();
    await reading;
    t.ok(
      [...refused].every((code) => code === 'ERR_UNCONFIRMED'),
      'the others are in doubt',
    );
    t.equal(writer.stats().sent, confirmed.size + 1);
    await Promise.all([writer.close(), reader.close()]);
  });

  t.test('short of memory, messages wait; with memory again they arrive', async (t) => {
    const layer = open();
    const channel = await layer.newChannel();
    await layer.send(channel, { n: 0 });
    const blocked = once(layer.events, 'blocked');
    await broker.memoryAlarm(true);
    const sent = layer.send(channel, { n: 1 });
    await blocked;
    const unblocked = once(layer.events, 'unblocked');
    await broker.memoryAlarm(false);
    await unblocked;
    await sent;
    t.same(await layer.receive(channel), { n: 0 });
    t.same(await layer.receive(channel), { n: 1 });
    await layer.close();
  });

  t.test('short of memory for too long, what is under way is in doubt', async (t) => {
    const layer = open({ expiry: 300 });
    const channel = await layer.newChannel();
    await layer.ready();
    await broker.memoryAlarm(true);
    const lost = once(layer.events, 'lost');
    await layer.groupSend('room', {});
    const code = 'ERR_UNCONFIRMED';
    await t.rejects(layer.send(channel, {}), { code, message: /did not say before it expired/ });
    t.equal((await lost)[0].count, 1);
    t.match(layer.stats(), { sent: 0, groupSent: 1, lost: 1 });
    const unblocked = once(layer.events, 'unblocked');
    await broker.memoryAlarm(false);
    await unblocked;
    await layer.send(channel, { n: 1 });
    t.equal(layer.stats().sent, 1);
    await layer.close();
  });

  t.test(
    'a connection lost while it was blocked: unblocked follows, then the next is',
    async (t) => {
      const layer = open();
      const said: string[] = [];
      for (const name of ['blocked', 'unblocked', 'disconnect', 'connect'] as const) {
        layer.events.on(name, () => said.push(name));
      }
      const channel = await layer.newChannel();
      await layer.send(channel, { n: 0 });
      const blocked = once(layer.events, 'blocked');
      await broker.memoryAlarm(true);
      const unknown = t.rejects(layer.send(channel, { n: 1 }), { code: 'ERR_UNCONFIRMED' });
      await blocked;
      const back = once(layer.events, 'connect');
      await broker.closeConnections('maintenance');
      await Promise.all([back, unknown]);
      t.same(said, ['connect', 'blocked', 'unblocked', 'disconnect', 'connect']);
      const again = once(layer.events, 'blocked');
      const sent = layer.send(channel, { n: 2 });
      await again;
      const unblocked = once(layer.events, 'unblocked');
      await broker.memoryAlarm(false);
      await Promise.all([unblocked, sent]);
      t.same(await layer.receive(channel), { n: 0 });
      t.same(await layer.receive(channel), { n: 2 });
      await layer.close();
    },
  );

  t.test('a broker that stands still is given up, and found again', async (t) => {
    const layer = open();
    const channel = await layer.newChannel();
    await layer.groupAdd('room', channel);
    const gone = once(layer.events, 'disconnect');
    await broker.pause();
    const unknown = layer.send(channel, { n: 1 }).then(
      () => undefined,
      ({ code }) => code,
    );
    await gone;
    t.equal(await unknown, 'ERR_UNCONFIRMED');
    const back = once(layer.events, 'connect');
    broker.resume();
    await back;
    await layer.close();
  });

  t.test(
    'durable ordinary channels keep what was confirmed when the broker is killed',
    async (t) => {
      const layer = open({ durable: true });
      for (let n = 0; n < 50; n++) await layer.send('kept', { n });
      // The queue has to be known on disk as well: see docs/rabbitmq.md.
      await broker.evaluate('mnesia:sync_log(), [dets:sync(T) || T <- dets:all()].');
      const gone = once(layer.events, 'disconnect');
      const back = once(layer.events, 'connect');
      await broker.kill();
      await gone;
      await broker.restart();
      await back;
      for (let n = 0; n < 50; n++)
        t.same(await layer.receive('kept', { timeout: PATIENCE }), { n });
      t.equal(layer.stats().lost, 0);
      await layer.close();
    },
  );

  t.test(
    'killed and started under another name: groups are bound again, losses told',
    async (t) => {
      const layer = open();
      const channel = await layer.newChannel();
      await layer.groupAdd('room', channel);
      await layer.send('jobs', { n: 1 });
      const gone = once(layer.events, 'disconnect');
      const lost = once(layer.events, 'lost');
      const back = once(layer.events, 'connect');
      await broker.kill();
      await gone;
      const waits = layer.send(channel, { n: 2 });
      await broker.restart({ renamed: true });
      const [{ restarted }] = await back;
      t.equal(restarted, true);
      t.equal((await lost)[0].count, 1);
      await waits;
      t.same(await layer.receive(channel), { n: 2 });
      await goesOn(t, layer, channel);
      await layer.close();
    },
  );
});

/**
 * RabbitmqLayer on a cluster: two nodes, of which one is killed, then three, of which each is. `npm run test:rabbitmq`, which takes a minute: no part of the
 * suite.
 */

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { LayerError } from '../../../src/layer/errors.ts';
import { RabbitmqLayer, type RabbitmqLayerOptions } from '../../../src/layer/rabbitmq/index.ts';
import { RabbitmqBroker, skipRabbitmq } from '../../support/layer/rabbitmq-broker.ts';

t.test('a cluster', { skip: skipRabbitmq }, async (t) => {
  const a = await RabbitmqBroker.start();
  t.teardown(() => a.stop());
  const [b, c] = await Promise.all([
    RabbitmqBroker.start({ beside: a }),
    RabbitmqBroker.start({ beside: a }),
  ]);
  t.teardown(() => Promise.all([b.stop(), c.stop()]));
  await b.join(a);

  const open = (nodes: readonly RabbitmqBroker[], options: RabbitmqLayerOptions = {}) => {
    const layer = new RabbitmqLayer({
      url: nodes.map((node) => node.url()),
      reconnectInterval: 50,
      reconnectMaxInterval: 200,
      heartbeatInterval: 1000,
      ...options,
    });
    t.teardown(() => layer.close());
    return layer;
  };
  const addressOf = ({ port }: RabbitmqBroker) => `127.0.0.1:${port}`;

  t.test('of two nodes one is killed: the layer goes on through the other', async (t) => {
    const moving = open([a, b]);
    const staying = open([b]);
    const [[{ address }]] = await Promise.all([
      once(moving.events, 'connect'),
      once(staying.events, 'connect'),
    ]);
    t.equal(address, addressOf(a));
    const there = await moving.newChannel();
    const here = await staying.newChannel();
    await moving.groupAdd('room', there);
    await staying.groupAdd('room', here);
    await moving.send('jobs', { n: 1 });
    t.same(await staying.receive('jobs'), { n: 1 });

    const gone = once(moving.events, 'disconnect');
    const back = once(moving.events, 'connect');
    await a.kill();
    await gone;
    const waits = moving.send(here, { n: 2 });
    const [again] = await back;
    t.match(again, { address: addressOf(b), restarted: true }, 'what was on the other is gone');
    await waits;
    t.same(await staying.receive(here), { n: 2 });

    await staying.groupSend('room', { n: 3 });
    t.same(await moving.receive(there), { n: 3 }, 'bound again');
    t.same(await staying.receive(here), { n: 3 });
    await staying.send(there, { n: 4 });
    t.same(await moving.receive(there), { n: 4 });
    // The queue was on the node that is gone, for those as well who were not connected to it.
    await staying.send('jobs', { n: 5 });
    t.same(await moving.receive('jobs'), { n: 5 });
    await Promise.all([moving.close(), staying.close()]);
    await a.restart();
  });

  t.test('durable, of two nodes one is killed: no majority, and so no answer', async (t) => {
    const layer = open([b], { durable: true, expiry: 2000 });
    await accepted(layer, 'pair');
    await a.kill();
    await t.rejects(layer.send('pair', { n: 2 }), { code: 'ERR_UNCONFIRMED' });
    await a.restart();
    // With a majority again it answers, sooner or later.
    await accepted(layer, 'pair');
    await layer.close();
  });

  t.test('durable, each of three nodes is killed in turn: nothing confirmed is lost', async (t) => {
    await c.join(a);
    const nodes = [a, b, c];
    const options: RabbitmqLayerOptions = { durable: true, capacity: 100_000 };
    const writer = open(nodes, options);
    const reader = open(nodes.toReversed(), options);
    await Promise.all([writer.ready(), reader.ready()]);
    const seen = new Set<number>();
    const done = new AbortController();
    const reading = (async () => {
      for await (const message of reader.messages('ledger', { signal: done.signal })) {
        seen.add((message as { n: number }).n);
      }
    })();
    const confirmed = new Set<number>();
    const otherwise: LayerError[] = [];
    let n = 0;
    const state = () => {
      const missing = [...confirmed].filter((number) => !seen.has(number)).length;
      return `${confirmed.size} confirmed, ${otherwise.length} otherwise, ${seen.size} read, ${missing} missing; ${otherwise.at(-1)}`;
    };
    const write = async (signal: AbortSignal) => {
      while (!signal.aborted) {
        const number = n++;
        await writer.send('ledger', { n: number }).then(
          () => confirmed.add(number),
          (error: LayerError) => {
            otherwise.push(error);
            // A loop over a layer that is closed would not let anything else run.
            if (error.code !== 'ERR_UNCONFIRMED' && error.code !== 'ERR_CHANNEL_FULL') throw error;
          },
        );
      }
    };
    await accepted(writer, 'ledger');
    for (const node of nodes) {
      // A node killed sooner does not find its part of the queue again: see docs/rabbitmq.md.
      await node.evaluate('mnesia:sync_log(), [dets:sync(T) || T <- dets:all()].');
    }
    for (const node of nodes) {
      const stop = new AbortController();
      const writing = Promise.all([1, 2, 3, 4].map(() => write(stop.signal)));
      writing.catch(() => stop.abort());
      const before = confirmed.size;
      await until(() => confirmed.size > before + 100, state);
      await node.kill();
      const without = confirmed.size;
      await until(() => confirmed.size > without + 100, state);
      stop.abort();
      await writing;
      await node.restart();
    }
    await until(() => [...confirmed].every((number) => seen.has(number)), state);
    done.abort();
    await reading;
    t.ok(
      otherwise.every(({ code }) => code === 'ERR_UNCONFIRMED' || code === 'ERR_CHANNEL_FULL'),
      'the others are in doubt, or were not taken while the queue had no leader',
    );
    t.equal(confirmed.size + otherwise.length, n);
    t.equal(writer.stats().sent, confirmed.size + 1);
    t.equal(writer.stats().lost + reader.stats().lost, 0);
    t.comment(state());
    await Promise.all([writer.close(), reader.close()]);
  });
});

/** Nothing says that a number has grown. `state` is what to tell when it does not. */
async function until(done: () => boolean, state: () => string): Promise<void> {
  const end = performance.now() + 90_000;
  while (!done()) {
    if (performance.now() > end) throw new Error(`never: ${done}; ${state()}`);
    await sleep(10);
  }
}

/** Sends a message until the broker takes it: a queue that has no leader yet, or none at the moment, does not. */
async function accepted(layer: RabbitmqLayer, channel: string): Promise<void> {
  for (;;) {
    try {
      await layer.send(channel, { n: -1 });
      return;
    } catch (error) {
      const { code } = error as LayerError;
      if (code !== 'ERR_UNCONFIRMED' && code !== 'ERR_CHANNEL_FULL') throw error;
    }
  }
}

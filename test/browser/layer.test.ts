/** Layers of pages, run in Node: through hubs that bind WebSocket, beside layers of Node. */

import t, { type Test } from 'tap';
import { conformance, type Deployment } from '../../src/layer/conformance/conformance.ts';
import type { AnyLayer } from '../../src/layer/conformance/stage.ts';
import {
  DedicatedLayer,
  type DedicatedLayerOptions,
  Hub,
  type HubOptions,
  type LayerOptions,
} from '../../src/layer/index.ts';
import { deployment } from '../support/layer/deployment.ts';
import { layers as page } from '../support/page.ts';
import { PATIENCE } from '../support/patience.ts';

type Maker = (at: DedicatedLayerOptions) => AnyLayer;

const ofPage: Maker = (at) => new page.DedicatedLayer(at as never);
const ofNode: Maker = (at) => new DedicatedLayer(at);

const kinds: Record<string, (options: LayerOptions) => Promise<Deployment>> = {
  'memory, in a page': async (options) => deployment([new page.MemoryLayer(options)]),
  'dedicated, a page alone': (options) => dedicated(options, [ofPage]),
  'dedicated, a page with two of Node': (options) => dedicated(options, [ofPage, ofNode, ofNode]),
  'dedicated, Node with two pages, json': (options) =>
    dedicated({ codec: 'json', ...options }, [ofNode, ofPage, ofPage]),
};

for (const [name, create] of Object.entries(kinds)) {
  t.test(name, async (t) => {
    const tests: [string, () => Promise<void>][] = [];
    conformance({ test: (title, body) => tests.push([title, body]), create });
    for (const [title, body] of tests) await t.resolves(body(), title);
  });
}

async function dedicated(options: LayerOptions, makers: readonly Maker[]): Promise<Deployment> {
  const { clock } = options;
  const hub = new Hub({ bind: 'ws://127.0.0.1:*/hub', ...(clock !== undefined && { clock }) });
  await hub.start();
  const made = makers.map((make) => make({ hub: hub.stats().bind, ...options }));
  await Promise.all(made.map((layer) => layer.ready()));
  return deployment(made, () => hub.close());
}

/** A hub at WebSocket, closed with the test. */
async function hubOf(t: Test, options: Partial<HubOptions> = {}): Promise<Hub> {
  const hub = new Hub({ bind: 'ws://127.0.0.1:*', ...options });
  await hub.start();
  t.teardown(() => hub.close());
  return hub;
}

function closed<L extends { close(): Promise<void> }>(t: Test, layer: L): L {
  t.teardown(() => layer.close());
  return layer;
}

t.test('what one side encrypts, the other opens, and nobody with another key', async (t) => {
  const hub = (await hubOf(t)).stats().bind;
  const keys = { symmetricEncryptionKeys: ['a text', new Uint8Array(32).fill(7)] };
  const [a, b] = [new page.DedicatedLayer({ hub, ...keys }), new DedicatedLayer({ hub, ...keys })];
  closed(t, a);
  closed(t, b);
  for (const body of ['', 'Grüße', 'x'.repeat(100_000)]) {
    await a.send('to-node', { body });
    t.same(await b.receive('to-node'), { body });
    await b.send('to-page', { body });
    t.same(await a.receive('to-page'), { body });
  }
  const other = closed(t, new page.DedicatedLayer({ hub, symmetricEncryptionKeys: ['other'] }));
  const strange = new Promise((resolve) => other.events.on('undecodable', resolve));
  await b.send('secret', { body: 'for us' });
  await t.rejects(other.receive('secret', { timeout: 200 }), { code: 'ERR_TIMEOUT' });
  await strange;
});

t.test('messages of any kind come as they went', async (t) => {
  const hub = (await hubOf(t)).stats().bind;
  const [a, b] = [closed(t, new page.DedicatedLayer({ hub })), closed(t, ofNode({ hub }))];
  const message = {
    text: 'Grüße \u{1f600}',
    octets: Uint8Array.of(0, 1, 255),
    numbers: [0, -0, 1.5, 2 ** 53 - 1, 2n ** 63n - 1n, -(2n ** 63n)],
    nested: { list: [[], {}], nothing: null, yes: true },
    ['__proto__']: 'a key like others',
  };
  await a.send('to-node', message);
  const came = await b.receive('to-node');
  t.strictSame(came, message);
  t.ok(Object.hasOwn(came, '__proto__'));
  await b.send('to-page', came);
  const back = await a.receive('to-page');
  t.strictSame(back, message);
  t.ok(Object.hasOwn(back, '__proto__'));
});

t.test('pages and Node agree which of several hubs has a name', async (t) => {
  const hubs: string[] = [];
  for (let i = 0; i < 3; i++) hubs.push((await hubOf(t)).stats().bind);
  const [a, b] = [closed(t, new page.DedicatedLayer({ hubs })), closed(t, ofNode({ hubs }))];
  for (let i = 0; i < 30; i++) {
    await a.send(`jobs-${i}`, { i });
    t.same(await b.receive(`jobs-${i}`, { timeout: PATIENCE }), { i });
  }
});

t.test('names and passwords are asked for, and a hub that comes again finds it', async (t) => {
  const users = { ada: 'secret' };
  let hub = await hubOf(t, { plain: { users } });
  const { bind } = hub.stats();
  const layer = closed(
    t,
    new page.DedicatedLayer({ hub: bind, plain: { username: 'ada', password: 'secret' } }),
  );
  await layer.ready({ timeout: PATIENCE });
  const other = closed(
    t,
    new page.DedicatedLayer({ hub: bind, plain: { username: 'ada', password: 'guess' } }),
  );
  await new Promise((resolve) => other.events.on('refused', resolve));
  const mine = await layer.newChannel();
  await layer.groupAdd('room', mine);
  const lost = new Promise((resolve) => layer.events.on('disconnect', resolve));
  await hub.close();
  await lost;
  const again = new Promise((resolve) => layer.events.on('connect', resolve));
  hub = await hubOf(t, { bind, plain: { users } });
  await again;
  await layer.ready({ timeout: PATIENCE });
  await layer.groupSend('room', { hello: 1 });
  t.same(await layer.receive(mine), { hello: 1 });
});

t.test('what a page cannot have is refused when it is asked for', (t) => {
  const refused = (options: object, code: string, message: RegExp) =>
    t.throws(() => new page.DedicatedLayer({ hub: 'ws://127.0.0.1:1', ...options }), {
      code,
      message,
    });
  const key = 'a'.repeat(40);
  refused({ curve: { publicKey: key, secretKey: key } }, 'ERR_INVALID_OPTION', /no CURVE in a br/);
  const wire = { wire: 'channels_zmq', hub: undefined, push: 'ws://a:1', pub: 'ws://a:2' };
  refused(wire, 'ERR_UNSUPPORTED', /no wire channels_zmq in a browser, expected native/);
  refused({ hub: 'tcp://127.0.0.1:1' }, 'ENOTSUP', /no tcp:\/\/ in a browser/);
  refused({ hub: '' }, 'ERR_INVALID_OPTION', /expected an address/);
  t.end();
});

/** Every layer passes the one suite: alone, and with several of it as in several processes. */

import t from 'tap';
import { conformance, type Deployment } from '../../../src/layer/conformance/conformance.ts';
import { DedicatedLayer, EmbeddedLayer, Hub, MemoryLayer } from '../../../src/layer/index.ts';
import type { LayerOptions } from '../../../src/layer/options.ts';
import { deployment } from '../../support/layer/deployment.ts';
import { freeAddress } from '../../support/layer/layer-addresses.ts';

const kinds: Record<string, (options: LayerOptions) => Promise<Deployment>> = {
  memory: async (options) => deployment([new MemoryLayer(options)]),
  'memory, json': async (options) => deployment([new MemoryLayer({ codec: 'json', ...options })]),
  'embedded, alone': async (options) => embedded(options, 1),
  'embedded, three': async (options) => embedded(options, 3),
  'embedded, three, with a prefix': async (options) => embedded({ prefix: 'site', ...options }, 3),
  // Alone, since nobody can know when a subscription has arrived on that wire.
  'embedded, alone, channels_zmq': async ({ symmetricEncryptionKeys: _, ...options }) => {
    const layer = new EmbeddedLayer({ address: freeAddress(), wire: 'channels_zmq', ...options });
    await layer.bind();
    return deployment([layer]);
  },
  'dedicated, alone': (options) => dedicated(options, 1),
  'dedicated, three': (options) => dedicated(options, 3),
  'dedicated, three, over tcp': (options) => dedicated(options, 3, 'tcp://127.0.0.1:*'),
};

for (const [name, create] of Object.entries(kinds)) {
  t.test(name, async (t) => {
    const tests: [string, () => Promise<void>][] = [];
    conformance({ test: (title, body) => tests.push([title, body]), create });
    for (const [title, body] of tests) await t.resolves(body(), title);
  });
}

async function embedded(options: LayerOptions, count: number): Promise<Deployment> {
  const address = freeAddress();
  const layers = Array.from({ length: count }, () => new EmbeddedLayer({ address, ...options }));
  await layers[0]!.bind();
  return deployment(layers);
}

async function dedicated(
  options: LayerOptions,
  count: number,
  bind: string = freeAddress(),
): Promise<Deployment> {
  const { clock } = options;
  const hub = new Hub({ bind, ...(clock !== undefined && { clock }) });
  await hub.start();
  const at = { hub: hub.stats().bind, ...options };
  const layers = Array.from({ length: count }, () => new DedicatedLayer(at));
  await Promise.all(layers.map((layer) => layer.ready()));
  return deployment(layers, () => hub.close());
}

/** The one suite, with the readers in other processes. */

import t from 'tap';
import { conformance, type Deployment } from '../../../src/layer/conformance/conformance.ts';
import type { AnyLayer } from '../../../src/layer/conformance/stage.ts';
import { DedicatedLayer, EmbeddedLayer } from '../../../src/layer/index.ts';
import type { LayerOptions } from '../../../src/layer/options.ts';
import { freeAddress } from '../../support/layer/layer-addresses.ts';
import { LayerProcess, RemoteLayer, skipProcesses } from '../../support/layer/layer-process.ts';

type Kind = 'embedded' | 'dedicated';

for (const kind of ['embedded', 'dedicated'] as const) {
  t.test(kind, { skip: skipProcesses }, async (t) => {
    // Three processes for all tests, each with a layer for every test.
    const none = { bind: freeAddress() };
    const [one, two, third] = await Promise.all(
      [0, 1, 2].map(() => LayerProcess.start('hub', none)),
    );
    for (const process of [one, two, third]) t.teardown(() => process!.kill());
    const create = (options: LayerOptions) => deploy(kind, options, [one!, two!], third!);
    const tests: [string, () => Promise<void>][] = [];
    conformance({ test: (title, body) => tests.push([title, body]), create, clock: false });
    for (const [title, body] of tests) await t.resolves(body(), title);
  });
}

async function deploy(
  kind: Kind,
  options: LayerOptions,
  others: LayerProcess[],
  hub: LayerProcess,
): Promise<Deployment> {
  const address = freeAddress();
  const where = { ...{ embedded: { address }, dedicated: { hub: address } }[kind], ...options };
  if (kind !== 'embedded') {
    await hub.make('hub', { bind: address });
    await hub.call('start');
  }
  for (const process of others) await process.make(kind, where);
  let local: AnyLayer;
  if (kind === 'embedded') {
    const layer = new EmbeddedLayer({ address, ...options });
    await layer.bind();
    local = layer;
  } else {
    local = new DedicatedLayer(where);
  }
  const remote = others.map((process) => new RemoteLayer(process, local));
  return {
    layers: [local, ...remote],
    close: async () => {
      for (const layer of [...remote, local]) await layer.close();
      if (kind !== 'embedded') await hub.call('close');
    },
  };
}

/** RabbitmqLayer passes the suite of all layers: alone, with several of it, encrypted, in the names of the Python package, and across processes. */

import t from 'tap';
import { conformance, type Deployment } from '../../../src/layer/conformance/index.ts';
import type { AnyLayer } from '../../../src/layer/conformance/stage.ts';
import type { LayerOptions } from '../../../src/layer/options.ts';
import { RabbitmqLayer, type RabbitmqLayerOptions } from '../../../src/layer/rabbitmq/index.ts';
import { LayerProcess, RemoteLayer, skipProcesses } from '../../support/layer/layer-process.ts';
import { RabbitmqBroker, skipRabbitmq } from '../../support/layer/rabbitmq-broker.ts';

interface Kind {
  readonly name: string;
  readonly options?: RabbitmqLayerOptions;
  /** Layers of this process. */
  readonly count: number;
  /** Layers in other processes. */
  readonly remoteCount?: number;
}

const KINDS: readonly Kind[] = [
  { name: 'alone', count: 1 },
  { name: 'three', count: 3 },
  {
    name: 'three, names of channels_rabbitmq',
    count: 3,
    options: { wire: 'channels_rabbitmq' },
  },
  { name: 'three, json', count: 3, options: { codec: 'json' } },
  { name: 'across three processes', count: 1, remoteCount: 2 },
];

t.test('RabbitmqLayer', { skip: skipRabbitmq, jobs: KINDS.length }, async (t) => {
  const broker = await RabbitmqBroker.start();
  t.teardown(() => broker.stop());
  const sample = new RabbitmqLayer({ url: broker.url() });
  const { capabilities } = sample;
  await sample.close();
  let deploymentCount = 0;
  for (const { name, options = {}, count, remoteCount = 0 } of KINDS) {
    // They wait more than they work, and prefixes keep them apart: all at once.
    t.test(name, { skip: remoteCount > 0 && skipProcesses, buffered: true }, async (t) => {
      const processes = await Promise.all(
        Array.from({ length: remoteCount }, () =>
          LayerProcess.start('rabbitmq', { url: broker.url() }),
        ),
      );
      t.teardown(async () => {
        for (const process of processes) await process.kill();
      });
      const create = async (wanted: LayerOptions): Promise<Deployment> => {
        const where = {
          url: broker.url(),
          remoteCapacity: wanted.capacity ?? 100,
          ...options,
          ...wanted,
          // What one test leaves in ordinary channels is not for the next.
          prefix: `p${deploymentCount++}`,
        };
        const own = Array.from({ length: count }, () => new RabbitmqLayer(where));
        for (const process of processes) await process.make('rabbitmq', where);
        const remote = processes.map((process) => new RemoteLayer(process, own[0]!));
        const layers: AnyLayer[] = [...own, ...remote];
        await Promise.all(layers.map((layer) => layer.ready()));
        return {
          layers,
          close: async () => {
            for (const layer of layers) await layer.close();
          },
        };
      };
      const tests: [string, () => Promise<void>][] = [];
      conformance({
        test: (title, body) => tests.push([title, body]),
        create,
        clock: false,
        capabilities,
        timeout: 180_000,
      });
      for (const [title, body] of tests) {
        if (name.endsWith('channels_rabbitmq') && title.startsWith('newChannel makes')) continue;
        await t.resolves(body(), title);
      }
    });
  }
});

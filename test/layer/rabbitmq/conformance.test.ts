/** RabbitmqLayer passes the suite of all layers: alone, with several of it, encrypted, and in the names of the Python package. */

import t from 'tap';
import { conformance, type Deployment } from '../../../src/layer/conformance/index.ts';
import type { LayerOptions } from '../../../src/layer/options.ts';
import { RabbitmqLayer, type RabbitmqLayerOptions } from '../../../src/layer/rabbitmq/index.ts';
import { RabbitmqBroker, skipRabbitmq } from '../../support/rabbitmq-broker.ts';

const kinds: Record<string, { count: number; options?: RabbitmqLayerOptions }> = {
  alone: { count: 1 },
  three: { count: 3 },
  'three, names of channels_rabbitmq': { count: 3, options: { wire: 'channels_rabbitmq' } },
  'three, json': { count: 3, options: { codec: 'json' } },
};

t.test('RabbitmqLayer', { skip: skipRabbitmq }, async (t) => {
  const broker = await RabbitmqBroker.start();
  t.teardown(() => broker.stop());
  let deploymentCount = 0;
  for (const [name, { count, options = {} }] of Object.entries(kinds)) {
    t.test(name, async (t) => {
      const create = async (wanted: LayerOptions): Promise<Deployment> => {
        // What one test leaves in ordinary channels is not for the next.
        const prefix = `p${deploymentCount++}`;
        const capacity = wanted.capacity ?? 100;
        const layers = Array.from(
          { length: count },
          () =>
            new RabbitmqLayer({
              url: broker.url(),
              remoteCapacity: capacity,
              ...options,
              ...wanted,
              prefix,
            }),
        );
        await Promise.all(layers.map((layer) => layer.ready()));
        return {
          layers,
          close: async () => {
            for (const layer of layers) await layer.close();
          },
        };
      };
      const tests: [string, () => Promise<void>][] = [];
      const sample = new RabbitmqLayer({ url: broker.url() });
      conformance({
        test: (title, body) => tests.push([title, body]),
        create,
        clock: false,
        capabilities: sample.capabilities,
      });
      await sample.close();
      for (const [title, body] of tests) {
        if (name.endsWith('channels_rabbitmq') && title.startsWith('newChannel makes')) continue;
        await t.resolves(body(), title);
      }
    });
  }
});

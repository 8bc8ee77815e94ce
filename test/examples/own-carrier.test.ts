/** A layer that somebody else has made by the public door alone: it passes the suite, and works between threads. */

import { join } from 'node:path';
import t from 'tap';
import { conformance } from 'zeromq-pure/layer/conformance';
import { BroadcastLayer } from '../../examples/own-carrier/broadcast-layer.ts';
import { Running } from '../cli/shell.ts';

let count = 0;

t.test('the suite of all layers', async (t) => {
  const tests: [string, () => Promise<void>][] = [];
  const { capabilities } = await closed(new BroadcastLayer());
  conformance({
    test: (title, body) => tests.push([title, body]),
    capabilities,
    create: async (options) => {
      const name = `own-${++count}`;
      const layers = [1, 2, 3].map(() => new BroadcastLayer({ name, ...options }));
      const close = async () => {
        for (const layer of layers) await layer.close();
      };
      return { layers, close };
    },
  });
  t.ok(tests.length > 30, `${tests.length} tests are for such a layer`);
  for (const [title, body] of tests) await t.resolves(body(), title);
});

t.test('nobody answers for a channel of a thread that is gone', async (t) => {
  let now = 0;
  const layer = new BroadcastLayer({ name: 'gone', expiry: 200, clock: () => now });
  const other = await closed(new BroadcastLayer({ name: 'gone' }), (layer) => layer.newChannel());
  const sent = layer.send(other, {});
  now = 300;
  await t.rejects(sent, { code: 'ERR_UNCONFIRMED' });
  const closing = layer.send(other, {});
  await Promise.all([layer.close(), t.rejects(closing, { code: 'ERR_LAYER_CLOSED' })]);
});

t.test('threads of a program', async (t) => {
  const program = join(import.meta.dirname, '../../build/examples/own-carrier/main.js');
  const { code, stdout, stderr } = await new Running(process.execPath, [program]).over;
  t.same([code, stderr], [0, '']);
  const lines = [1, 2].flatMap((n) => [`main: thread ${n} is here`, `thread ${n}: welcome`]);
  t.same(stdout.trim().split('\n').sort(), lines.sort());
});

/** What `use` makes of a layer that is closed then; the layer by default. */
async function closed<T = BroadcastLayer>(
  layer: BroadcastLayer,
  use: (layer: BroadcastLayer) => Promise<T> | T = (layer) => layer as T,
): Promise<T> {
  const result = await use(layer);
  await layer.close();
  return result;
}

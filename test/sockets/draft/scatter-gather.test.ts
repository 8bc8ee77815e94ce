/** SCATTER and GATHER (RFC 49): among ourselves, and with libzmq. */

import t from 'tap';
import * as native from 'zeromq';
import * as theirs from 'zeromq/draft.js';
import { Push } from '../../../src/index.ts';
import { Gather, Scatter } from '../../../src/sockets/draft/index.ts';
import { deadEndpoint, freeEndpoint, join, own, TRANSPORTS } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

for (const transport of TRANSPORTS) {
  t.test(`over ${transport}`, async (t) => {
    t.test('messages are dealt out in turns, and gathered fairly', async (t) => {
      const scatter = own(t, new Scatter());
      const gathers = [1, 2].map(() => own(t, new Gather({ receiveTimeout: PATIENCE })));
      for (const gather of gathers) await join(gather, scatter, transport);
      await scatter.sendMany(['1', '2', '3', '4']);
      const got: string[][] = [];
      for (const gather of gathers) {
        got.push([String((await gather.receive())[0]), String((await gather.receive())[0])]);
      }
      t.same(got.flat().sort(), ['1', '2', '3', '4']);
      const second = own(t, new Scatter());
      await join(gathers[0]!, second, transport);
      await second.send('other');
      for await (const [message] of gathers[0]!) {
        t.equal(String(message), 'other');
        break;
      }
    });

    t.test('with immediate nothing waits for who is not there', async (t) => {
      const [gather, scatter] = [own(t, new Gather()), own(t, new Scatter({ immediate: true }))];
      if (transport !== 'inproc') scatter.connect(await deadEndpoint(own(t, new Gather())));
      await join(gather, scatter, transport);
      for (let n = 0; n < 4; n++) await scatter.send(`${n}`);
      for (let n = 0; n < 4; n++) t.equal(String((await gather.receive())[0]), `${n}`);
    });

    t.test('a message has one part, and other types are turned away', async (t) => {
      const [gather, scatter] = [own(t, new Gather()), own(t, new Scatter())];
      await join(gather, scatter, transport);
      const loose = scatter as unknown as { send(message: unknown): Promise<void> };
      await t.rejects(async () => loose.send(['a', 'b']), { code: 'EINVAL', message: /2 parts/ });
      t.strictSame([gather.type, scatter.type, gather.threadSafe], [16, 17, true]);
      t.strictSame([gather.conflate, scatter.conflate], [false, false]);
      const push = own(t, new Push());
      await gather.bind(freeEndpoint(transport));
      const refused = push.waitFor('handshake:error:protocol', { timeout: PATIENCE });
      push.connect(gather.lastEndpoint!);
      await refused;
      t.equal(gather.stats().peers.length, 1);
    });

    if (transport === 'inproc') return;
    t.test(
      'with libzmq',
      { skip: !native.capability.draft && 'libzmq has no drafts' },
      async (t) => {
        for (const ours of ['gather', 'scatter'] as const) {
          for (const binds of ['gather', 'scatter'] as const) {
            const gather =
              ours === 'gather' ? own(t, new Gather()) : new theirs.Gather({ linger: 0 });
            const scatter =
              ours === 'scatter' ? own(t, new Scatter()) : new theirs.Scatter({ linger: 0 });
            t.teardown(() => [gather.close(), scatter.close()]);
            const [binder, connecter] = binds === 'gather' ? [gather, scatter] : [scatter, gather];
            await binder.bind(freeEndpoint(transport));
            connecter.connect(binder.lastEndpoint!);
            for (const size of [0, 1, 255, 256, 70_000]) {
              await scatter.send(Buffer.alloc(size, 'a'));
              const [message] = await gather.receive();
              t.equal(message.length, size, `${ours} ours, ${binds} bound, ${size} octets`);
            }
          }
        }
      },
    );
  });
}

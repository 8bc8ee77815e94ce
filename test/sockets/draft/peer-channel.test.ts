/** PEER (RFC 51) and CHANNEL (RFC 52): among ourselves, and with libzmq. */

import { tmpdir } from 'node:os';
import t from 'tap';
import * as native from 'zeromq';
import { Pair } from '../../../src/index.ts';
import { Channel, Peer } from '../../../src/sockets/draft/index.ts';
import { freeEndpoint, join, own, TRANSPORTS, until } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

type Loose = { send(...args: unknown[]): Promise<void> };

/** Types that zeromq.js has no class for. */
class Theirs extends (native.Socket as unknown as new (
  type: number,
  options: object,
) => native.Socket & {
  send(message: Buffer | string): Promise<void>;
  receive(): Promise<Buffer[]>;
}) {}

for (const transport of TRANSPORTS) {
  t.test(`over ${transport}`, async (t) => {
    t.test('a PEER knows whom it connects to, before they are there', async (t) => {
      const [one, two] = [1, 2].map(() => own(t, new Peer({ receiveTimeout: PATIENCE })));
      // Of a wildcard nothing is left after the unbind.
      const wanted = `ipc://${tmpdir()}/peer-${process.pid}`;
      await two!.bind(transport === 'ipc' ? wanted : freeEndpoint(transport));
      const endpoint = two!.lastEndpoint!;
      await two!.unbind(endpoint);
      const routingId = one!.connectPeer(endpoint);
      t.ok(Number.isInteger(routingId) && routingId > 0);
      await one!.send('early', { routingId });
      await two!.bind(endpoint);
      const [body, from] = await two!.receive();
      t.equal(String(body), 'early');
      await two!.send('answer', from);
      t.same(await one!.receive(), [Buffer.from('answer'), { routingId }]);
      const third = own(t, new Peer({ receiveTimeout: PATIENCE }));
      await join(third, one!, transport);
      const id = one!.connectPeer(third.lastEndpoint!);
      t.not(id, routingId);
      await one!.send('by number', { routingId: id });
      t.equal(String((await third.receive())[0]), 'by number');
      one!.disconnect(endpoint);
      await t.rejects(one!.send('gone', { routingId }), { code: 'EHOSTUNREACH' });
    });

    t.test('a number for what cannot wait is refused', async (t) => {
      const peer = own(t, new Peer({ immediate: true }));
      t.throws(() => peer.connectPeer(freeEndpoint('inproc')), { code: 'EFAULT' });
      t.throws(() => own(t, new Peer()).connectPeer('nowhere'), { code: 'EINVAL' });
      const loose = peer as unknown as Loose;
      t.throws(() => loose.send(['a', 'b'], { routingId: 1 }), { code: 'EINVAL' });
      t.throws(() => loose.send('a'), TypeError);
      t.strictSame([peer.type, peer.threadSafe], [19, true]);
    });

    t.test('two CHANNELs talk both ways, and a third is sent away', async (t) => {
      const [one, two, third] = [1, 2, 3].map(() =>
        own(t, new Channel({ receiveTimeout: PATIENCE })),
      );
      const endpoint = await join(one!, two!, transport);
      await one!.send('there');
      t.same(await two!.receive(), [Buffer.from('there')]);
      await two!.sendMany(['and', 'back']);
      t.same((await one!.receive()).map(String), ['and']);
      t.same((await one!.receive()).map(String), ['back']);
      const refused = one!.waitFor('peer:refused', { timeout: PATIENCE });
      third!.connect(endpoint);
      await refused;
      await t.rejects(async () => (one as unknown as Loose).send(['a', 'b']), {
        code: 'EINVAL',
        message: /2 parts/,
      });
      t.strictSame([one!.type, one!.threadSafe], [20, true]);
      two!.close();
      await until(() => !one!.writable);
    });

    t.test('other types are turned away', async (t) => {
      for (const socket of [own(t, new Peer()), own(t, new Channel())]) {
        const pair = own(t, new Pair());
        await socket.bind(freeEndpoint(transport));
        const refused = pair.waitFor('handshake:error:protocol', { timeout: PATIENCE });
        pair.connect(socket.lastEndpoint!);
        await refused;
        t.equal(socket.stats().peers.length, 0);
      }
    });

    if (transport === 'inproc') return;
    t.test(
      'with libzmq',
      { skip: !native.capability.draft && 'libzmq has no drafts' },
      async (t) => {
        for (const binds of ['ours', 'theirs']) {
          const [ours, other] = [own(t, new Channel()), new Theirs(20, { linger: 0 })];
          t.teardown(() => other.close());
          const [binder, connecter] = binds === 'ours' ? [ours, other] : [other, ours];
          await binder.bind(freeEndpoint(transport));
          connecter.connect(binder.lastEndpoint!);
          for (const size of [0, 1, 255, 256, 70_000]) {
            await ours.send(Buffer.alloc(size, 'a'));
            const [message] = await other.receive();
            t.equal(message!.length, size, `${binds} bound, ${size} octets`);
            await other.send(message!);
            t.equal((await ours.receive())[0].length, size);
          }
          // There is no way to say a routing id to it: it only hears.
          const [peer, hears] = [own(t, new Peer()), new Theirs(19, { linger: 0 })];
          t.teardown(() => hears.close());
          await hears.bind(freeEndpoint(transport));
          const routingId = peer.connectPeer(hears.lastEndpoint!);
          await peer.send('to libzmq', { routingId });
          t.same((await hears.receive()).map(String).slice(0, 1), ['to libzmq']);
        }
      },
    );
  });
}

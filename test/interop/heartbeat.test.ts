/** Heartbeats with libzmq: a stopped process is noticed and met again, an idle one is kept. */

import t from 'tap';
import * as zmq from '../../src/index.ts';
import { transportsOf, use } from '../support/interop.ts';
import { implementations, LibzmqPeer } from '../support/libzmq-peer.ts';
import { event, seenOf } from '../support/wait.ts';

const BEATING = { heartbeatInterval: 100, heartbeatTimeout: 300 };
/** How long we may take at most to notice, with a busy machine in mind. */
const SOON = 3_000;

const WAYS = implementations(t).flatMap((implementation) =>
  transportsOf(implementation)
    .filter((transport) => transport !== 'ipc')
    .map((transport) => ({ implementation, transport })),
);

for (const { implementation, transport } of WAYS) {
  t.test(`libzmq through ${implementation}, over ${transport}`, async (t) => {
    const any = `${transport}://127.0.0.1:*`;
    t.test('a stopped peer we are connected to', async (t) => {
      const peer = await LibzmqPeer.spawn(t, { implementation });
      const router = await peer.open('ROUTER');
      const dealer = use(t, new zmq.Dealer({ ...BEATING, reconnectInterval: 50 }));
      dealer.connect(await router.bind(any));
      await dealer.send('before');
      const [id] = (await router.receive()) as Buffer[];
      const stopped = Date.now();
      await peer.kill('SIGSTOP');
      await event(dealer, 'disconnect', 1, SOON);
      const taken = Date.now() - stopped;
      t.ok(taken >= 200, `noticed after ${taken} ms`);
      await peer.kill('SIGCONT');
      await event(dealer, 'handshake', 2);
      await dealer.send('after');
      const [next, body] = (await router.receive()) as Buffer[];
      t.strictSame(body, Buffer.from('after'));
      await router.send([next!, 'back']);
      t.strictSame(await dealer.receive(), [Buffer.from('back')]);
      t.equal(id?.length, 5);
      await peer.kill();
    });

    t.test('a stopped peer that is connected to us', async (t) => {
      const peer = await LibzmqPeer.spawn(t, { implementation });
      const pull = use(t, new zmq.Pull(BEATING));
      await pull.bind(any);
      const push = await peer.open('PUSH');
      await push.connect(pull.lastEndpoint!);
      await push.send('before');
      t.strictSame(await pull.receive(), [Buffer.from('before')]);
      await peer.kill('SIGSTOP');
      await event(pull, 'disconnect', 1, SOON);
      await peer.kill('SIGCONT');
      await event(pull, 'handshake', 2);
      await push.send('after');
      t.strictSame(await pull.receive(), [Buffer.from('after')]);
      await peer.kill();
    });

    // A PING of WebSocket carries none.
    const skip = transport === 'ws';
    t.test('we honour the time to live a libzmq PING carries', { skip }, async (t) => {
      const peer = await LibzmqPeer.spawn(t, { implementation });
      const options = {
        heartbeatInterval: 100,
        heartbeatTimeout: 10_000,
        heartbeatTimeToLive: 300,
      };
      const push = await peer.open('PUSH', options);
      // No heartbeats of our own.
      const pull = use(t, new zmq.Pull({ reconnectInterval: 50 }));
      pull.connect(await push.bind(any));
      await push.send('before');
      t.strictSame(await pull.receive(), [Buffer.from('before')]);
      // The time to live is known only once a PING has come; the peer's timer sends it.
      await push.event('never', 1, 300).catch(() => {});
      await peer.kill('SIGSTOP');
      await event(pull, 'disconnect', 1, SOON);
      await peer.kill('SIGCONT');
      await event(pull, 'handshake', 2);
      await push.send('after');
      t.strictSame(await pull.receive(), [Buffer.from('after')]);
      await peer.kill();
    });

    t.test('pings keep idle pairs alive', async (t) => {
      const peer = await LibzmqPeer.spawn(t, { implementation });
      const options = { heartbeatInterval: 50, heartbeatTimeout: 600, heartbeatTimeToLive: 600 };
      const pairs = [
        [use(t, new zmq.Pair(options)), await peer.open('PAIR', options)],
        [use(t, new zmq.Dealer(options)), await peer.open('ROUTER', options)],
        [use(t, new zmq.Request(options)), await peer.open('REP', options)],
        [use(t, new zmq.Push(options)), await peer.open('PULL', options)],
        [use(t, new zmq.Subscriber(options)), await peer.open('PUB', options)],
      ] as const;
      for (const [ours, theirs] of pairs) {
        ours.connect(await theirs.bind(any));
        await theirs.event('handshake');
      }
      // Two and a half timeouts long; the peer says if one of its connections ends.
      const ended = pairs.map(([, theirs]) => theirs.event('disconnect', 1, 1_500));
      const results = await Promise.allSettled(ended);
      t.strictSame(
        results.map(({ status }) => status),
        pairs.map(() => 'rejected'),
      );
      for (const [ours] of pairs) {
        t.equal(seenOf(ours, 'disconnect'), 0);
        t.equal(seenOf(ours, 'handshake'), 1);
      }
      await peer.kill();
    });

    t.test('a request waits for its reply through heartbeats', async (t) => {
      const peer = await LibzmqPeer.spawn(t, { implementation });
      const options = { heartbeatInterval: 50, heartbeatTimeout: 600 };
      const reply = await peer.open('REP', options);
      const request = use(t, new zmq.Request(options));
      request.connect(await reply.bind(any));
      await request.send('slow');
      await reply.receive();
      await reply.event('disconnect', 1, 1_000).catch(() => {});
      await reply.send('done');
      t.strictSame(await request.receive(), [Buffer.from('done')]);
      t.equal(seenOf(request, 'disconnect'), 0);
      await peer.kill();
    });
  });
}

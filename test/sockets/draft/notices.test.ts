/** Messages that options have a connection say and leave by itself: among ourselves, within libzmq, and between the two. */

import t, { type Test } from 'tap';
import * as native from 'zeromq';
import * as theirs from 'zeromq/draft.js';
import * as zmq from '../../../src/index.ts';
import { Client, Peer, Server } from '../../../src/sockets/draft/index.ts';
import { freshEndpoint } from '../../support/interop.ts';
import { freeEndpoint, join, own, texts, turns, until } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';
import { connectPeer } from '../../support/raw-peer.ts';

/** Both have these members; those that set options by number are protected in both. */
interface Numbered {
  linger: number;
  receiveTimeout: number;
  reconnectInterval: number;
  readonly closed: boolean;
  readonly lastEndpoint: string | null;
  bind(endpoint: string): Promise<void>;
  unbind(endpoint: string): Promise<void>;
  connect(endpoint: string): void;
  close(): void;
  readonly events: { on(type: 'end', listener: (event: unknown) => void): unknown };
  send(message: unknown): Promise<void>;
  receive(): Promise<[Buffer, Buffer | { routingId: number }]>;
  setInt32Option(id: number, value: number): void;
  setStringOption(id: number, value: string | Buffer | null): void;
}

const ROUTER_NOTIFY = 97;
const HELLO = 110;
const DISCONNECT = 111;
const HICCUP = 114;

const makers = {
  ours: {
    router: () => new zmq.Router(),
    dealer: () => new zmq.Dealer(),
    server: () => new Server(),
    client: () => new Client(),
  },
  libzmq: {
    router: () => new native.Router(),
    dealer: () => new native.Dealer(),
    server: () => new theirs.Server(),
    client: () => new theirs.Client(),
  },
};
type Maker = keyof typeof makers;

function make(t: Test, whose: Maker, type: keyof typeof makers.ours): Numbered {
  const socket = makers[whose][type]() as unknown as Numbered;
  socket.receiveTimeout = PATIENCE;
  socket.reconnectInterval = 10;
  return own(t, socket as never) as Numbered;
}

/** The body of the next message, without the routing id that a ROUTER puts in front and a SERVER behind. */
async function next(socket: Numbered): Promise<string> {
  const [first, second] = await socket.receive();
  return String(Buffer.isBuffer(second) ? second : first);
}

/** An endpoint that nobody has, to be bound later and again. */
async function quietEndpoint(t: Test, transport: 'tcp' | 'ipc' | 'inproc'): Promise<string> {
  return transport === 'inproc' ? freeEndpoint(transport) : freshEndpoint(t, transport);
}

/** Closes `socket`; its address is free afterwards. libzmq says nothing of its end `within` the process. */
async function ended(socket: Numbered, within: boolean): Promise<void> {
  const heard = within ? turns(10) : new Promise((resolve) => socket.events.on('end', resolve));
  socket.linger = 0;
  socket.close();
  await heard;
}

const skip = !native.capability.draft && 'libzmq has no drafts';

for (const [many, one] of [
  ['router', 'dealer'],
  ['server', 'client'],
] as const) {
  for (const [whoseMany, whoseOne] of [
    ['ours', 'ours'],
    ['ours', 'libzmq'],
    ['libzmq', 'ours'],
    ['libzmq', 'libzmq'],
  ] as const) {
    for (const transport of ['tcp', 'ipc', 'inproc'] as const) {
      const within = transport === 'inproc';
      if (within && whoseMany !== whoseOne) continue;
      t.test(
        `${many}: ${whoseMany}, ${one}: ${whoseOne}, over ${transport}`,
        { skip },
        async (t) => {
          t.test(
            'ZMQ_HELLO_MSG goes before all that waits, again on each connection',
            async (t) => {
              const endpoint = await quietEndpoint(t, transport);
              const connecter = make(t, whoseOne, one);
              connecter.setStringOption(HELLO, Buffer.from('good day'));
              connecter.connect(endpoint);
              await connecter.send('waiting');
              for (const expected of [['good day', 'waiting'], ['good day']]) {
                const binder = make(t, whoseMany, many);
                binder.setStringOption(HELLO, 'welcome');
                await binder.bind(endpoint);
                t.equal(await next(connecter), 'welcome');
                for (const body of expected) t.equal(await next(binder), body);
                if (within) return;
                await ended(binder, within);
              }
            },
          );

          t.test('ZMQ_DISCONNECT_MSG is received last from who had come', async (t) => {
            const [binder, connecter] = [make(t, whoseMany, many), make(t, whoseOne, one)];
            binder.setStringOption(DISCONNECT, 'gone');
            await binder.bind(freeEndpoint(transport));
            connecter.connect(binder.lastEndpoint!);
            await connecter.send('x');
            t.equal(await next(binder), 'x');
            connecter.close();
            t.equal(await next(binder), 'gone');
          });

          t.test('ZMQ_HICCUP_MSG is received when a connection is lost', async (t) => {
            const endpoint = await quietEndpoint(t, transport);
            const connecter = make(t, whoseOne, one);
            connecter.setStringOption(HICCUP, 'hiccup');
            for (let n = 0; n < 2; n++) {
              const binder = make(t, whoseMany, many);
              binder.setStringOption(HELLO, 'hello');
              await binder.bind(endpoint);
              if (n === 0) connecter.connect(endpoint);
              t.equal(await next(connecter), 'hello');
              await ended(binder, within);
              if (within) {
                connecter.receiveTimeout = 50;
                await t.rejects(
                  connecter.receive(),
                  { code: 'EAGAIN' },
                  'there are none over inproc',
                );
                return;
              }
              t.equal(await next(connecter), 'hiccup');
            }
          });

          if (many === 'server') return;
          t.test('ZMQ_ROUTER_NOTIFY', async (t) => {
            for (const [notify, expected] of [
              [0, ['x', 'end']],
              [1, ['', 'x', '', 'end']],
              [2, ['x', '', 'end']],
              [3, ['', 'x', '', '', 'end']],
            ] as const) {
              const [binder, connecter] = [make(t, whoseMany, many), make(t, whoseOne, one)];
              binder.setInt32Option(ROUTER_NOTIFY, notify);
              await binder.bind(freeEndpoint(transport));
              connecter.connect(binder.lastEndpoint!);
              await connecter.send('x');
              const heard: string[] = [];
              while (heard.at(-1) !== 'x') heard.push(await next(binder));
              connecter.close();
              if (!within && (notify & 2) !== 0) heard.push(await next(binder));
              const another = make(t, whoseOne, one);
              another.connect(binder.lastEndpoint!);
              await another.send('end');
              while (heard.at(-1) !== 'end') heard.push(await next(binder));
              t.same(heard, within ? ['x', 'end'] : expected, `notify ${notify}`);
            }
          });

          t.test('ZMQ_ROUTER_NOTIFY of a peer that was connected to', async (t) => {
            if (within) return;
            const [router, dealer] = [make(t, whoseMany, many), make(t, whoseOne, one)];
            router.setInt32Option(ROUTER_NOTIFY, 3);
            await dealer.bind(freeEndpoint(transport));
            const bound = dealer.lastEndpoint!;
            router.connect(bound);
            t.equal(await next(router), '');
            dealer.close();
            t.equal(await next(router), '');
          });
        },
      );
    }
  }
}

for (const transport of ['tcp', 'ipc', 'inproc'] as const) {
  t.test(`between Peers over ${transport}`, async (t) => {
    const [binder, connecter] = [own(t, new Peer()), own(t, new Peer())];
    for (const each of [binder, connecter]) {
      each.receiveTimeout = PATIENCE;
      each.helloMessage = 'hello';
      each.disconnectMessage = 'gone';
      each.hiccupMessage = Buffer.from('hiccup');
      t.strictSame(
        [each.helloMessage, each.disconnectMessage, each.hiccupMessage],
        ['hello', 'gone', 'hiccup'],
      );
    }
    const next = async (peer: Peer): Promise<string> => String((await peer.receive())[0]);
    const bound = await join(binder, connecter, transport);
    t.strictSame([await next(binder), await next(connecter)], ['hello', 'hello']);
    connecter.disconnect(bound);
    t.equal(await next(binder), 'gone');
    if (transport === 'inproc') return;
    connecter.connect(bound);
    t.strictSame([await next(binder), await next(connecter)], ['hello', 'hello']);
    await binder.unbind(bound);
    t.equal(await next(connecter), 'hiccup', 'who is left, after having connected');
    t.equal(binder.tryReceive(), undefined, 'who has ended the connection itself is told nothing');
  });
}

t.test('a heartbeat that is missed brings the message, too', async (t) => {
  const router = own(t, new zmq.Router({ disconnectMessage: 'gone', receiveTimeout: PATIENCE }));
  router.heartbeatInterval = 20;
  await router.bind('tcp://127.0.0.1:*');
  // It never answers a PING.
  await connectPeer(t, router.lastEndpoint!, 'DEALER');
  t.equal(texts(await router.receive())![1], 'gone');
});

t.test('they come beyond the mark', async (t) => {
  const options = { receiveHighWaterMark: 1, disconnectMessage: 'gone', receiveTimeout: PATIENCE };
  const router = own(t, new zmq.Router(options));
  const dealer = own(t, new zmq.Dealer());
  await join(router, dealer);
  await dealer.sendMany(['1', '2']);
  await until(() => router.readable);
  dealer.close();
  await until(() => router.stats().peers.length === 0);
  const heard: string[] = [];
  while (heard.at(-1) !== 'gone') heard.push(texts(await router.receive())![1]!);
  t.same(heard, ['1', '2', 'gone']);
});

t.test('what was received is the program’s to change', async (t) => {
  const router = own(t, new zmq.Router({ disconnectMessage: 'gone', receiveTimeout: PATIENCE }));
  await router.bind('tcp://127.0.0.1:*');
  for (let n = 0; n < 2; n++) {
    const dealer = own(t, new zmq.Dealer());
    dealer.connect(router.lastEndpoint!);
    await router.waitFor('handshake', { timeout: PATIENCE });
    dealer.close();
    const [, body] = await router.receive();
    t.equal(String(body), 'gone');
    body!.fill(0);
  }
});

t.test('values', async (t) => {
  for (const notify of [-1, 4, Number.NaN]) {
    t.throws(() => new zmq.Router({ routerNotify: notify }), { code: 'EINVAL' });
  }
  const router = own(t, new zmq.Router({ helloMessage: 'x' }));
  router.helloMessage = null;
  t.equal(router.helloMessage, null);
  t.throws(() => {
    (router as unknown as Record<string, unknown>)['hiccupMessage'] = 'x';
  }, TypeError);
});

/** Every socket pair of the compatibility matrix, one end ours and one end libzmq's. */

import t, { type Test } from 'tap';
import {
  connected,
  type End,
  follow,
  freshEndpoint,
  ourEnd,
  peerEnd,
  subscriptionsKnown,
  transportsOf,
} from '../support/interop.ts';
import { implementations, LibzmqPeer, type PeerSocketType } from '../support/libzmq-peer.ts';

type Conversation = (t: Test, one: End, other: End) => Promise<void>;

const PARTS = [Buffer.from('a'), Buffer.alloc(0), Buffer.from('ccc')];

const oneWay: Conversation = async (t, push, pull) => {
  for (const n of ['1', '2', '3']) await push.send([n, ...PARTS]);
  for (const n of ['1', '2', '3']) {
    t.strictSame(await pull.receive(), [Buffer.from(n), ...PARTS]);
  }
};

const bothWays: Conversation = async (t, one, other) => {
  await oneWay(t, one, other);
  await oneWay(t, other, one);
};

const requestReply: Conversation = async (t, request, reply) => {
  for (const n of ['1', '2']) {
    await request.send([n, ...PARTS]);
    t.strictSame(await reply.receive(), [Buffer.from(n), ...PARTS]);
    await reply.send(['re', ...PARTS]);
    t.strictSame(await request.receive(), [Buffer.from('re'), ...PARTS]);
  }
};

const requestRouter: Conversation = async (t, request, router) => {
  for (const n of ['1', '2']) {
    await request.send([n, ...PARTS]);
    const [id, ...rest] = (await router.receive()) as Buffer[];
    t.equal(id?.length, 5, 'a generated routing id');
    t.strictSame(rest, [Buffer.alloc(0), Buffer.from(n), ...PARTS]);
    await router.send([id!, '', 're', ...PARTS]);
    t.strictSame(await request.receive(), [Buffer.from('re'), ...PARTS]);
  }
};

const dealerReply: Conversation = async (t, dealer, reply) => {
  for (const envelope of [[''], ['x', 'y', '']]) {
    await dealer.send([...envelope, ...PARTS]);
    await dealer.send([...envelope, 'second']);
    t.strictSame(await reply.receive(), PARTS);
    await reply.send(['re', ...PARTS]);
    t.strictSame(await reply.receive(), [Buffer.from('second')]);
    await reply.send(['last']);
    const head = envelope.map((part) => Buffer.from(part));
    t.strictSame(await dealer.receive(), [...head, Buffer.from('re'), ...PARTS]);
    t.strictSame(await dealer.receive(), [...head, Buffer.from('last')]);
  }
};

const dealerRouter: Conversation = async (t, dealer, router) => {
  await dealer.send(['1', ...PARTS]);
  await dealer.send(['2']);
  const [id, ...rest] = (await router.receive()) as Buffer[];
  t.strictSame(rest, [Buffer.from('1'), ...PARTS]);
  t.strictSame(await router.receive(), [id, Buffer.from('2')]);
  await router.send([id!, ...PARTS]);
  await router.send([id!, 'second']);
  t.strictSame(await dealer.receive(), PARTS);
  t.strictSame(await dealer.receive(), [Buffer.from('second')]);
};

const publish: Conversation = async (t, publisher, subscriber) => {
  await follow(subscriber, 'a');
  if (publisher.type === 'PUB') await subscriptionsKnown(publisher, subscriber);
  else t.strictSame(await publisher.receive(), [Buffer.from('\x01a')]);
  await publisher.send(['a', '1']);
  await publisher.send(['b', '2']);
  await publisher.send(['ab', ...PARTS]);
  t.strictSame(await subscriber.receive(), [Buffer.from('a'), Buffer.from('1')]);
  t.strictSame(await subscriber.receive(), [Buffer.from('ab'), ...PARTS]);
};

const PAIRS: [PeerSocketType, PeerSocketType, Conversation][] = [
  ['PAIR', 'PAIR', bothWays],
  ['PUB', 'SUB', publish],
  ['PUB', 'XSUB', publish],
  ['XPUB', 'SUB', publish],
  ['XPUB', 'XSUB', publish],
  ['PUSH', 'PULL', oneWay],
  ['REQ', 'REP', requestReply],
  ['REQ', 'ROUTER', requestRouter],
  ['DEALER', 'REP', dealerReply],
  ['DEALER', 'DEALER', bothWays],
  ['DEALER', 'ROUTER', dealerRouter],
];

const ORDERS = ['we bind, libzmq connects', 'libzmq binds, we connect'] as const;
const TIMES = ['bind first', 'connect first'] as const;

for (const implementation of implementations(t)) {
  t.test(`libzmq through ${implementation}`, async (t) => {
    const peer = await LibzmqPeer.spawn(t, { implementation });
    for (const transport of transportsOf(implementation)) {
      for (const order of ORDERS) {
        for (const time of TIMES) {
          t.test(`${transport}, ${order}, ${time}`, async (t) => {
            const join = async (ours: End, theirs: End): Promise<void> => {
              const endpoint = await freshEndpoint(t, transport);
              const [binder, connecter] = order === ORDERS[0] ? [ours, theirs] : [theirs, ours];
              if (time === 'bind first') await binder.bind(endpoint);
              await connecter.connect(endpoint);
              if (time === 'connect first') await binder.bind(endpoint);
            };
            for (const [one, other, converse] of PAIRS) {
              t.test(`our ${one}, their ${other}`, async (t) => {
                const ours = ourEnd(t, one);
                const theirs = peerEnd(await peer.open(other));
                await join(ours, theirs);
                await converse(t, ours, theirs);
                await theirs.close();
              });
              if (one === other) continue;
              t.test(`our ${other}, their ${one}`, async (t) => {
                const ours = ourEnd(t, other);
                const theirs = peerEnd(await peer.open(one));
                await join(ours, theirs);
                await converse(t, theirs, ours);
                await theirs.close();
              });
            }
            t.test('our ROUTER, their ROUTER', async (t) => {
              const ours = ourEnd(t, 'ROUTER', { routingId: 'ours', mandatory: true });
              const theirs = peerEnd(await peer.open('ROUTER', { routingId: 'theirs' }));
              await join(ours, theirs);
              await connected(ours);
              await ours.send(['theirs', ...PARTS]);
              t.strictSame(await theirs.receive(), [Buffer.from('ours'), ...PARTS]);
              await theirs.send(['ours', 're', ...PARTS]);
              t.strictSame(await ours.receive(), [
                Buffer.from('theirs'),
                Buffer.from('re'),
                ...PARTS,
              ]);
              await theirs.close();
            });
          });
        }
      }
    }
  });
}

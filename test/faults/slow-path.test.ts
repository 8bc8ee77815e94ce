/** Heartbeats on a path that takes long for one message: what still goes out is a sign of life, silence is not. */

import { setTimeout as later } from 'node:timers/promises';
import t, { type Test } from 'tap';
import * as zmq from '../../src/index.ts';
import { FaultProxy } from '../support/faults/proxy.ts';
import { freeEndpoint, own } from '../support/local.ts';
import { PATIENCE } from '../support/patience.ts';
import { connectPeer, listenRaw, type RawPeer } from '../support/raw-peer.ts';
import { Log, watch } from '../support/sockets.ts';

const HEART = { heartbeatInterval: 300, heartbeatTimeout: 1000, linger: 0 };
/** Of ends that share one event loop with others and the path: less than half as long as the message takes, more than a loaded machine stands still. */
const PATIENT = { ...HEART, heartbeatTimeout: 2500 };
/** Octets a second, and octets of the message. */
const RATE = 2_000_000;
const SIZE = 12_000_000;

const SERVER = zmq.curveKeyPair();
const CLIENT = zmq.curveKeyPair();

type Sends = zmq.Socket & zmq.Sender<Buffer>;
type Receives = zmq.Socket & zmq.Receiver;

interface Kind {
  readonly sender: (options: object) => zmq.Socket;
  readonly receiver: (options: object) => zmq.Socket;
}

const KINDS: Record<string, Kind> = {
  PUSH: { sender: (o) => new zmq.Push(o), receiver: (o) => new zmq.Pull(o) },
  DEALER: { sender: (o) => new zmq.Dealer(o), receiver: (o) => new zmq.Dealer(o) },
  REQ: { sender: (o) => new zmq.Request(o), receiver: (o) => new zmq.Reply(o) },
  PUB: {
    sender: (o) => new zmq.Publisher(o),
    receiver: (o) => {
      const subscriber = new zmq.Subscriber(o);
      subscriber.subscribe('');
      return subscriber;
    },
  },
};

const PROTECTED = {
  bind: { curveServer: true, curveSecretKey: SERVER.secretKey },
  connect: {
    curveServerKey: SERVER.publicKey,
    curvePublicKey: CLIENT.publicKey,
    curveSecretKey: CLIENT.secretKey,
  },
};

const BODY = Buffer.alloc(SIZE, 'x');

interface Path {
  readonly what: string;
  readonly sender: Sends;
  readonly receiver: Receives;
  readonly log: Log;
}

/** Two sockets with a slow path between them, and heartbeats of the sender only. */
async function open(
  t: Test,
  name: string,
  transport: 'tcp' | 'ipc',
  sends: 'bind' | 'connect',
  curve: boolean,
): Promise<Path> {
  const kind = KINDS[name]!;
  const receives = sends === 'bind' ? 'connect' : 'bind';
  const sender = own(t, kind.sender({ ...PATIENT, ...(curve && PROTECTED[sends]) })) as Sends;
  const receiver = own(
    t,
    kind.receiver({ linger: 0, ...(curve && PROTECTED[receives]) }),
  ) as Receives;
  const log = new Log(sender);
  const [binder, connecter] = sends === 'bind' ? [sender, receiver] : [receiver, sender];
  await binder.bind(freeEndpoint(transport));
  const toxic = { kind: 'bandwidth', rate: RATE } as const;
  const proxy = await FaultProxy.open(t, binder.lastEndpoint!, { toxic: () => toxic });
  connecter.connect(proxy.endpoint);
  await sender.waitFor(name === 'PUB' ? 'subscription' : 'handshake', { timeout: PATIENCE });
  const what = `${name} that ${sends}s over ${transport}${curve ? ' under CURVE' : ''}`;
  return { what, sender, receiver, log };
}

/** One long message arrives, and the connection stays until then. */
async function passes(t: Test, { what, sender, receiver, log }: Path): Promise<void> {
  await sender.send(BODY);
  const [first] = await receiver.receive({ timeout: 60_000 }).catch(() => []);
  t.ok(first?.equals(BODY), `${what}: whole, after ${log.types.join(', ')}`);
  t.equal(log.count('disconnect'), 0, `${what}: the connection stays`);
  if (!(sender instanceof zmq.Request)) return;
  await (receiver as unknown as zmq.Reply).send('answer');
  t.equal(String(await sender.receive({ timeout: 60_000 })), 'answer', `${what}: answered`);
}

/** None begins before all are ready: both ends and the path share one event loop, which must not stand still. */
async function allPass(t: Test, names: readonly string[], curve: boolean): Promise<void> {
  const paths: Path[] = [];
  for (const name of names) {
    for (const transport of ['tcp', 'ipc'] as const) {
      for (const sends of ['bind', 'connect'] as const) {
        paths.push(await open(t, name, transport, sends, curve));
      }
    }
  }
  await Promise.all(paths.map((path) => passes(t, path)));
}

t.test("a message of many heartbeats' length arrives", async (t) => {
  await allPass(t, ['PUSH', 'DEALER'], false);
  await allPass(t, ['REQ', 'PUB'], false);
});

t.test('and under CURVE', (t) => allPass(t, ['PUSH'], true));

t.test(
  'what the kernel takes at once arrives, though the peer is given up meanwhile',
  async (t) => {
    // Nobody can see here how much of it has arrived.
    const size = 3_500_000;
    const pull = own(t, new zmq.Pull({ receiveTimeout: 60_000 }));
    await pull.bind('tcp://127.0.0.1:*');
    const toxic = { kind: 'bandwidth', rate: RATE } as const;
    const proxy = await FaultProxy.open(t, pull.lastEndpoint!, { toxic: () => toxic });
    const [push, log] = watch(t, new zmq.Push({ ...HEART, heartbeatTimeout: 300 }));
    push.connect(proxy.endpoint);
    await log.next('handshake');
    await push.send(Buffer.alloc(size));
    const { error } = await log.next('disconnect');
    t.match(error, { code: 'ERR_ZMTP_HEARTBEAT_TIMEOUT' });
    await push.send('next');
    t.same([await pull.receive(), await pull.receive()].map(([part]) => part!.length).sort(), [
      size,
      4,
    ]);
  },
);

for (const sends of ['bind', 'connect'] as const) {
  t.test(`a peer that takes no octet any more is given up, by who ${sends}s`, async (t) => {
    const [push, log] = watch(t, new zmq.Push(HEART));
    let peer: RawPeer;
    if (sends === 'bind') {
      await push.bind('tcp://127.0.0.1:*');
      peer = await connectPeer(t, push.lastEndpoint!, 'PULL');
    } else {
      const server = await listenRaw(t);
      push.connect(server.endpoint);
      peer = await server.peer(0);
      await peer.shakeHands('PULL');
    }
    await log.next('handshake');
    peer.stream.pause();
    const before = performance.now();
    await push.send(Buffer.alloc(SIZE));
    const { error } = await log.next('disconnect', 1, 30_000);
    t.match(error, { code: 'ERR_ZMTP_HEARTBEAT_TIMEOUT' });
    const took = performance.now() - before;
    t.ok(took > 1000, `not before its time: ${took}`);
  });
}

t.test('a peer that falls silent in the middle of a long message is given up', async (t) => {
  const pull = own(t, new zmq.Pull());
  await pull.bind('tcp://127.0.0.1:*');
  const toxic = { kind: 'bandwidth', rate: RATE } as const;
  const proxy = await FaultProxy.open(t, pull.lastEndpoint!, { toxic: () => toxic });
  const [push, log] = watch(t, new zmq.Push(HEART));
  push.connect(proxy.endpoint);
  await log.next('handshake');
  await push.send(Buffer.alloc(SIZE));
  await later(1500);
  t.equal(log.count('disconnect'), 0);
  proxy.silence();
  const { error } = await log.next('disconnect', 1, 30_000);
  t.match(error, { code: 'ERR_ZMTP_HEARTBEAT_TIMEOUT' });
});

/** What was sent just before a socket or an endpoint ends without linger: the kernel gets it still. */

import { once } from 'node:events';
import net from 'node:net';
import t from 'tap';
import * as zmq from '../../../src/index.ts';
import { freeEndpoint, join, own, texts, until } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

type Test = Parameters<typeof own>[0];

/** A sender and a receiver that fit; `ready` makes the sender one that may send to the other. */
interface Kind {
  readonly sender: (options: Options) => zmq.Socket & Sends;
  readonly receiver: () => zmq.Socket & Receives;
  readonly ready?: (sender: zmq.Socket & Sends, receiver: zmq.Socket & Receives) => Promise<void>;
  /** What goes before the text. */
  readonly envelope?: readonly string[];
}

interface Options {
  readonly linger?: number;
  readonly context?: zmq.Context;
}

interface Sends {
  send(message: string[]): Promise<void>;
}

interface Receives {
  receive(): Promise<readonly Buffer[]>;
}

const SECRET = zmq.curveKeyPair();
const OWN = zmq.curveKeyPair();

const KINDS: Record<string, Kind> = {
  'PUSH to PULL': { sender: (o) => new zmq.Push(o), receiver: () => new zmq.Pull() },
  'PAIR to PAIR': { sender: (o) => new zmq.Pair(o), receiver: () => new zmq.Pair() },
  'DEALER to DEALER': { sender: (o) => new zmq.Dealer(o), receiver: () => new zmq.Dealer() },
  'ROUTER to DEALER': {
    sender: (o) => new zmq.Router(o),
    receiver: () => new zmq.Dealer({ routingId: 'peer' }),
    envelope: ['peer'],
  },
  'PUB to SUB': {
    sender: (o) => new zmq.Publisher(o),
    receiver: () => {
      const subscriber = new zmq.Subscriber();
      subscriber.subscribe('');
      return subscriber;
    },
    ready: (publisher) => publisher.waitFor('subscription', { timeout: PATIENCE }),
  },
  'XPUB to XSUB': {
    sender: (o) => new zmq.XPublisher(o),
    receiver: () => new zmq.XSubscriber(),
    ready: async (publisher, subscriber) => {
      await (subscriber as zmq.XSubscriber).send(Buffer.of(1));
      await publisher.waitFor('subscription', { timeout: PATIENCE });
    },
  },
  'XSUB to XPUB': { sender: (o) => new zmq.XSubscriber(o), receiver: () => new zmq.XPublisher() },
  'REQ to REP': { sender: (o) => new zmq.Request(o), receiver: () => new zmq.Reply() },
  'REP to REQ': {
    sender: (o) => new zmq.Reply(o),
    receiver: () => new zmq.Request(),
    ready: async (reply, request) => {
      await (request as zmq.Request).send('question');
      await (reply as zmq.Reply).receive();
    },
  },
  'PUSH to PULL under CURVE': {
    sender: (o) =>
      new zmq.Push({
        ...o,
        curveServerKey: SECRET.publicKey,
        curvePublicKey: OWN.publicKey,
        curveSecretKey: OWN.secretKey,
      }),
    receiver: () => new zmq.Pull({ curveServer: true, curveSecretKey: SECRET.secretKey }),
  },
};

type Transport = 'tcp' | 'ipc' | 'inproc';

async function ready(t: Test, kind: Kind, binder: string, transport: Transport, options: Options) {
  const sender = own(t, kind.sender(options));
  const receiver = own(t, kind.receiver());
  (receiver as unknown as { receiveTimeout: number }).receiveTimeout = PATIENCE;
  const endpoint =
    binder === 'receiver'
      ? await join(receiver, sender, transport)
      : await join(sender, receiver, transport);
  await kind.ready?.(sender, receiver);
  return { sender, receiver, endpoint };
}

/** Ways to end that give nothing time: who bound or connected, and what is called. */
const ENDS: readonly [
  title: string,
  binder: 'sender' | 'receiver',
  options: () => Options,
  end: (sender: zmq.Socket, endpoint: string) => unknown,
][] = [
  ['close() of who connected', 'receiver', () => ({ linger: 0 }), (sender) => sender.close()],
  ['close() of who bound', 'sender', () => ({ linger: 0 }), (sender) => sender.close()],
  ['disconnect()', 'receiver', () => ({ linger: 0 }), (sender, at) => sender.disconnect(at)],
  ['unbind()', 'sender', () => ({}), (sender, at) => sender.unbind(at)],
  [
    'close() in a context that is not blocky',
    'receiver',
    () => ({ context: new zmq.Context({ blocky: false }) }),
    (sender) => sender.close(),
  ],
];

for (const transport of ['tcp', 'ipc', 'inproc'] as const) {
  for (const [title, binder, options, end] of ENDS) {
    t.test(`E4: what was sent just before ${title} over ${transport} is delivered`, async (t) => {
      for (const [name, kind] of Object.entries(KINDS)) {
        // Their names are known in their own context only.
        if (transport === 'inproc' && options().context !== undefined) continue;
        if (name.includes('CURVE') && (transport === 'inproc' || binder === 'sender')) continue;
        const { sender, receiver, endpoint } = await ready(t, kind, binder, transport, options());
        await sender.send([...(kind.envelope ?? []), 'bye', name]);
        await end(sender, endpoint);
        t.strictSame(texts(await receiver.receive()), ['bye', name], name);
      }
    });
  }
}

for (const transport of ['tcp', 'ipc'] as const) {
  t.test(
    `many that were sent in one tick over ${transport} arrive as far as there is room`,
    async (t) => {
      const { sender, receiver } = await ready(t, KINDS['PUSH to PULL']!, 'receiver', transport, {
        linger: 0,
      });
      for (let n = 0; n < 500; n++) await sender.send([`message ${n}`]);
      sender.close();
      for (let n = 0; n < 500; n++) {
        t.strictSame(texts(await receiver.receive()), [`message ${n}`]);
      }
    },
  );

  t.test(
    `a peer whose messages were not read does not lose the last over ${transport}`,
    async (t) => {
      const { sender, receiver } = await ready(t, KINDS['DEALER to DEALER']!, 'sender', transport, {
        linger: 0,
      });
      for (let n = 0; n < 20; n++) await (receiver as zmq.Dealer).send(Buffer.alloc(10_000));
      await (sender as zmq.Dealer).receive();
      await sender.send(['bye']);
      sender.close();
      t.strictSame(texts(await receiver.receive()), ['bye']);
    },
  );
}

t.test('octets that a STREAM sent just before its end are delivered', async (t) => {
  for (const end of ['close', 'unbind'] as const) {
    const stream = own(t, new zmq.Stream({ linger: 0 }));
    await stream.bind(freeEndpoint('tcp'));
    const client = net.connect(Number(stream.lastEndpoint!.split(':').at(-1)), '127.0.0.1');
    t.teardown(() => client.destroy());
    let seen = '';
    client.on('data', (chunk) => {
      seen += chunk;
    });
    const [id] = await stream.receive();
    await stream.send([id!, 'bye']);
    if (end === 'close') stream.close();
    else await stream.unbind(stream.lastEndpoint!);
    await once(client, 'end');
    t.equal(seen, 'bye', end);
  }
});

t.test(
  'linger 0 waits for nobody: what the kernel does not take is dropped, and counted',
  async (t) => {
    const { sender, receiver } = await ready(t, KINDS['PUSH to PULL']!, 'receiver', 'tcp', {
      linger: 0,
    });
    (receiver as zmq.Pull).receiveHighWaterMark = 1;
    for (let n = 0; n < 50; n++) await (sender as zmq.Push).send(Buffer.alloc(1 << 20, n));
    sender.close();
    await until(() => sender.stats().peers.length === 0);
    t.ok(sender.stats().dropped > 0);
  },
);

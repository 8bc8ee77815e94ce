/** A message of more parts than `maxMessageParts`: refused by the sender, before the peer would hang up because of it. */

import t from 'tap';
import * as zmq from '../../../src/index.ts';
import { Client, Scatter, Server } from '../../../src/sockets/draft/index.ts';
import { failure, join, own, TRANSPORTS, texts, until } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

const LIMIT = 4;
const OPTIONS = { maxMessageParts: LIMIT };

type Sends = zmq.Socket & zmq.Sender<string[]>;
type Receives = zmq.Socket & zmq.Receiver;

interface Kind {
  readonly sender: () => zmq.Socket;
  readonly receiver: () => zmq.Socket;
  /** Makes the sender one that may send to the other; again before each message. */
  readonly ready?: (sender: never, receiver: never) => Promise<void>;
  /** What the sender puts in front, and does not travel. */
  readonly address?: readonly string[];
  /** Parts that the wire has beside those that are sent. */
  readonly added?: number;
}

async function ask(reply: zmq.Reply, request: zmq.Request): Promise<void> {
  await request.send('question');
  await reply.receive();
}

const KINDS: Record<string, Kind> = {
  'PUSH to PULL': {
    sender: () => new zmq.Push(OPTIONS),
    receiver: () => new zmq.Pull(OPTIONS),
  },
  'PAIR to PAIR': {
    sender: () => new zmq.Pair(OPTIONS),
    receiver: () => new zmq.Pair(OPTIONS),
  },
  'DEALER to DEALER': {
    sender: () => new zmq.Dealer(OPTIONS),
    receiver: () => new zmq.Dealer(OPTIONS),
  },
  'ROUTER to DEALER': {
    sender: () => new zmq.Router(OPTIONS),
    receiver: () => new zmq.Dealer({ ...OPTIONS, routingId: 'peer' }),
    address: ['peer'],
  },
  'mandatory ROUTER to DEALER': {
    sender: () => new zmq.Router({ ...OPTIONS, mandatory: true }),
    receiver: () => new zmq.Dealer({ ...OPTIONS, routingId: 'peer' }),
    address: ['peer'],
  },
  'PUB to SUB': {
    sender: () => new zmq.Publisher(OPTIONS),
    receiver: () => {
      const subscriber = new zmq.Subscriber(OPTIONS);
      subscriber.subscribe('');
      return subscriber;
    },
    ready: (publisher: zmq.Publisher) => publisher.waitFor('subscription', { timeout: PATIENCE }),
  },
  'XPUB to XSUB': {
    sender: () => new zmq.XPublisher({ ...OPTIONS, noDrop: true }),
    receiver: () => new zmq.XSubscriber(OPTIONS),
    ready: async (publisher: zmq.XPublisher, subscriber: zmq.XSubscriber) => {
      await subscriber.send(Buffer.of(1));
      await publisher.waitFor('subscription', { timeout: PATIENCE });
    },
  },
  'XSUB to XPUB': {
    sender: () => new zmq.XSubscriber(OPTIONS),
    receiver: () => new zmq.XPublisher(OPTIONS),
  },
  'REQ to REP': {
    sender: () => new zmq.Request({ ...OPTIONS, relaxed: true }),
    receiver: () => new zmq.Reply(OPTIONS),
    ready: async (_request: zmq.Request, reply: zmq.Reply) => {
      if (reply.writable) await reply.send('answer');
    },
    added: 1,
  },
  'REQ that correlates to REP': {
    sender: () => new zmq.Request({ ...OPTIONS, relaxed: true, correlate: true }),
    receiver: () => new zmq.Reply(OPTIONS),
    ready: async (_request: zmq.Request, reply: zmq.Reply) => {
      if (reply.writable) await reply.send('answer');
    },
    added: 2,
  },
  'REP to REQ': {
    sender: () => new zmq.Reply(OPTIONS),
    receiver: () => new zmq.Request({ ...OPTIONS, relaxed: true }),
    ready: ask,
    added: 1,
  },
  'REP to REQ that correlates': {
    sender: () => new zmq.Reply(OPTIONS),
    receiver: () => new zmq.Request({ ...OPTIONS, relaxed: true, correlate: true }),
    ready: ask,
    added: 2,
  },
};

function isTooLong(error: unknown, parts: number): boolean {
  const { code, errno, message } = error as zmq.SocketError;
  return (
    code === 'EMSGSIZE' &&
    errno === 90 &&
    message === `Message too long: ${parts} parts on the wire, maxMessageParts is ${LIMIT}`
  );
}

for (const transport of TRANSPORTS) {
  t.test(`one part too many is refused, over ${transport}`, async (t) => {
    for (const [name, kind] of Object.entries(KINDS)) {
      for (const binder of ['sender', 'receiver'] as const) {
        const sender = own(t, kind.sender()) as Sends;
        const receiver = own(t, kind.receiver()) as Receives;
        Object.assign(receiver, { receiveTimeout: PATIENCE });
        if (binder === 'sender') await join(sender, receiver, transport);
        else await join(receiver, sender, transport);
        const prepare = kind.ready as ((a: zmq.Socket, b: zmq.Socket) => Promise<void>) | undefined;
        await prepare?.(sender, receiver);
        const { address = [], added = 0 } = kind;
        const long = [...address, ...Array<string>(LIMIT - added + 1).fill('long')];
        const whole = [...address, ...Array<string>(LIMIT - added).fill('whole')];
        const what = `${name}, the ${binder} bound`;

        const sent = sender.stats().sent.messages;
        const { sync, error } = await failure(() => sender.send(long));
        t.notOk(sync, `${what}: rejects`);
        t.ok(isTooLong(error, LIMIT + 1), `${what}: ${error}`);
        t.throws(() => sender.trySend(long), { code: 'EMSGSIZE' }, what);
        const many = (await failure(() => sender.sendMany([long, whole]))).error;
        t.match(many, { code: 'EMSGSIZE', sentCount: 0 }, what);

        await sender.send(whole);
        const received = await receiver.receive();
        t.same(texts(received), whole.slice(address.length), `${what}: the one behind it arrives`);
        t.equal(sender.stats().sent.messages, sent + 1, what);
        t.equal(receiver.stats().dropped, 0, what);
        t.equal(receiver.stats().peers.length, 1, `${what}: the connection stays`);

        if (name.startsWith('REP')) continue;
        await prepare?.(sender, receiver);
        const after = (await failure(() => sender.sendMany([whole, long]))).error;
        // A REQ that asks again has no use for the answer to the first.
        t.match(after, { code: 'EMSGSIZE', sentCount: 1 }, what);
        t.same(texts(await receiver.receive()), whole.slice(address.length), what);
      }
    }
  });
}

t.test('it is refused where nobody is there yet, and where it would have to wait', async (t) => {
  const push = own(t, new zmq.Push(OPTIONS));
  t.ok(isTooLong((await failure(() => push.send(Array(5).fill('long')))).error, 5));
  const waiting = push.send('waits');
  t.ok(isTooLong((await failure(() => push.send(Array(5).fill('long')))).error, 5));
  const pull = own(t, new zmq.Pull());
  await join(pull, push);
  await waiting;
  t.same(texts(await pull.receive()), ['waits']);
});

t.test('a reply is measured with the envelope of the request that it waits for', async (t) => {
  const reply = own(t, new zmq.Reply(OPTIONS));
  const dealer = own(t, new zmq.Dealer());
  await join(reply, dealer);
  // Out of turn: only the request tells how long the envelope is.
  const replying = reply.send(['1', '2', '3']);
  const refused = failure(() => replying);
  await dealer.send(['hop', '', 'question']);
  t.same(texts(await reply.receive()), ['question']);
  t.ok(isTooLong((await refused).error, 5));
  await reply.send(['1', '2']);
  t.same(texts(await dealer.receive()), ['hop', '', '1', '2']);
});

t.test('the limit is that of the moment, and 0 and −1 are none', async (t) => {
  const push = own(t, new zmq.Push());
  const pull = own(t, new zmq.Pull({ maxMessageParts: 0 }));
  await join(pull, push);
  t.match((await failure(() => push.send(Array(65_537).fill('')))).error, { code: 'EMSGSIZE' });
  await push.send(Array(65_536).fill(''));
  t.equal((await pull.receive()).length, 65_536);
  for (const none of [0, -1]) {
    push.maxMessageParts = none;
    await push.send(Array(65_537).fill(''));
    t.equal((await pull.receive()).length, 65_537);
  }
});

t.test('types whose messages have one part keep their own error', async (t) => {
  const client = own(t, new Client());
  t.match((await failure(() => client.send(['1', '2'] as never))).error, { code: 'EINVAL' });
  const scatter = own(t, new Scatter());
  t.match((await failure(() => scatter.send(['1', '2'] as never))).error, { code: 'EINVAL' });
  const server = own(t, new Server());
  await join(server, client);
  await client.send('question');
  const [question, { routingId }] = (await server.receive()) as never as [
    Buffer,
    { routingId: number },
  ];
  await server.send(question, { routingId });
  t.same(String((await client.receive())[0]), 'question');
});

t.test('a STREAM has no parts to count', async (t) => {
  const server = own(t, new zmq.Stream({ maxMessageParts: 1 }));
  const client = own(t, new zmq.Stream({ maxMessageParts: 1 }));
  await server.bind('tcp://127.0.0.1:*');
  client.connect(server.lastEndpoint!, { routingId: 'server' });
  await client.send(['server', 'data']);
  await server.receive();
  t.equal(String((await server.receive())[1]), 'data');
});

t.test('a proxy drops, and counts, what gets too long by the id it adds', async (t) => {
  const front = own(t, new zmq.Router(OPTIONS));
  const back = own(t, new zmq.Dealer(OPTIONS));
  const capture = own(t, new zmq.Push({ maxMessageParts: 3 }));
  const [client, worker, recorder] = [
    own(t, new zmq.Dealer(OPTIONS)),
    own(t, new zmq.Dealer({ maxMessageParts: 0, receiveTimeout: PATIENCE })),
    own(t, new zmq.Pull({ receiveTimeout: PATIENCE })),
  ] as const;
  await join(front, client);
  await join(back, worker);
  await join(recorder, capture);
  const running = zmq.proxy(front, back, { capture });
  await client.send(['1', '2', '3', '4']);
  await client.send(['1', '2', '3']);
  await client.send(['1', '2']);
  t.same(texts((await worker.receive()).slice(1)), ['1', '2', '3']);
  t.same(texts((await worker.receive()).slice(1)), ['1', '2']);
  t.same(texts((await recorder.receive()).slice(1)), ['1', '2']);
  // One that was too long for the other side, and two that were too long for the capture socket.
  await until(() => running.statistics().dropped === 3);
  running.terminate();
  await running;
});

/** What the interop tests share: one interface for our sockets and the peer's, and endpoints. */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zmq from '../../src/index.ts';
import {
  type Digest,
  digest,
  type Implementation,
  type Part,
  PeerSocket,
  type PeerSocketType,
} from './libzmq-peer.ts';
import { PATIENCE } from './patience.ts';
import { numbered, type Summary, Tally } from './peers/numbered.js';
import { handshaken, type Observed, observe, subscribed } from './wait.ts';

interface TearDown {
  teardown(fn: () => unknown): void;
}

/** Closes the socket with the test, gives its operations a time limit, and counts its events. */
export function use<S extends Observed & { linger: number; close(): void; closed: boolean }>(
  t: TearDown,
  socket: S,
): S {
  const limited = socket as { receiveTimeout?: number; sendTimeout?: number };
  if ('receiveTimeout' in limited && limited.receiveTimeout === -1)
    limited.receiveTimeout = PATIENCE;
  if ('sendTimeout' in limited && limited.sendTimeout === -1) limited.sendTimeout = PATIENCE;
  observe(socket);
  t.teardown(() => {
    if (socket.closed) return;
    socket.linger = 0;
    socket.close();
  });
  return socket;
}

/** One end of a conversation, whoever's it is. */
export interface End {
  readonly type: PeerSocketType;
  readonly socket: Observed | PeerSocket;
  bind(endpoint: string): Promise<void>;
  connect(endpoint: string): Promise<void>;
  send(message: readonly Part[]): Promise<void>;
  receive(): Promise<Digest[]>;
  subscribe(topic: string): Promise<void>;
  close(): Promise<void>;
}

/** A socket of ours of this type, as an `End`. */
export function ourEnd(t: TearDown, type: PeerSocketType, options: object = {}): End {
  const socket = use(t, make(type, options));
  return {
    type,
    socket,
    bind: (endpoint) => socket.bind(endpoint),
    connect: async (endpoint) => socket.connect(endpoint),
    send: async (message) => socket.send(message as Buffer[]),
    receive: async () => digest(await socket.receive()),
    subscribe: async (topic) => socket.subscribe(topic),
    close: async () => socket.close(),
  };
}

/** A socket of the peer's, as an `End`. */
export function peerEnd(socket: PeerSocket): End {
  return {
    type: socket.type,
    socket,
    bind: async (endpoint) => {
      await socket.bind(endpoint);
    },
    connect: (endpoint) => socket.connect(endpoint),
    send: (message) => socket.send(message),
    receive: () => socket.receive(),
    subscribe: (topic) => socket.subscribe(topic),
    close: () => socket.close(),
  };
}

/**
 * Resolves when the publisher knows the subscriptions `subscriber` has made so far. An XPUB reads
 * of it; a PUB of ours can be asked; a libzmq PUB shows it by what arrives.
 */
export async function subscriptionsKnown(publisher: End, subscriber: End): Promise<void> {
  const { socket } = publisher;
  if (!(socket instanceof PeerSocket)) return subscribed(socket);
  await follow(subscriber, SYNC);
  await socket.beacon([SYNC]);
  await subscriber.receive();
  await socket.stopBeacon();
  await socket.send([SYNC, 'over']);
  while ((await subscriber.receive()).length < 2);
}

/** Resolves when the socket has finished a handshake with its one peer. */
export async function connected(end: End): Promise<void> {
  const { socket } = end;
  if (socket instanceof PeerSocket) await socket.event('handshake');
  else await handshaken(socket);
}

/** Subscribes a SUB, or an XSUB by the message that does it. */
export async function follow(subscriber: End, topic: string): Promise<void> {
  if (subscriber.type === 'SUB') await subscriber.subscribe(topic);
  else await subscriber.send([`\x01${topic}`]);
}

/**
 * Sends numbered messages with our socket until one has to wait longer than `timeout`; resolves to
 * how many were accepted. `first` is the number of the first.
 */
export async function fill(
  socket: { send(message: (Buffer | string)[]): Promise<void>; sendTimeout: number },
  options: {
    readonly size?: number;
    readonly timeout?: number;
    readonly first?: number;
    readonly prefix?: readonly (Buffer | string)[];
  } = {},
): Promise<number> {
  const { size = 16, timeout = 300, first = 0, prefix = [] } = options;
  const before = socket.sendTimeout;
  socket.sendTimeout = timeout;
  let sent = 0;
  try {
    for (;;) {
      await socket.send([...prefix, ...numbered('ours', first + sent, size)]);
      sent++;
    }
  } catch (error) {
    if ((error as { code?: string }).code !== 'EAGAIN') throw error;
  } finally {
    socket.sendTimeout = before;
  }
  return sent;
}

/** Sends `count` numbered messages with our socket. */
export async function sendNumbered(
  socket: { send(message: (Buffer | string)[]): Promise<void> },
  count: number,
  options: { readonly size?: number; readonly first?: number; readonly prefix?: string[] } = {},
): Promise<void> {
  const { size = 16, first = 0, prefix = [] } = options;
  for (let n = first; n < first + count; n++) {
    await socket.send([...prefix, ...numbered('ours', n, size)]);
  }
}

/** Receives `count` numbered messages with our socket and reports what is wrong with them. */
export async function verify(
  socket: { receive(): Promise<Buffer[]> },
  count: number,
): Promise<Summary> {
  const tally = new Tally();
  for (let n = 0; n < count; n++) tally.add(await socket.receive());
  return tally.summary();
}

/** The report on `count` faultless messages of one source. */
export function faultless(source: string, count: number, first = 0): Summary {
  return {
    count,
    bad: 0,
    duplicates: 0,
    reordered: 0,
    gaps: 0,
    sources: { [source]: { first, last: first + count - 1, count } },
  };
}

/** What a libzmq can be met by. */
export type InteropTransport = 'tcp' | 'ipc' | 'ws';

/** The libzmq of npm `zeromq` has draft transports, those of Python have not. */
export function transportsOf(implementation: Implementation): readonly InteropTransport[] {
  return implementation === 'zeromq' ? ['tcp', 'ipc', 'ws'] : ['tcp', 'ipc'];
}

/** An endpoint nobody uses. */
export async function freshEndpoint(t: TearDown, transport: InteropTransport): Promise<string> {
  if (transport === 'ipc') {
    const folder = mkdtempSync(join(tmpdir(), 'interop-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    return `ipc://${join(folder, 's')}`;
  }
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `${transport}://127.0.0.1:${port}`;
}

type AnySocket = Observed & {
  linger: number;
  readonly closed: boolean;
  bind(endpoint: string): Promise<void>;
  connect(endpoint: string): void;
  send(message: Buffer[]): Promise<void>;
  receive(): Promise<Buffer[]>;
  subscribe(topic: string): void;
  close(): void;
};

function make(type: PeerSocketType, options: object): AnySocket {
  return new CLASSES[type]({ reconnectInterval: 20, ...options }) as unknown as AnySocket;
}

const SYNC = '~sync';

const CLASSES = {
  PAIR: zmq.Pair,
  PUB: zmq.Publisher,
  SUB: zmq.Subscriber,
  REQ: zmq.Request,
  REP: zmq.Reply,
  DEALER: zmq.Dealer,
  ROUTER: zmq.Router,
  PULL: zmq.Pull,
  PUSH: zmq.Push,
  XPUB: zmq.XPublisher,
  XSUB: zmq.XSubscriber,
} satisfies Record<PeerSocketType, unknown>;

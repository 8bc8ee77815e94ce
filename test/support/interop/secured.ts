/** What the interop tests of PLAIN and CURVE share: both ends in both roles, and handlers on either side. */

import type { Test } from 'tap';
import { type Authenticate, Dealer, type EventType, Router } from '../../../src/index.ts';
import { freshEndpoint, type InteropTransport } from '../interop.ts';
import { implementations, LibzmqPeer, type PeerOptions, type PeerSocket } from '../libzmq-peer.ts';
import { Log, texts, use } from '../sockets.ts';

/** Options of the two roles, by their zeromq.js names: the same for libzmq and for us. */
export interface Roles {
  readonly server: PeerOptions;
  readonly client: PeerOptions;
}

export type Role = keyof Roles;

/** A handler at libzmq's inproc://zeromq.zap.01, which gives one status for all. */
export class PeerHandler {
  readonly #socket: PeerSocket;

  constructor(socket: PeerSocket) {
    this.#socket = socket;
  }

  static async open(peer: LibzmqPeer): Promise<PeerHandler> {
    const socket = await peer.open('REP');
    await socket.bind('inproc://zeromq.zap.01');
    return new PeerHandler(socket);
  }

  /** Answers the next request; gives what was asked, from the domain on. */
  async answer(status: string, userId = 'user'): Promise<Buffer[]> {
    const [version, id, ...rest] = (await this.#socket.receive()) as Buffer[];
    await this.#socket.send([version!, id!, status, 'text', userId, '']);
    return rest;
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}

/** Each libzmq there is, in a process of its own. */
export function withPeers(t: Test, run: (t: Test, peer: LibzmqPeer) => Promise<void>): void {
  for (const implementation of implementations(t)) {
    t.test(`libzmq through ${implementation}`, async (t) => {
      await run(t, await LibzmqPeer.spawn(t, { implementation }));
    });
  }
}

/** The server is a ROUTER and the client a DEALER, one of them ours; either binds. */
export async function join(
  t: Test,
  peer: LibzmqPeer,
  roles: Roles,
  ours: Role,
  binder: 'we' | 'libzmq',
  transport: InteropTransport,
  options: { authenticate?: Authenticate; keepPeers?: boolean; handshakeInterval?: number } = {},
): Promise<{ socket: Router | Dealer; log: Log; theirs: PeerSocket }> {
  // Once is enough: a second question would be taken for that of the next test.
  const given = { ...roles[ours], ...options, reconnectInterval: 60_000 };
  const socket = use(t, ours === 'server' ? new Router(given) : new Dealer(given));
  const log = new Log(socket);
  const theirs =
    ours === 'server'
      ? await peer.open('DEALER', roles.client)
      : await peer.open('ROUTER', roles.server);
  const endpoint = await freshEndpoint(t, transport);
  if (binder === 'we') {
    await socket.bind(endpoint);
    await theirs.connect(endpoint);
  } else {
    await theirs.bind(endpoint);
    socket.connect(endpoint);
  }
  return { socket, log, theirs };
}

/** Messages of all kinds from the client to the server and back. */
export async function converse(
  t: Test,
  socket: Router | Dealer,
  theirs: PeerSocket,
): Promise<Buffer[]> {
  const parts = ['', 'a', 'x'.repeat(300), ''];
  if (socket instanceof Router) {
    await theirs.send(parts);
    const message = await socket.receive();
    t.same(texts(message).slice(1), parts);
    await socket.send([message[0]!, 'y'.repeat(1_000), '']);
    t.same((await theirs.receive()).map(String), ['y'.repeat(1_000), '']);
    return message;
  }
  await socket.send(parts);
  const [id, ...rest] = (await theirs.receive()) as Buffer[];
  t.same(rest.map(String), parts);
  await theirs.send([id!, 'y'.repeat(1_000), '']);
  const message = await socket.receive();
  t.same(texts(message), ['y'.repeat(1_000), '']);
  return message;
}

/** The failed handshakes in our log, as type and code or status; it waits for the first. */
export async function failure(log: Log): Promise<string> {
  const types: EventType[] = [
    'handshake:error:protocol',
    'handshake:error:auth',
    'handshake:error:other',
  ];
  await log.until('failed handshake', () => types.some((type) => log.count(type) > 0));
  const event = log.all.find(({ type }) => types.includes(type)) as {
    type: string;
    error: { code: string; status?: number };
  };
  return `${event.type.split(':')[2]} ${event.error.status ?? event.error.code}`;
}

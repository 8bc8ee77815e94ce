/** What the tests of our sockets among themselves share: endpoints of each transport, pairs, and their end. */

import type { Socket } from '../../src/index.ts';
import { PATIENCE } from './patience.ts';

export interface TearDown {
  teardown(fn: () => unknown): void;
}

export const TRANSPORTS = ['tcp', 'ipc', 'inproc', 'ws'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** An endpoint to bind that nobody else has. */
export function freeEndpoint(transport: Transport): string {
  if (transport === 'tcp' || transport === 'ws') return `${transport}://127.0.0.1:*`;
  if (transport === 'ipc') return 'ipc://*';
  return `inproc://test-${++names}`;
}

/** Closes `socket` with the test, without waiting for what it has not sent. */
export function own<S extends Socket>(t: TearDown, socket: S): S {
  t.teardown(() => {
    if (socket.closed) return;
    socket.linger = 0;
    socket.close();
  });
  return socket;
}

/** Binds `binder`, connects `connecter` to it, and waits for both handshakes. Returns the endpoint. */
export async function join(
  binder: Socket,
  connecter: Socket,
  transport: Transport = 'tcp',
): Promise<string> {
  await binder.bind(freeEndpoint(transport));
  const endpoint = binder.lastEndpoint!;
  await meet(binder, connecter, endpoint);
  return endpoint;
}

/** Connects `connecter` to where `binder` is bound, and waits for both handshakes. */
export async function meet(binder: Socket, connecter: Socket, endpoint: string): Promise<void> {
  const peers = [binder, connecter].map((socket) => socket.stats().peers.length + 1);
  connecter.connect(endpoint);
  await binder.waitFor('handshake', { peers: peers[0]!, timeout: PATIENCE });
  await connecter.waitFor('handshake', { peers: peers[1]!, timeout: PATIENCE });
}

/** An endpoint over tcp at which nobody listens now. */
export async function deadEndpoint(
  socket: Socket,
  transport: 'tcp' | 'ws' = 'tcp',
): Promise<string> {
  await socket.bind(freeEndpoint(transport));
  const endpoint = socket.lastEndpoint!;
  await socket.unbind(endpoint);
  return endpoint;
}

/** `count` turns of the event loop. */
export async function turns(count = 1): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when `done`, asked at each turn of the event loop; rejects after ten seconds. */
export async function until(done: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!done()) {
    if (performance.now() > end) throw new Error(`never: ${done}`);
    await turns();
  }
}

/** What a call threw at once or rejected with. */
export async function failure(call: () => unknown): Promise<{ sync: boolean; error: unknown }> {
  let promise: unknown;
  try {
    promise = call();
  } catch (error) {
    return { sync: true, error };
  }
  try {
    await promise;
  } catch (error) {
    return { sync: false, error };
  }
  throw new Error('it did not fail');
}

/** A message as texts. */
export function texts(message: readonly Buffer[] | undefined): string[] | undefined {
  return message?.map(String);
}

let names = 0;

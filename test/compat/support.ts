/** Sockets of version 5 for a test: closed with it, and bound where nobody else is. */

import { once } from 'node:events';
import * as zmq from '../../src/compat/index.ts';
import { freeEndpoint, type TearDown, type Transport } from '../support/local.ts';

/** A socket that is closed with the test, without linger. */
export function make(t: TearDown, type: zmq.SocketType): zmq.Socket {
  const socket = zmq.socket(type);
  t.teardown(() => {
    if (socket.closed) return;
    socket.linger = 0;
    socket.close();
  });
  return socket;
}

/** `binder` bound and `connecter` connected to it; resolves to the endpoint. */
export async function joined(
  binder: zmq.Socket,
  connecter: zmq.Socket,
  transport: Transport,
): Promise<string> {
  binder.bind(freeEndpoint(transport));
  await once(binder, 'bind');
  const endpoint = String(binder.last_endpoint);
  connecter.connect(endpoint);
  return endpoint;
}

/** The next `count` messages, each as the texts of its parts. */
export function messages(socket: zmq.Socket, count = 1): Promise<string[][]> {
  const all: string[][] = [];
  return new Promise((resolve) => {
    socket.on('message', function take(...parts: Buffer[]) {
      all.push(parts.map(String));
      if (all.length < count) return;
      socket.off('message', take);
      resolve(all);
    });
  });
}

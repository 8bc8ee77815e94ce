/** `connect` to an endpoint whose connection is over for good: it counts no more, also where a socket connects once. */

import t from 'tap';
import * as zmq from '../../../src/index.ts';
import { deadEndpoint, freeEndpoint, own, until } from '../../support/local.ts';

const KINDS: Record<string, [connecter: () => zmq.Socket, binder: () => zmq.Socket]> = {
  SUB: [() => new zmq.Subscriber(), () => new zmq.Publisher()],
  PUB: [() => new zmq.Publisher(), () => new zmq.Subscriber()],
  DEALER: [() => new zmq.Dealer(), () => new zmq.Dealer()],
  REQ: [() => new zmq.Request(), () => new zmq.Reply()],
  PUSH: [() => new zmq.Push(), () => new zmq.Pull()],
};

const peersOf = (socket: zmq.Socket): number => socket.stats().peers.length;

for (const transport of ['tcp', 'ipc', 'inproc'] as const) {
  t.test(`over ${transport} it connects to who binds the endpoint anew`, async (t) => {
    for (const [name, [connecter, binder]] of Object.entries(KINDS)) {
      for (const end of ['close', 'unbind'] as const) {
        const socket = own(t, connecter());
        if (transport !== 'inproc') socket.reconnectInterval = -1;
        let server = own(t, binder());
        await server.bind(freeEndpoint(transport));
        const endpoint = server.lastEndpoint!;
        const path =
          transport === 'ipc' ? `ipc:///tmp/again-${process.pid}-${name}-${end}` : endpoint;
        if (path !== endpoint) await server.bind(path);
        socket.connect(path);
        await socket.waitFor('handshake', { timeout: 10_000 });
        if (end === 'close') {
          await server[Symbol.asyncDispose]();
          server = own(t, binder());
        } else {
          await server.unbind(path);
        }
        await until(() => peersOf(socket) === 0);
        await server.bind(path);
        socket.connect(path);
        await socket.waitFor('handshake', { timeout: 10_000 });
        if (name !== 'PUSH') socket.connect(path);
        t.equal(peersOf(socket), 1, `${name}, ${end}`);
        socket.disconnect(path);
        await server[Symbol.asyncDispose]();
      }
    }
  });
}

t.test(
  'it tries again where the first attempt was refused and no other was to follow',
  async (t) => {
    for (const [name, [connecter, binder]] of Object.entries(KINDS)) {
      const server = own(t, binder());
      const endpoint = await deadEndpoint(server);
      const socket = own(t, connecter());
      socket.reconnectInterval = -1;
      const refused = socket.waitFor('close', { timeout: 10_000 });
      socket.connect(endpoint);
      await refused;
      await server.bind(endpoint);
      socket.connect(endpoint);
      await socket.waitFor('handshake', { timeout: 10_000 });
      t.equal(peersOf(socket), 1, name);
    }
  },
);

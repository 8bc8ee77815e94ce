/** `connect` to an endpoint whose connection is over for good: it counts no more, also where a socket connects once. */

import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import t from 'tap';
import * as zmq from '../../../src/index.ts';
import { freeEndpoint, own, type TearDown, until } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

const KINDS: Record<string, [connecter: () => zmq.Socket, binder: () => zmq.Socket]> = {
  SUB: [() => new zmq.Subscriber(), () => new zmq.Publisher()],
  PUB: [() => new zmq.Publisher(), () => new zmq.Subscriber()],
  DEALER: [() => new zmq.Dealer(), () => new zmq.Dealer()],
  REQ: [() => new zmq.Request(), () => new zmq.Reply()],
  PUSH: [() => new zmq.Push(), () => new zmq.Pull()],
  PULL: [() => new zmq.Pull(), () => new zmq.Push()],
  PAIR: [() => new zmq.Pair(), () => new zmq.Pair()],
  ROUTER: [() => new zmq.Router(), () => new zmq.Dealer()],
  REP: [() => new zmq.Reply(), () => new zmq.Request()],
  XSUB: [() => new zmq.XSubscriber(), () => new zmq.XPublisher()],
  XPUB: [() => new zmq.XPublisher(), () => new zmq.XSubscriber()],
};

/** Those that would only get everything twice. */
const ONCE = ['SUB', 'PUB', 'DEALER', 'REQ'];

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
        await socket.waitFor('handshake', { timeout: PATIENCE });
        if (end === 'close') {
          await server[Symbol.asyncDispose]();
          server = own(t, binder());
        } else {
          await server.unbind(path);
        }
        await until(() => peersOf(socket) === 0);
        await server.bind(path);
        socket.connect(path);
        await socket.waitFor('handshake', { timeout: PATIENCE });
        if (ONCE.includes(name)) socket.connect(path);
        t.equal(peersOf(socket), 1, `${name}, ${end}`);
        socket.disconnect(path);
        await server[Symbol.asyncDispose]();
      }
    }
  });
}

for (const transport of ['tcp', 'ipc', 'inproc'] as const) {
  for (const end of ['close', 'unbind'] as const) {
    t.test(
      `an XSUB has its subscriptions there, too, after ${end} over ${transport}`,
      async (t) => {
        const subscriber = own(t, new zmq.XSubscriber({ receiveTimeout: PATIENCE }));
        if (transport !== 'inproc') subscriber.reconnectInterval = -1;
        let publisher = own(t, new zmq.XPublisher());
        await publisher.bind(freeEndpoint(transport));
        const endpoint = publisher.lastEndpoint!;
        await subscriber.send('\x01topic');
        subscriber.connect(endpoint);
        for (const text of ['topic before', 'topic after']) {
          await publisher.waitFor('subscription', { timeout: PATIENCE });
          await publisher.send(text);
          t.equal(String(await subscriber.receive()), text);
          if (text === 'topic after') break;
          if (end === 'close') await publisher[Symbol.asyncDispose]();
          else await publisher.unbind(endpoint);
          await until(() => peersOf(subscriber) === 0);
          if (end === 'close') publisher = own(t, new zmq.XPublisher());
          await rebind(t, publisher, endpoint);
          subscriber.connect(endpoint);
        }
      },
    );
  }
}

for (const transport of ['tcp', 'ipc'] as const) {
  t.test(`it tries again over ${transport} where the first attempt was the only one`, async (t) => {
    for (const [name, [connecter, binder]] of Object.entries(KINDS)) {
      const server = own(t, binder());
      await server.bind(freeEndpoint(transport));
      const endpoint = server.lastEndpoint!;
      await server.unbind(endpoint);
      const socket = own(t, connecter());
      socket.reconnectInterval = -1;
      const refused = socket.waitFor('close', { timeout: PATIENCE });
      socket.connect(endpoint);
      await refused;
      await rebind(t, server, endpoint);
      socket.connect(endpoint);
      await socket.waitFor('handshake', { timeout: PATIENCE });
      t.equal(peersOf(socket), 1, name);
    }
  });
}

/** The directory that was made for `ipc://*` has gone with it. */
async function rebind(t: TearDown, socket: zmq.Socket, endpoint: string): Promise<void> {
  const folder = dirname(endpoint.replace('ipc://', ''));
  if (endpoint.startsWith('ipc://')) {
    mkdirSync(folder, { recursive: true });
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  }
  await socket.bind(endpoint);
}

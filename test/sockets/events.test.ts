/** The monitor of a socket: how events are had, and in which order they come. */

import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import t from 'tap';
import * as zmq from '../../src/index.ts';
import {
  deadEndpoint,
  failure,
  freeEndpoint,
  own,
  type TearDown,
  turns,
  until,
} from '../support/local.ts';

/** All events of a socket from now on. */
function record(socket: zmq.Socket): zmq.Event[] {
  const seen: zmq.Event[] = [];
  void (async () => {
    for await (const event of socket.events) seen.push(event);
  })();
  return seen;
}

function typesOf(events: readonly zmq.Event[]): string[] {
  return events.map(({ type }) => type);
}

function pull(t: TearDown, options = {}): zmq.Pull {
  return own(t, new zmq.Pull(options));
}

function push(t: TearDown, options = {}): zmq.Push {
  return own(t, new zmq.Push({ reconnectInterval: 10, ...options }));
}

t.test('receive', async (t) => {
  const socket = pull(t);
  const { events } = socket;
  t.equal(socket.events, events, 'always the same object');
  await socket.bind('tcp://127.0.0.1:*');
  t.strictSame(await events.receive(), { type: 'bind', address: socket.lastEndpoint }, 'kept');
  const pending = events.receive();
  t.throws(() => events.receive(), {
    code: 'EBUSY',
    message: 'Observer is busy reading; only one receive operation may be in progress at any time',
  });
  const address = socket.lastEndpoint!;
  await socket.unbind(address);
  t.strictSame(await pending, { type: 'close', address });
  socket.close();
  t.strictSame(await events.receive(), { type: 'end' });
  t.equal(events.closed, true);
  t.throws(() => events.receive(), { code: 'EBADF', message: 'Socket is closed' });
});

t.test('iteration ends with the socket', async (t) => {
  const socket = pull(t);
  const { events } = socket;
  const seen = record(socket);
  await socket.bind('tcp://127.0.0.1:*');
  socket.close();
  await until(() => events.closed);
  await turns(2);
  t.strictSame(typesOf(seen), ['bind', 'close', 'end']);
  const iterator = events[Symbol.asyncIterator]();
  t.strictSame(await iterator.next(), { done: true, value: undefined });
});

t.test('on and off', async (t) => {
  const socket = pull(t);
  const { events } = socket;
  await socket.bind('tcp://127.0.0.1:*');
  const bound: zmq.EventOfType<'bind'>[] = [];
  const listener = (event: zmq.EventOfType<'bind'>) => bound.push(event);
  const emitter = events.on('bind', listener);
  t.type(emitter.on, 'function');
  t.throws(() => events.receive(), {
    message:
      'Observer is in event emitter mode. After a call to events.on() it is not possible to read events with events.receive().',
  });
  await turns();
  t.strictSame(bound, [{ type: 'bind', address: socket.lastEndpoint }], 'also what had been kept');
  t.equal(events.off('bind', listener), emitter);
  await socket.bind('tcp://127.0.0.1:*');
  await turns();
  t.equal(bound.length, 1);
  const ended = once(emitter, 'end');
  socket.close();
  t.strictSame(await ended, [{ type: 'end' }]);
  t.equal(events.closed, true);
});

t.test('a name that is no event is refused', async (t) => {
  const socket = pull(t);
  const loose = socket.events as unknown as { on(type: unknown, listener: () => void): void };
  for (const type of ['message', 'toString', '', undefined, 5]) {
    const expected = {
      name: 'TypeError',
      message: /^no event .*expected one of accept, .*, unknown$/,
    };
    t.throws(() => loose.on(type, () => {}), expected);
    t.throws(() => socket.waitFor(type as never), expected);
  }
  for (const type of ['connect', 'subscription', 'unknown'] as const) {
    t.doesNotThrow(() => socket.events.on(type, () => {}));
  }
});

t.test('close of the observer', async (t) => {
  const socket = pull(t);
  const { events } = socket;
  const pending = failure(() => events.receive());
  events.close();
  events.close();
  t.match((await pending).error, { code: 'ENOTSOCK' });
  t.equal(events.closed, true);
  t.throws(() => events.receive(), { code: 'EBADF' });
  await socket.bind('tcp://127.0.0.1:*');
  t.equal(socket.closed, false);
  const { done } = await events[Symbol.asyncIterator]().next();
  t.equal(done, true);
});

t.test('an observer of its own', async (t) => {
  const socket = pull(t);
  const observers = [new zmq.Observer(socket), new zmq.Observer(socket), socket.events];
  await socket.bind('tcp://127.0.0.1:*');
  for (const observer of observers) t.match(await observer.receive(), { type: 'bind' });
  for (const wrong of [undefined, {}, null]) t.throws(() => new zmq.Observer(wrong as never));
});

t.test('a listener may do anything', async (t) => {
  const [one, other] = [pull(t), push(t, { linger: 0 })];
  one.events.on('bind', () => one.close());
  await one.bind('tcp://127.0.0.1:*');
  await until(() => one.closed);

  const server = pull(t);
  await server.bind('tcp://127.0.0.1:*');
  other.events.on('handshake', () => other.close());
  other.connect(server.lastEndpoint!);
  await until(() => other.closed);
  await until(() => server.stats().peers.length === 0);
  t.equal(other.closed, true);
});

for (const transport of ['tcp', 'ipc'] as const) {
  t.test(`events come in the order of libzmq over ${transport}`, async (t) => {
    t.test('no server, then one', async (t) => {
      const server = pull(t);
      const endpoint = await absent(server, transport);
      const client = push(t);
      const seen = record(client);
      client.connect(endpoint);
      await client.waitFor('connect:retry', { peers: 2 });
      await until(() => seen.length >= 5);
      t.strictSame(typesOf(seen).slice(0, 5), [
        'connect:delay',
        'close',
        'connect:retry',
        'connect:delay',
        'close',
      ]);
      for (const event of seen) t.match(event, { address: endpoint });
      const { interval } = seen[2] as zmq.EventOfType<'connect:retry'>;
      t.ok(interval >= 10 && interval <= 20);

      const served = record(server);
      await server.bind(endpoint);
      await client.waitFor('handshake');
      await server.waitFor('handshake');
      await turns(2);
      t.strictSame(typesOf(seen).slice(-3), ['connect:delay', 'connect', 'handshake']);
      t.strictSame(typesOf(served), ['bind', 'accept', 'handshake']);
      for (const event of served) t.match(event, { address: endpoint });

      const before = seen.length;
      const lost = client.waitFor('connect:retry');
      server.close();
      await lost;
      await turns(2);
      t.strictSame(typesOf(seen).slice(before, before + 2), ['disconnect', 'connect:retry']);
      await until(() => typesOf(served).includes('end'));
      t.strictSame(typesOf(served).slice(3), ['close', 'end']);

      const again = seen.length;
      client.close();
      await until(() => typesOf(seen).at(-1) === 'end');
      t.notOk(typesOf(seen).slice(again).includes('disconnect'));
    });

    t.test('the client leaves', async (t) => {
      const [server, client] = [pull(t), push(t)];
      const [served, seen] = [record(server), record(client)];
      await server.bind(freeEndpoint(transport));
      client.connect(server.lastEndpoint!);
      await server.waitFor('handshake');
      await client.waitFor('handshake');
      const left = server.waitFor('disconnect');
      client.close();
      await left;
      await until(() => typesOf(seen).includes('end'));
      t.strictSame(typesOf(seen), ['connect:delay', 'connect', 'handshake', 'end']);
      t.strictSame(typesOf(served), ['bind', 'accept', 'handshake', 'disconnect']);
    });

    t.test('types that do not go together', async (t) => {
      const server = own(t, new zmq.Publisher());
      const client = push(t);
      const [served, seen] = [record(server), record(client)];
      await server.bind(freeEndpoint(transport));
      const failed = client.waitFor('handshake:error:protocol');
      const lost = server.waitFor('disconnect');
      client.connect(server.lastEndpoint!);
      await failed;
      await lost;
      await turns(2);
      for (const events of [seen, served]) {
        const event = events.find(({ type }) => type === 'handshake:error:protocol');
        t.match(event, { address: server.lastEndpoint, error: Error });
        t.match((event as { error: { code: string } }).error.code, /^ERR_ZMTP_/);
      }
      t.notOk(typesOf(seen).includes('handshake'));
    });
  });
}

t.test('over inproc there are no connections to tell of', async (t) => {
  const [server, client] = [pull(t), push(t)];
  const [served, seen] = [record(server), record(client)];
  await server.bind('inproc://events');
  client.connect('inproc://events');
  await client.waitFor('handshake');
  await client.send('x');
  await server.receive();
  server.close();
  client.close();
  await until(() => typesOf(seen).includes('end'));
  t.strictSame([typesOf(served), typesOf(seen)], [['end'], ['end']]);
});

t.test('a bind that fails', async (t) => {
  const [one, other] = [pull(t), pull(t)];
  const seen = record(other);
  await one.bind('tcp://127.0.0.1:*');
  await failure(() => other.bind(one.lastEndpoint!));
  await turns();
  const address = one.lastEndpoint!.slice('tcp://'.length);
  t.match(seen, [{ type: 'bind:error', address, error: { code: 'EADDRINUSE', errno: 98 } }]);
  t.equal(seen.length, 1);
});

t.test('a peer that speaks something else', async (t) => {
  const server = pull(t);
  const seen = record(server);
  await server.bind('tcp://127.0.0.1:*');
  const stranger = net.connect(Number(server.lastEndpoint!.split(':').at(-1)), '127.0.0.1');
  t.teardown(() => stranger.destroy());
  stranger.on('error', () => {});
  stranger.write('GET / HTTP/1.1\r\n\r\n');
  await server.waitFor('disconnect');
  await turns(2);
  t.match(typesOf(seen), ['bind', 'accept', /^handshake:error:/, 'disconnect']);
});

t.test('a server that hangs up', async (t) => {
  const rude = net.createServer((stream) => stream.destroy());
  rude.listen(0, '127.0.0.1');
  await once(rude, 'listening');
  t.teardown(() => rude.close());
  const client = push(t);
  const seen = record(client);
  client.connect(`tcp://127.0.0.1:${(rude.address() as AddressInfo).port}`);
  await client.waitFor('connect:retry', { peers: 2 });
  await until(() => seen.length >= 5);
  t.match(typesOf(seen).slice(0, 5), [
    'connect:delay',
    'connect',
    'handshake:error:other',
    'disconnect',
    'connect:retry',
  ]);
});

t.test('ours: a peer that there is no place for', async (t) => {
  const pair = own(t, new zmq.Pair());
  await pair.bind('tcp://127.0.0.1:*');
  const [first, second] = [own(t, new zmq.Pair()), own(t, new zmq.Pair())];
  first.connect(pair.lastEndpoint!);
  await pair.waitFor('handshake');
  const refused = pair.waitFor('peer:refused');
  second.connect(pair.lastEndpoint!);
  await refused;
  t.equal(pair.stats().peers.length, 1);
});

async function absent(server: zmq.Socket, transport: 'tcp' | 'ipc'): Promise<string> {
  if (transport === 'tcp') return deadEndpoint(server);
  return `ipc:///tmp/zmq-test-${process.pid}-${Math.random()}`;
}

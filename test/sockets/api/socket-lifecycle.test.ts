/** A socket from its making to its end: bind, unbind, connect, disconnect, close, and its context. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join as joinPath } from 'node:path';
import t from 'tap';
import * as zmq from '../../../src/index.ts';
import {
  deadEndpoint,
  failure,
  freeEndpoint,
  join,
  own,
  type TearDown,
  TRANSPORTS,
  until,
} from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

const BLOCKED = 'Socket is blocked by a bind or unbind operation';

for (const transport of TRANSPORTS) {
  t.test(`over ${transport}`, async (t) => {
    t.test('an endpoint that was unbound can be bound again, and serves its peers', async (t) => {
      const pull = own(t, new zmq.Pull());
      const push = own(t, new zmq.Push({ reconnectInterval: 10 }));
      await pull.bind(freeEndpoint(transport));
      const endpoint = pull.lastEndpoint!;
      push.connect(endpoint);
      t.equal(push.lastEndpoint, endpoint);
      await push.send('1');
      t.strictSame(await pull.receive(), [Buffer.from('1')]);
      // What is sent before the loss is noticed is lost with the connection.
      const lost = transport === 'inproc' ? undefined : push.waitFor('disconnect');
      await pull.unbind(endpoint);
      await lost;
      t.match((await failure(() => pull.unbind(endpoint))).error, {
        code: 'ENOENT',
        message: 'No such endpoint',
        address: endpoint,
      });
      // The directory of `ipc://*` goes with it.
      if (transport === 'ipc') return;
      await pull.bind(endpoint);
      t.equal(pull.lastEndpoint, endpoint);
      if (transport === 'inproc') push.disconnect(endpoint);
      if (transport === 'inproc') push.connect(endpoint);
      await push.send('2');
      t.strictSame(await pull.receive(), [Buffer.from('2')]);
    });

    t.test('bindSync and unbindSync', async (t) => {
      const pull = own(t, new zmq.Pull());
      const push = own(t, new zmq.Push());
      pull.bindSync(freeEndpoint(transport));
      const endpoint = pull.lastEndpoint!;
      push.connect(endpoint);
      await push.send('1');
      t.strictSame(await pull.receive(), [Buffer.from('1')]);
      pull.unbindSync(endpoint);
      t.throws(() => pull.unbindSync(endpoint), { code: 'ENOENT' });
    });

    t.test('a bind while another is under way', async (t) => {
      const dealer = own(t, new zmq.Dealer());
      const binding = dealer.bind(freeEndpoint(transport));
      for (const call of [
        () => dealer.bind(freeEndpoint(transport)),
        () => dealer.bindSync(freeEndpoint(transport)),
        () => dealer.unbind('inproc://x'),
        () => dealer.connect('inproc://x'),
        () => dealer.disconnect('inproc://x'),
        () => dealer.send('x'),
        () => dealer.trySend('x'),
        () => dealer.receive(),
        () => dealer.tryReceive(),
      ]) {
        t.throws(call, { code: 'EBUSY', message: BLOCKED }, String(call));
      }
      dealer.linger = 0;
      t.type(dealer.events, zmq.Observer);
      t.equal(dealer.readable, false);
      await binding;
      await dealer.bind(freeEndpoint(transport));
    });

    t.test('whenReadable and whenWritable wait for a bind that is under way', async (t) => {
      const pull = own(t, new zmq.Pull());
      await pull.bind(freeEndpoint(transport));
      const push = own(t, new zmq.Push());
      push.connect(pull.lastEndpoint!);
      await push.waitFor('handshake');
      await push.send('x');
      await pull.whenReadable();
      const binding = Promise.all([
        pull.bind(freeEndpoint(transport)),
        push.bind(freeEndpoint(transport)),
      ]);
      const order: string[] = [];
      const waits = [
        pull.whenReadable().then(() => order.push('readable')),
        push.whenWritable().then(() => order.push('writable')),
      ];
      t.same([pull.readable, push.writable], [false, false]);
      t.same(order, []);
      await Promise.all([binding, ...waits]);
      t.same([pull.readable, push.writable], [true, true]);
      t.same(String(pull.tryReceive()), 'x');
    });

    t.test('close during a bind waits for it', async (t) => {
      const pull = own(t, new zmq.Pull());
      const types: string[] = [];
      const ended = (async () => {
        for await (const { type } of pull.events) types.push(type);
      })();
      const binding = pull.bind(freeEndpoint(transport));
      pull.close();
      t.equal(pull.closed, false);
      await binding;
      t.equal(pull.closed, true);
      await ended;
      t.strictSame(types, transport === 'inproc' ? ['end'] : ['bind', 'close', 'end']);
    });

    t.test('close during a bind or unbind waits for it, also when it fails', async (t) => {
      const other = own(t, new zmq.Pull());
      await other.bind(freeEndpoint(transport));
      const taken = other.lastEndpoint!;
      for (const [call, code] of [
        [(pull: zmq.Pull) => pull.unbind(taken), 'ENOENT'],
        [(pull: zmq.Pull) => pull.unbind('foo-bar'), 'EINVAL'],
        [(pull: zmq.Pull) => pull.bind(taken), 'EADDRINUSE'],
        [(pull: zmq.Pull) => pull.bind('foo-bar'), 'EINVAL'],
      ] as const) {
        const pull = own(t, new zmq.Pull());
        const failing = call(pull);
        t.throws(() => pull.connect(taken), { code: 'EBUSY', message: BLOCKED });
        pull.close();
        t.equal(pull.closed, false, String(call));
        await t.rejects(failing, { code });
        t.equal(pull.closed, true);
      }
    });

    t.test('two sockets on one endpoint', async (t) => {
      const one = own(t, new zmq.Pull());
      const two = own(t, new zmq.Pull());
      await one.bind(freeEndpoint(transport));
      const endpoint = one.lastEndpoint!;
      t.match(await failure(() => two.bind(endpoint)), {
        sync: false,
        error: {
          code: 'EADDRINUSE',
          errno: 98,
          message: `Address already in use: ${endpoint}`,
          address: endpoint,
        },
      });
      if (transport !== 'ipc') t.throws(() => two.bindSync(endpoint), { code: 'EADDRINUSE' });
      await one.unbind(endpoint);
      if (transport === 'ipc') return;
      await two.bind(endpoint);
    });

    t.test('connect, disconnect and the wrong texts', async (t) => {
      const pull = own(t, new zmq.Pull());
      const push = own(t, new zmq.Push());
      const endpoint = await join(pull, push, transport);
      t.throws(() => push.disconnect('tcp://127.0.0.1:1'), {
        code: 'ENOENT',
        message: 'No such endpoint',
        address: 'tcp://127.0.0.1:1',
      });
      t.match((await failure(() => push.unbind(endpoint))).error, { code: 'ENOENT' });
      t.throws(() => pull.disconnect(endpoint), { code: 'ENOENT' });
      for (const [text, code] of [
        ['foo-bar', 'EINVAL'],
        ['foo://bar', 'EPROTONOSUPPORT'],
        ['tcp://*:*', 'ENOENT'],
      ] as const) {
        const expected = { code, address: text };
        t.match(await failure(() => pull.unbind(text)), { sync: false, error: expected });
        t.throws(() => pull.unbindSync(text), expected);
        t.throws(() => pull.disconnect(text), expected);
      }
      push.disconnect(endpoint);
      t.throws(() => push.disconnect(endpoint), { code: 'ENOENT' });
      t.equal(push.trySend('x'), false);
      t.equal(push.lastEndpoint, endpoint);
    });

    t.test('one endpoint connected twice', async (t) => {
      for (const [connecter, binder, count] of [
        [new zmq.Dealer(), new zmq.Router(), 1],
        [new zmq.Subscriber(), new zmq.XPublisher(), 1],
        [new zmq.Publisher(), new zmq.XSubscriber(), 1],
        [new zmq.Request(), new zmq.Router(), 1],
        [new zmq.Push(), new zmq.Pull(), 2],
        [new zmq.Pull(), new zmq.Push(), 2],
        [new zmq.Router(), new zmq.Dealer(), 2],
        [new zmq.XSubscriber(), new zmq.XPublisher(), 2],
      ] as const) {
        own(t, connecter);
        own(t, binder);
        await binder.bind(freeEndpoint(transport));
        connecter.connect(binder.lastEndpoint!);
        connecter.connect(binder.lastEndpoint!);
        await binder.waitFor('handshake', { peers: count, timeout: PATIENCE });
        await connecter.waitFor('handshake', { peers: count, timeout: PATIENCE });
        t.equal(connecter.stats().peers.length, count, connecter.constructor.name);
        connecter.disconnect(binder.lastEndpoint!);
        // One ends all of that text.
        await until(() => connecter.stats().peers.length === 0);
        const again = () => connecter.disconnect(binder.lastEndpoint!);
        t.throws(again, { code: 'ENOENT' });
      }
    });

    t.test('after close', async (t) => {
      const dealer = own(t, new zmq.Dealer());
      await dealer.bind(freeEndpoint(transport));
      const endpoint = dealer.lastEndpoint!;
      dealer.close();
      dealer.close();
      t.equal(dealer.closed, true);
      for (const call of [
        () => dealer.bind(freeEndpoint(transport)),
        () => dealer.bindSync(freeEndpoint(transport)),
        () => dealer.unbind(endpoint),
        () => dealer.unbindSync(endpoint),
        () => dealer.connect(endpoint),
        () => dealer.disconnect(endpoint),
        () => dealer.send('x'),
        () => dealer.trySend('x'),
        () => dealer.sendMany(['x']),
        () => dealer.sendJson(1),
        () => dealer.receive(),
        () => dealer.tryReceive(),
        () => dealer.receiveMany(),
        () => dealer.whenReadable(),
        () => dealer.whenWritable(),
        () => dealer.waitFor('handshake'),
      ]) {
        t.match(
          await failure(call),
          { sync: true, error: { code: 'EBADF', message: 'Socket is closed' } },
          String(call),
        );
      }
      await dealer[Symbol.asyncDispose]();
      // Free again for others.
      if (transport === 'ipc') return;
      await own(t, new zmq.Dealer()).bind(endpoint);
    });

    t.test('asyncDispose closes, and waits for what lingers', async (t) => {
      const push = own(t, new zmq.Push());
      const pull = own(t, new zmq.Pull());
      const endpoint = transport === 'ipc' ? 'inproc://late' : await lateEndpoint(t, transport);
      push.connect(endpoint);
      await push.send('late');
      const over = push[Symbol.asyncDispose]();
      t.equal(push.closed, true);
      await pull.bind(endpoint);
      await over;
      t.strictSame(await pull.receive(), [Buffer.from('late')]);
    });
  });
}

t.test('what can be bound', async (t) => {
  const loopback = Object.entries(networkInterfaces()).find(([, all]) => all?.[0]?.internal)?.[0];
  for (const [text, pattern] of [
    ['tcp://*:*', /^tcp:\/\/0\.0\.0\.0:[1-9]\d*$/],
    ['tcp://*:0', /^tcp:\/\/0\.0\.0\.0:[1-9]\d*$/],
    ['tcp://0.0.0.0:*', /^tcp:\/\/0\.0\.0\.0:[1-9]\d*$/],
    ['tcp://127.0.0.1:*', /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/],
    ['tcp://localhost:*', /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/],
    [`tcp://${loopback}:*`, /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/],
    ['ws://*:*', /^ws:\/\/0\.0\.0\.0:[1-9]\d*\/$/],
    ['ws://127.0.0.1:*/a/b', /^ws:\/\/127\.0\.0\.1:[1-9]\d*\/a\/b$/],
    ['ipc://*', /^ipc:\/\/\/.+\/socket$/],
    ['inproc://any name', /^inproc:\/\/any name$/],
  ] as const) {
    for (const sync of [false, true]) {
      const pull = own(t, new zmq.Pull());
      if (sync) pull.bindSync(text);
      else await pull.bind(text);
      const bound = pull.lastEndpoint!;
      t.match(bound, pattern, text);
      // By either text.
      await pull.unbind(sync ? text : bound);
      t.match((await failure(() => pull.unbind(bound))).error, { code: 'ENOENT' });
      pull.close();
    }
  }
});

t.test('what cannot be bound', async (t) => {
  const long = `ipc:///tmp/${'x'.repeat(110)}`;
  for (const [address, code] of [
    ['tcp://127.0.0.1', 'EINVAL'],
    ['tcp://127.0.0.1:x', 'EINVAL'],
    ['tcp://127.0.0.1:99999', 'EINVAL'],
    ['tcp://127.0.0.1:-1', 'EINVAL'],
    ['tcp://', 'EINVAL'],
    ['ipc://', 'EINVAL'],
    ['inproc://', 'EINVAL'],
    ['x', 'EINVAL'],
    ['', 'EINVAL'],
    ['foo://x', 'EPROTONOSUPPORT'],
    ['pgm://x', 'EPROTONOSUPPORT'],
    ['udp://127.0.0.1:5', 'ENOCOMPATPROTO'],
    ['tcp://1.2.3.4:0', 'EADDRNOTAVAIL'],
    ['tcp://no-such-host:*', 'ENODEV'],
    ['tcp://[::1]:*', 'ENODEV'],
    ['ws://127.0.0.1', 'EINVAL'],
    ['ws://1.2.3.4:0/x', 'EADDRNOTAVAIL'],
    ['ws://no-such-host:*/x', 'ENODEV'],
    ['ipc:///nonexistent/directory/socket', 'ENOENT'],
    [long, 'ENAMETOOLONG'],
  ] as const) {
    const pull = own(t, new zmq.Pull());
    t.match(await failure(() => pull.bind(address)), { sync: false, error: { code, address } });
    t.throws(() => pull.bindSync(address), { code, address }, `${address}, bindSync`);
    t.equal(pull.lastEndpoint, null);
    await pull.bind('tcp://127.0.0.1:*');
  }
  const pull = own(t, new zmq.Pull());
  for (const call of [
    () => pull.bind(5 as never),
    () => pull.bindSync(undefined as never),
    () => pull.unbind(5 as never),
    () => pull.unbindSync(5 as never),
    () => pull.connect(undefined as never),
    () => pull.disconnect(5 as never),
  ]) {
    t.throws(call, new TypeError('Address must be a string'));
  }
});

t.test('what cannot be connected', async (t) => {
  for (const [address, code] of [
    ['tcp://*:1234', 'EINVAL'],
    ['tcp://127.0.0.1:*', 'EINVAL'],
    ['tcp://127.0.0.1', 'EINVAL'],
    ['tcp://127.0.0.1:99999', 'EINVAL'],
    ['tcp://', 'EINVAL'],
    ['ws://*:1234/x', 'EINVAL'],
    ['ws://127.0.0.1:*', 'EINVAL'],
    ['ipc://', 'EINVAL'],
    ['inproc://', 'EINVAL'],
    ['foo', 'EINVAL'],
    ['foo://bar', 'EPROTONOSUPPORT'],
    ['udp://127.0.0.1:5', 'ENOCOMPATPROTO'],
  ] as const) {
    const push = own(t, new zmq.Push());
    t.throws(() => push.connect(address), { code, address });
    t.equal(push.trySend('x'), false, 'nothing is connected');
  }
  const stream = own(t, new zmq.Stream());
  for (const address of ['inproc://x', 'ws://127.0.0.1:1']) {
    const expected = { code: 'ENOCOMPATPROTO', address };
    t.throws(() => stream.connect(address), expected);
    t.match((await failure(() => stream.bind(address))).error, expected);
  }
});

t.test('a STREAM speaks over ipc, too', async (t) => {
  const server = own(t, new zmq.Stream());
  const client = own(t, new zmq.Stream());
  await server.bind('ipc://*');
  client.connect(server.lastEndpoint!, { routingId: 'server' });
  const [id] = await server.receive();
  t.strictSame(await client.receive(), [Buffer.from('server'), Buffer.alloc(0)]);
  await client.send(['server', 'raw']);
  t.strictSame(await server.receive(), [id, Buffer.from('raw')]);
});

t.test('an error has what zeromq.js gives it, and nothing more', async (t) => {
  const pull = own(t, new zmq.Pull({ receiveTimeout: 0 }));
  const keys = (error: unknown) => Object.keys(error as Error).sort();
  t.same(keys((await failure(() => pull.bind('x'))).error), ['address', 'code', 'errno']);
  const { error } = await failure(() => pull.receive());
  t.same(keys(error), ['code', 'errno']);
  t.match(String(error), 'Error: Operation was not possible or timed out');
});

t.test('what connects later, if ever', async (t) => {
  for (const address of [
    'tcp://127.0.0.1:0',
    'tcp://no-such-host.invalid:5555',
    'ipc:///nonexistent/socket',
    'inproc://nobody',
  ]) {
    const push = own(t, new zmq.Push({ reconnectInterval: 10 }));
    push.connect(address);
    t.equal(push.trySend('waits'), true, address);
    t.match(push.stats(), { queued: { out: 1 }, peers: [] });
    if (address.startsWith('inproc')) continue;
    await push.waitFor('connect:retry', { peers: 2, timeout: PATIENCE });
    push.disconnect(address);
  }
});

t.test('an IPv6 endpoint', async (t) => {
  const all = Object.values(networkInterfaces()).flat();
  if (!all.some((each) => each?.family === 'IPv6')) {
    t.pass('there is no IPv6 here');
    return;
  }
  const pull = own(t, new zmq.Pull({ ipv6: true }));
  await pull.bind('tcp://[::1]:*');
  t.match(pull.lastEndpoint, /^tcp:\/\/\[::1\]:\d+$/);
  const push = own(t, new zmq.Push({ ipv6: true }));
  push.connect(pull.lastEndpoint!);
  await push.send('x');
  t.strictSame(await pull.receive(), [Buffer.from('x')]);
});

t.test('files of ipc', async (t) => {
  const folder = mkdtempSync(joinPath(tmpdir(), 'zmq-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = joinPath(folder, 'socket');
  const pull = own(t, new zmq.Pull());
  await pull.bind(`ipc://${path}`);
  t.equal(pull.lastEndpoint, `ipc://${path}`);
  t.ok(existsSync(path));
  await pull.unbind(`ipc://${path}`);

  const made = own(t, new zmq.Pull());
  await made.bind('ipc://*');
  const file = made.lastEndpoint!.slice('ipc://'.length);
  t.ok(existsSync(file));
  await made.unbind('ipc://*');
  made.close();
  await made[Symbol.asyncDispose]();
  await until(() => !existsSync(dirname(file)));
  t.notOk(existsSync(dirname(file)), 'the directory of a wildcard is removed');

  const plain = joinPath(folder, 'file');
  writeFileSync(plain, '');
  const other = own(t, new zmq.Pull());
  t.match((await failure(() => other.bind(`ipc://${plain}`))).error, { code: 'EADDRINUSE' });
  t.ok(existsSync(plain), 'what is no socket is left alone');
});

t.test('a context', async (t) => {
  t.test('closes all its sockets, and is closed', async (t) => {
    const context = new zmq.Context();
    const [push, pull] = [new zmq.Push({ context }), new zmq.Pull({ context })];
    await join(pull, push, 'inproc');
    const pending = failure(() => pull.receive());
    await context.close();
    t.match([push, pull], [{ closed: true }, { closed: true }]);
    t.match((await pending).error, { code: 'EAGAIN' });
    t.equal(context.closed, true);
    t.throws(() => new zmq.Push({ context }), { code: 'EFAULT', message: 'Context is closed' });
    await context.close();
    await context[Symbol.asyncDispose]();
  });

  t.test('waits for what its sockets linger over', async (t) => {
    const context = new zmq.Context();
    const push = new zmq.Push({ context });
    const pull = own(t, new zmq.Pull());
    const endpoint = await deadEndpoint(pull);
    push.connect(endpoint);
    await push.send('x');
    let over = false;
    const closing = context.close().then(() => {
      over = true;
    });
    await pull.bind(endpoint);
    t.equal(over, false);
    t.strictSame(await pull.receive(), [Buffer.from('x')]);
    await closing;
  });

  t.test('has names of its own', async (t) => {
    const context = new zmq.Context();
    const one = own(t, new zmq.Pair({ context }));
    const other = own(t, new zmq.Pair());
    await one.bind('inproc://own-name');
    await other.bind('inproc://own-name');
    await own(t, new zmq.Pair()).bind('inproc://own-names');
  });

  t.test('holds maxSockets sockets', async (t) => {
    const context = new zmq.Context({ maxSockets: 3 });
    const sockets = [1, 2, 3].map(() => own(t, new zmq.Push({ context })));
    t.throws(() => new zmq.Push({ context }), {
      code: 'EMFILE',
      errno: 24,
      message: 'Too many open file descriptors',
    });
    sockets[0]!.close();
    own(t, new zmq.Push({ context }));
    for (let i = 0; i < 2_000; i++) {
      sockets[1]!.close();
      sockets[1] = own(t, new zmq.Push({ context }));
    }
  });
});

/** An endpoint that is bound only later. */
async function lateEndpoint(t: TearDown, transport: 'tcp' | 'ws' | 'inproc'): Promise<string> {
  if (transport === 'inproc') return freeEndpoint('inproc');
  return deadEndpoint(own(t, new zmq.Pull()), transport);
}

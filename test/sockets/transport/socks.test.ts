/** tcp by way of a SOCKS5 proxy: one that says what it is told to, and Debian's microsocks where it is installed. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import net from 'node:net';
import t, { type Test } from 'tap';
import { Pull, Push, Reply, Request } from '../../../src/index.ts';
import {
  type FakeSocksProxy,
  fakeSocksProxy,
  type ProxyScript,
} from '../../support/sockets/socks-proxy.ts';
import { texts, use, watch } from '../../support/sockets.ts';

/** A bound PULL, and a proxy in front of it. */
async function behindProxy(t: Test): Promise<[Pull, FakeSocksProxy]> {
  const pull = use(t, new Pull());
  await pull.bind('tcp://127.0.0.1:*');
  return [pull, await fakeSocksProxy(t, pull.lastEndpoint!)];
}

t.test('a name is resolved at the proxy, and nowhere else', async (t) => {
  const [pull, proxy] = await behindProxy(t);
  const push = use(t, new Push({ socksProxy: proxy.address }));
  push.connect('tcp://no-such-host.invalid:5555');
  await push.send(['by', 'way']);
  t.strictSame(texts(await pull.receive()), ['by', 'way']);
  const name = Buffer.from('no-such-host.invalid').toString('hex');
  t.strictSame(proxy.heard, ['050100', `0501000314${name}15b3`]);
});

t.test('the user name and password are given to a proxy that asks', async (t) => {
  const [pull, proxy] = await behindProxy(t);
  proxy.script = { method: '0502' };
  const options = { socksProxy: proxy.address, socksUsername: 'me', socksPassword: 'pw' };
  const push = use(t, new Push(options));
  push.connect('tcp://10.1.2.3:1');
  await push.send('in');
  t.strictSame(texts(await pull.receive()), ['in']);
  t.strictSame(proxy.heard, ['05020002', '01026d65027077', '050100010a0102030001']);
});

t.test(
  'after a loss it connects through the proxy again, and loses nothing that waits',
  async (t) => {
    const [pull, proxy] = await behindProxy(t);
    const [push, events] = watch(t, new Push({ socksProxy: proxy.address, reconnectInterval: 10 }));
    push.connect('tcp://peer.invalid:1');
    await push.send('one');
    t.strictSame(texts(await pull.receive()), ['one']);
    proxy.script = { method: '0500', reply: '0504' };
    proxy.cut();
    await events.next('disconnect');
    await push.send('two');
    await events.until('refusal', () =>
      events.of('connect:retry').some(({ error }) => error?.code === 'EHOSTUNREACH'),
    );
    proxy.script = {};
    t.strictSame(texts(await pull.receive()), ['two']);
  },
);

for (const [title, script, code, text] of [
  [
    'refuses the connection',
    { reply: '0505' },
    'ECONNREFUSED',
    /cannot connect to peer\.invalid port 1: connection refused$/,
  ],
  ['has a rule against it', { reply: '0502' }, 'EACCES', /not allowed by its rules$/],
  ['wants a user name', { method: '05ff' }, 'EACCES', /does not let us in without socksUsername$/],
  ['is none', { method: '4854' }, 'EPROTO', /sends 0x48 as the version of SOCKS, expected 0x05$/],
  ['hangs up', { hangsUp: true }, 'ECONNRESET', /closes the connection without an answer$/],
  [
    'hangs up within its reply',
    { reply: '050000', hangsUp: true },
    'ECONNRESET',
    /without an answer$/,
  ],
  ['says nothing', { method: null }, 'ETIMEDOUT', /no answer within 50 ms$/],
] as const satisfies readonly (readonly [string, ProxyScript, string, RegExp])[]) {
  t.test(`a proxy that ${title}`, async (t) => {
    const [, proxy] = await behindProxy(t);
    proxy.script = script;
    const handshakeInterval = code === 'ETIMEDOUT' ? 50 : 10_000;
    const options = { socksProxy: proxy.address, handshakeInterval, reconnectInterval: 10 };
    const [push, events] = watch(t, new Push(options));
    push.connect('tcp://peer.invalid:1');
    const { error } = await events.next('connect:retry', 2);
    t.match(error, { code, message: text });
    t.ok(error!.message.startsWith(`SOCKS proxy ${proxy.address}: `), error!.message);
    t.equal(events.count('connect'), 0);
    t.equal(events.count('close'), 2);
  });
}

t.test('a wrong password', async (t) => {
  const [, proxy] = await behindProxy(t);
  proxy.script = { method: '0502', verdict: '0101' };
  const [push, events] = watch(
    t,
    new Push({ socksProxy: proxy.address, socksUsername: 'me', socksPassword: 'no' }),
  );
  push.connect('tcp://peer.invalid:1');
  const { error } = await events.next('connect:retry');
  t.match(error, { code: 'EACCES', message: /: refuses the user name or password$/ });
});

t.test('no proxy there, or none that could be', async (t) => {
  const gone = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => gone.once('listening', resolve));
  const address = `127.0.0.1:${(gone.address() as net.AddressInfo).port}`;
  await new Promise((resolve) => gone.close(resolve));
  for (const [socksProxy, code, message] of [
    [address, 'ECONNREFUSED', new RegExp(`^SOCKS proxy ${address}: .*ECONNREFUSED`)],
    ['foo', 'EINVAL', /socksProxy is "foo", expected host:port$/],
  ] as const) {
    const [push, events] = watch(t, new Push({ socksProxy }));
    push.connect('tcp://127.0.0.1:1');
    const { error } = await events.next('connect:retry');
    t.match(error, { code, message });
  }
});

t.test('connectTimeout limits the exchange, and close ends it', async (t) => {
  const [, proxy] = await behindProxy(t);
  proxy.script = { method: null };
  const options = { socksProxy: proxy.address, connectTimeout: 50, reconnectInterval: 10 };
  const [push, events] = watch(t, new Push(options));
  push.connect('tcp://peer.invalid:1');
  t.match((await events.next('connect:retry')).error, { code: 'ETIMEDOUT' });
  push.linger = 0;
  push.close();
  await events.next('end');
});

t.test('credentials have at most 255 octets', async (t) => {
  for (const name of ['socksUsername', 'socksPassword'] as const) {
    const push = use(t, new Push());
    push[name] = 'x'.repeat(255);
    t.throws(
      () => {
        push[name] = 'é'.repeat(128);
      },
      {
        code: 'EINVAL',
        message: `Invalid argument: ${name} is 256 octets, expected at most 255 octets`,
      },
    );
  }
});

const installed = spawnSync('microsocks', ['--help']).error === undefined;

t.test('microsocks', { skip: installed ? false : 'microsocks is not installed' }, async (t) => {
  for (const [title, account] of [
    ['without authentication', undefined],
    ['with a user name and password', ['me', 'secret']],
  ] as const) {
    t.test(title, async (t) => {
      const port = await freePort();
      const login = account === undefined ? [] : ['-u', account[0], '-P', account[1]];
      await started(
        t,
        spawn('microsocks', ['-i', '127.0.0.1', '-p', String(port), ...login]),
        port,
      );
      const reply = use(t, new Reply());
      await reply.bind('tcp://127.0.0.1:*');
      const [request, events] = watch(
        t,
        new Request({
          socksProxy: `127.0.0.1:${port}`,
          socksUsername: account?.[0] ?? null,
          socksPassword: account?.[1] ?? null,
        }),
      );
      request.connect(reply.lastEndpoint!.replace('127.0.0.1', 'localhost'));
      const large = Buffer.alloc(1_000_000, 'a');
      await request.send(['question', large]);
      t.equal((await reply.receive())[1]!.length, large.length);
      await reply.send(['answer', large]);
      t.equal((await request.receive())[1]!.length, large.length);
      t.equal(events.count('connect'), 1);

      if (account === undefined) return;
      for (const [socksUsername, message] of [
        ['me', /refuses the user name or password$/],
        [null, /does not let us in without socksUsername$/],
      ] as const) {
        const wrong = { socksProxy: `127.0.0.1:${port}`, socksUsername, socksPassword: 'wrong' };
        const [push, refused] = watch(t, new Push(wrong));
        push.connect(reply.lastEndpoint!);
        t.match((await refused.next('connect:retry')).error, { code: 'EACCES', message });
      }
    });
  }
});

/** A port of 127.0.0.1 that was free just now. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves when the proxy listens; it ends with the test. */
async function started(t: Test, proxy: ChildProcess, port: number): Promise<void> {
  t.teardown(() => proxy.kill('SIGKILL'));
  const end = performance.now() + 10_000;
  for (;;) {
    const stream = net.connect(port, '127.0.0.1');
    const listens = await new Promise<boolean>((resolve) => {
      stream.once('connect', () => resolve(true));
      stream.once('error', () => resolve(false));
    });
    stream.destroy();
    if (listens) return;
    if (performance.now() > end) throw new Error('microsocks does not listen');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** TCP endpoints as users write them (zmq_tcp). */

import { spawn } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import t, { type Test } from 'tap';
import { Pull, Push, Reply, Request } from '../../../src/index.ts';
import { PATIENCE } from '../../support/patience.ts';
import { connectRaw, listenRaw } from '../../support/raw-peer.ts';
import { eventually, texts, use, watch } from '../../support/sockets.ts';

const ipv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some((one) => one.address === '::1'),
);

const linux = process.platform === 'linux';

const hasLo = Object.hasOwn(networkInterfaces(), 'lo');

/** Sends one message from a PUSH connected to `endpoint` and expects it to arrive. */
async function carries(t: Test, pull: Pull, endpoint: string, options: object = {}) {
  const push = use(t, new Push(options));
  push.connect(endpoint);
  await push.send(['over', endpoint]);
  t.strictSame(texts(await pull.receive()), ['over', endpoint]);
  push.close();
}

for (const [text, shape] of [
  ['tcp://127.0.0.1:*', /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/],
  ['tcp://127.0.0.1:0', /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/],
  ['tcp://*:*', /^tcp:\/\/0\.0\.0\.0:[1-9]\d*$/],
  ['tcp://*:0', /^tcp:\/\/0\.0\.0\.0:[1-9]\d*$/],
  ['tcp://0.0.0.0:*', /^tcp:\/\/0\.0\.0\.0:[1-9]\d*$/],
  ['tcp://lo:*', /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/],
  ['tcp://localhost:*', /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/],
] as const) {
  for (const how of ['bind', 'bindSync'] as const) {
    const skip = text.startsWith('tcp://lo:') && !hasLo && 'no interface lo here';
    t.test(`${how} ${text}`, { skip }, async (t) => {
      const [pull, log] = watch(t, new Pull());
      await (how === 'bind' ? pull.bind(text) : pull.bindSync(text));
      const endpoint = pull.lastEndpoint!;
      t.match(endpoint, shape);
      t.strictSame(await log.next('bind'), { type: 'bind', address: endpoint });
      const port = endpoint.slice(endpoint.lastIndexOf(':') + 1);
      await carries(t, pull, `tcp://127.0.0.1:${port}`);
      await carries(t, pull, `tcp://localhost:${port}`);
    });
  }
}

t.test('IPv6', { skip: ipv6 ? false : 'no ::1 here' }, async (t) => {
  t.test('an address needs the option', async (t) => {
    const pull = use(t, new Pull());
    await t.rejects(pull.bind('tcp://[::1]:*'), { code: 'ENODEV', address: 'tcp://[::1]:*' });
    t.throws(() => pull.bindSync('tcp://[::1]:*'), { code: 'ENODEV' });
  });

  for (const how of ['bind', 'bindSync'] as const) {
    t.test(`${how} to ::1`, async (t) => {
      const pull = use(t, new Pull({ ipv6: true }));
      await pull[how]('tcp://[::1]:*');
      t.match(pull.lastEndpoint, /^tcp:\/\/\[::1\]:\d+$/);
      await carries(t, pull, pull.lastEndpoint!, { ipv6: true });
    });

    t.test(`${how} to all serves both families`, async (t) => {
      const pull = use(t, new Pull({ ipv6: true }));
      await pull[how]('tcp://*:*');
      t.match(pull.lastEndpoint, /^tcp:\/\/\[::\]:\d+$/);
      const port = pull.lastEndpoint!.slice('tcp://[::]:'.length);
      await carries(t, pull, `tcp://[::1]:${port}`, { ipv6: true });
      await carries(t, pull, `tcp://127.0.0.1:${port}`);
      await carries(t, pull, `tcp://127.0.0.1:${port}`, { ipv6: true });
    });
  }
});

t.test('the peer is seen at the source that was asked for', async (t) => {
  for (const source of ['127.0.0.1:0', '127.0.0.2:*', 'lo:0']) {
    if (source.startsWith('lo') && !hasLo) continue;
    const server = await listenRaw(t);
    const push = use(t, new Push());
    push.connect(`tcp://${source};${server.endpoint.slice('tcp://'.length)}`);
    const { stream } = await server.peer(0);
    t.equal(stream.remoteAddress, source.startsWith('127.0.0.2') ? '127.0.0.2' : '127.0.0.1');
    push.close();
  }
});

t.test('a source port in use, and a source that is not there, are tried again', async (t) => {
  const [taken, target] = [await listenRaw(t), await listenRaw(t)];
  for (const source of [taken.endpoint.slice('tcp://'.length), 'nosuchinterface:0']) {
    const [push, log] = watch(t, new Push({ reconnectInterval: 5 }));
    push.connect(`tcp://${source};${target.endpoint.slice('tcp://'.length)}`);
    await log.next('connect:retry', 2);
    t.equal(log.count('connect'), 0);
    push.close();
  }
});

t.test('a name is resolved again at each attempt', async (t) => {
  const pull = use(t, new Pull());
  await pull.bind('tcp://127.0.0.1:*');
  const port = pull.lastEndpoint!.split(':')[2]!;
  const real = dns.lookup;
  const asked: string[] = [];
  let answer = '';
  t.teardown(() => {
    dns.lookup = real;
  });
  dns.lookup = ((name: string, options: dns.LookupOptions, callback: Lookup) => {
    asked.push(`${name}/${options.family}`);
    if (answer !== '') {
      real(answer, options, callback as never);
      return;
    }
    process.nextTick(() => callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), '', 0));
  }) as typeof dns.lookup;

  const [push, log] = watch(t, new Push({ reconnectInterval: 5 }));
  const endpoint = `tcp://moving.example:${port}`;
  push.connect(endpoint);
  t.equal(push.lastEndpoint, endpoint);
  await log.next('connect:retry', 2);
  t.equal(log.count('connect'), 0);
  answer = '127.0.0.1';
  await push.send('found');
  t.strictSame(texts(await pull.receive()), ['found']);
  t.ok(asked.length >= 3, `asked ${asked.length} times`);
  t.strictSame([...new Set(asked)], ['moving.example/4']);
});

t.test('an address in use', async (t) => {
  const first = use(t, new Pull());
  await first.bind('tcp://127.0.0.1:*');
  const address = first.lastEndpoint!;
  for (const how of ['bind', 'bindSync'] as const) {
    const [second, log] = watch(t, new Pull());
    const failure = { code: 'EADDRINUSE', errno: 98, address };
    if (how === 'bind') await t.rejects(second.bind(address), failure);
    else t.throws(() => second.bindSync(address), failure);
    const event = await log.next('bind:error');
    t.match(event.error, { code: 'EADDRINUSE' });
    t.equal(event.address, address.slice('tcp://'.length));
    t.equal(second.lastEndpoint, null);
    // It is not worse for it.
    await second.bind('tcp://127.0.0.1:*');
    await carries(t, second, second.lastEndpoint!);
  }
  await carries(t, first, address);
});

t.test('addresses that are not ours', async (t) => {
  const pull = use(t, new Pull());
  for (const [address, code] of [
    ['tcp://203.0.113.7:*', 'EADDRNOTAVAIL'],
    ['tcp://nosuchinterface:*', 'ENODEV'],
    ['tcp://host.example:5555', 'ENODEV'],
  ] as const) {
    await t.rejects(pull.bind(address), { code, address }, address);
    t.throws(() => pull.bindSync(address), { code, address }, address);
  }
});

t.test(
  'after unbind the address is free, at once, and those who came by it are gone',
  async (t) => {
    const [pull, log] = watch(t, new Pull());
    await pull.bind('tcp://127.0.0.1:*');
    const address = pull.lastEndpoint!;
    const peers = [await connectRaw(t, address), await connectRaw(t, address)];
    const [push, pushLog] = watch(t, new Push({ reconnectInterval: 10 }));
    push.connect(address);
    await pull.waitFor('handshake');
    await pull.unbind(address);
    t.strictSame(await log.next('close'), { type: 'close', address });
    await Promise.all([...peers.map((peer) => peer.closed), pushLog.next('disconnect')]);

    const next = use(t, new Pull());
    await next.bind(address);
    await push.send('to the next');
    t.strictSame(texts(await next.receive()), ['to the next']);
    await t.rejects(pull.unbind(address), { code: 'ENOENT', address });
  },
);

t.test('a socket bound and connected several times over', async (t) => {
  const reply = use(t, new Reply());
  await reply.bind('tcp://127.0.0.1:*');
  const first = reply.lastEndpoint!;
  await reply.bind('tcp://127.0.0.1:*');
  const second = reply.lastEndpoint!;
  t.not(first, second);
  void (async () => {
    for await (const body of reply) await reply.send(body);
  })();
  for (const endpoint of [first, second]) {
    const request = use(t, new Request());
    request.connect(endpoint);
    await request.send(endpoint);
    t.strictSame(texts(await request.receive()), [endpoint]);
  }
});

t.test('a process that has nothing left to do delivers what it sent, then ends', async (t) => {
  const { stopped, receivedCount } = await sendAndEnd(t);
  t.equal(stopped, 0, 'it ended by itself');
  t.equal(receivedCount, 64 * 1_048_576, 'all of it came');
});

/** A child sends 64 MiB to a PULL of ours that does not read at first, and does nothing more. */
async function sendAndEnd(t: Test) {
  const pull = use(t, new Pull({ receiveHighWaterMark: 1 }));
  await pull.bind('tcp://127.0.0.1:*');
  const child = spawn(process.execPath, [...process.execArgv, childPath, pull.lastEndpoint!], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  let receivedCount = 0;
  const message = await pull.receive({ timeout: PATIENCE });
  for (const part of message) receivedCount += part.length;
  const [stopped] = (await ended) as [number];
  return { stopped, receivedCount };
}

const childPath = new URL('../../support/peers/send-and-end.ts', import.meta.url).pathname;

type Lookup = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

t.test(
  'keep-alive, as the system has it',
  { skip: linux ? false : 'read from /proc' },
  async (t) => {
    for (const [options, seconds] of [
      [{}, undefined],
      [{ tcpKeepalive: 0, tcpKeepaliveIdle: 77 }, undefined],
      [{ tcpKeepalive: 1, tcpKeepaliveIdle: 77 }, 77],
    ] as const) {
      const pull = use(t, new Pull(options));
      const push = use(t, new Push(options));
      await pull.bind('tcp://127.0.0.1:*');
      push.connect(pull.lastEndpoint!);
      await pull.waitFor('handshake', { timeout: PATIENCE });
      await push.waitFor('handshake', { timeout: PATIENCE });
      const port = Number(pull.lastEndpoint!.split(':').pop());
      // While something is on its way, the one timer of an end stands for that.
      await eventually('all is acknowledged', () =>
        timersOf(port).every(([kind]) => kind !== '01'),
      );
      const probes = timersOf(port).filter(([kind]) => kind === '02');
      t.equal(probes.length, seconds === undefined ? 0 : 2, 'both ends, or none');
      for (const [, left] of probes) t.ok(left > seconds! - 20 && left <= seconds!, `${left} s`);
    }
  },
);

/** The timers of both ends of a connection to `port`: kind (01 resends, 02 keeps alive), seconds left. */
function timersOf(port: number): [kind: string, left: number][] {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const timers: [string, number][] = [];
  for (const row of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const [, local, remote, state, , timer = ''] = row.trim().split(/\s+/);
    // State 1 is established.
    if (state !== '01' || !(local?.endsWith(end) || remote?.endsWith(end))) continue;
    timers.push([timer.slice(0, 2), Number.parseInt(timer.slice(3), 16) / 100]);
  }
  return timers;
}

t.test('the backlog is handed to the system', async (t) => {
  const listens = t.capture(net.Server.prototype, 'listen', net.Server.prototype.listen);
  await use(t, new Pull({ backlog: 7 })).bind('tcp://127.0.0.1:*');
  t.match(listens(), [{ args: [{ backlog: 7 }] }]);
});

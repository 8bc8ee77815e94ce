/**
 * Conformance: about 70 checks of the package as it is installed, in plain JavaScript for any runtime. `main.ts` runs it; alone it is
 * `node conformance.mjs` in a folder where the package is. It prints what fails, and counts.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import * as zmq from 'zeromq-pure';
import { daemon, run } from 'zeromq-pure/daemon';
import { Client, Server } from 'zeromq-pure/draft';
import { DedicatedLayer, EmbeddedLayer, Hub, MemoryLayer } from 'zeromq-pure/layer';
import * as v5 from 'zeromq-pure/v5-compat';

const FILE = fileURLToPath(import.meta.url);
const TCP = 'tcp://127.0.0.1:*';
const RUN = 'Deno' in globalThis ? ['run', '-A', FILE] : [FILE];
const TIME = 30_000;

if (!isMainThread) await endAs(...workerData);
else if (process.argv[2] === 'end') await endAs(process.argv[3], process.argv[4]);
else if (process.argv[2] === 'stale') leaveFile(process.argv[3]);
else await main();

/** In a process or thread of its own: sends 100 messages to `address`, and ends in the way `how`. */
async function endAs(how, address) {
  if (how === 'bind') {
    const pull = new zmq.Pull();
    await pull.bind(address);
    for (;;) await pull.receive();
  }
  const push = new zmq.Push();
  push.connect(address);
  if (how === 'exit' || how === 'error') await push.waitFor('handshake');
  for (let i = 0; i < 100; i++) await push.send(String(i));
  if (how === 'close') push.close();
  if (how === 'exit') process.exit(0);
  if (how === 'error') throw new Error('uncaught, as it should be');
}

/** In a process of its own: ends without removing the file it listens at. */
function leaveFile(path) {
  net.createServer().listen(path, () => process.kill(process.pid, 'SIGKILL'));
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'zmq-conformance-'));
  let name = 0;
  const open = [];
  const use = (thing) => {
    open.push(thing);
    return thing;
  };
  const checks = [];
  const check = (title, body) => checks.push([title, body]);
  const address = (transport) =>
    ({ tcp: TCP, ipc: `ipc://${join(folder, `s${name++}`)}`, inproc: `inproc://s${name++}` })[
      transport
    ];
  const linked = async (bound, connected, at = TCP) => {
    use(bound);
    use(connected);
    await bound.bind(at);
    connected.connect(bound.lastEndpoint);
    await connected.waitFor('handshake', { timeout: TIME });
    return [bound, connected];
  };
  const one = async (from, to, text = 'one') => {
    await from.send(text);
    equal(String(await to.receive({ timeout: TIME })), text);
  };

  for (const transport of ['tcp', 'ipc', 'inproc']) {
    check(`PUSH, PULL over ${transport}`, async () => {
      const [pull, push] = await linked(new zmq.Pull(), new zmq.Push(), address(transport));
      for (let i = 0; i < 500; i++) await push.send([String(i), 'x'.repeat(i * 10)]);
      for (let i = 0; i < 500; i++) equal(String((await pull.receive())[0]), String(i));
    });
    check(`PUB, SUB over ${transport}`, async () => {
      const sub = new zmq.Subscriber();
      sub.subscribe('a');
      const [pub] = await linked(new zmq.Publisher(), sub, address(transport));
      await pub.waitFor('subscription', { timeout: TIME });
      await pub.send('b no');
      await one(pub, sub, 'a yes');
    });
    check(`XPUB, XSUB over ${transport}`, async () => {
      const [xpub, xsub] = await linked(
        new zmq.XPublisher(),
        new zmq.XSubscriber(),
        address(transport),
      );
      await xsub.send(Buffer.from('\x01t'));
      equal(String(await xpub.receive({ timeout: TIME })), '\x01t');
      await one(xpub, xsub, 't');
    });
    check(`REQ, REP over ${transport}`, async () => {
      const [rep, req] = await linked(new zmq.Reply(), new zmq.Request(), address(transport));
      await one(req, rep, 'q');
      await one(rep, req, 'a');
    });
    check(`DEALER, ROUTER over ${transport}`, async () => {
      const dealer = new zmq.Dealer({ routingId: 'me' });
      const [router] = await linked(new zmq.Router(), dealer, address(transport));
      await dealer.send(['', 'q']);
      const [id, , body] = await router.receive({ timeout: TIME });
      equal(`${id}${body}`, 'meq');
      await router.send([id, 'a']);
      equal(String(await dealer.receive({ timeout: TIME })), 'a');
    });
    check(`PAIR over ${transport}`, async () => {
      const [a, b] = await linked(new zmq.Pair(), new zmq.Pair(), address(transport));
      await one(a, b);
      await one(b, a);
    });
    check(`64 KiB, 1 MiB and empty parts over ${transport}`, async () => {
      const [pull, push] = await linked(new zmq.Pull(), new zmq.Push(), address(transport));
      for (const size of [65_536, 1_048_576, 0]) {
        await push.send([Buffer.alloc(size, 7), '']);
        const parts = await pull.receive({ timeout: TIME });
        equal(parts.map((part) => part.length).join(), `${size},0`);
      }
    });
  }
  check('an abstract ipc name', async () => {
    const [pull, push] = await linked(new zmq.Pull(), new zmq.Push(), `ipc://@zmq-${process.pid}`);
    await one(push, pull);
  });
  check('a stale ipc file is taken over', async () => {
    const at = address('ipc');
    const child = spawn(process.execPath, [...RUN, 'stale', at.slice('ipc://'.length)], {
      stdio: 'ignore',
    });
    await new Promise((resolve) => child.on('exit', resolve));
    const [pull, push] = await linked(new zmq.Pull(), new zmq.Push(), at);
    await one(push, pull);
  });
  check('STREAM to node:net', async () => {
    const stream = use(new zmq.Stream());
    await stream.bind(TCP);
    const client = net.connect(Number(stream.lastEndpoint.split(':').at(-1)), '127.0.0.1');
    const [id] = await stream.receive({ timeout: TIME });
    await stream.send([id, 'raw']);
    const data = await new Promise((resolve) => client.once('data', resolve));
    client.destroy();
    equal(String(data), 'raw');
  });
  for (const transport of ['tcp', 'ipc']) {
    check(`bindSync over ${transport}`, async () => {
      const [pull, push] = [use(new zmq.Pull()), use(new zmq.Push())];
      pull.bindSync(address(transport));
      push.connect(pull.lastEndpoint);
      await one(push, pull);
    });
  }
  const refused = (at, code, options) => async () => {
    const pull = use(new zmq.Pull(options));
    equal(
      await pull.bind(at).then(
        () => 'bound',
        (error) => error.code,
      ),
      code,
    );
  };
  check('EADDRINUSE', async () => {
    const pull = use(new zmq.Pull());
    await pull.bind(TCP);
    await refused(pull.lastEndpoint, 'EADDRINUSE')();
  });
  check('EADDRNOTAVAIL', refused('tcp://192.0.2.1:5555', 'EADDRNOTAVAIL'));
  check('EINVAL', refused('tcp://127.0.0.1', 'EINVAL'));
  check('EPROTONOSUPPORT', refused('foo://a', 'EPROTONOSUPPORT'));
  check('IPv6', async () => {
    const [pull, push] = await linked(
      new zmq.Pull({ ipv6: true }),
      new zmq.Push({ ipv6: true }),
      'tcp://[::1]:*',
    );
    await one(push, pull);
  });
  check('connects before the other binds, and again after it is gone', async () => {
    const first = use(new zmq.Pull());
    await first.bind(TCP);
    const at = first.lastEndpoint;
    await first.unbind(at);
    first.close();
    const push = use(new zmq.Push({ reconnectInterval: 20 }));
    push.connect(at);
    await push.send('early');
    for (const text of ['early', 'late']) {
      const pull = use(new zmq.Pull());
      await pull.bind(at);
      if (text === 'late') await push.send(text);
      equal(String(await pull.receive({ timeout: TIME })), text);
      const gone = push.waitFor('disconnect', { timeout: TIME });
      pull.close();
      await gone;
    }
  });
  const judge = ({ credentials }) => ({ status: credentials.join() === 'u,p' ? 200 : 400 });
  check('PLAIN', async () => {
    const pull = new zmq.Pull({ plainServer: true });
    pull.authenticate = judge;
    const [, push] = await linked(pull, new zmq.Push({ plainUsername: 'u', plainPassword: 'p' }));
    await one(push, pull);
  });
  check('PLAIN, a wrong password', async () => {
    const pull = use(new zmq.Pull({ plainServer: true }));
    pull.authenticate = judge;
    await pull.bind(TCP);
    const push = use(new zmq.Push({ plainUsername: 'u', plainPassword: 'no' }));
    const failed = new Promise((resolve) => push.events.on('handshake:error:auth', resolve));
    push.connect(pull.lastEndpoint);
    await failed;
  });
  const { publicKey, secretKey } = zmq.curveKeyPair();
  const own = { curvePublicKey: publicKey, curveSecretKey: secretKey };
  const curve = async () => {
    const pull = new zmq.Pull({ ...own, curveServer: true });
    const [, push] = await linked(pull, new zmq.Push({ ...own, curveServerKey: publicKey }));
    await one(push, pull);
    await one(push, pull, 'x'.repeat(100_000));
  };
  check('CURVE', curve);
  check('a ZAP handler', async () => {
    const context = new zmq.Context();
    const zap = use(new zmq.Reply({ context }));
    await zap.bind('inproc://zeromq.zap.01');
    const [pull, push] = [
      use(new zmq.Pull({ context, plainServer: true })),
      use(new zmq.Push({ plainUsername: 'u', plainPassword: 'p' })),
    ];
    await pull.bind(TCP);
    push.connect(pull.lastEndpoint);
    const [version, id] = await zap.receive({ timeout: TIME });
    await zap.send([version, id, '200', 'OK', 'u', '']);
    await one(push, pull);
  });
  check('a peer that says nothing is given up', async () => {
    const server = net.createServer((stream) => stream.on('error', () => {}));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const push = use(new zmq.Push({ handshakeInterval: 100, reconnectInterval: -1 }));
    const given = new Promise((resolve) => push.events.on('handshake:error:other', resolve));
    push.connect(`tcp://127.0.0.1:${server.address().port}`);
    await given;
    server.close();
  });
  check('heartbeats keep idle peers together', async () => {
    const options = { heartbeatInterval: 50, heartbeatTimeout: 2_000 };
    const [pull, push] = await linked(new zmq.Pull(options), new zmq.Push(options));
    let lost = 0;
    push.events.on('disconnect', () => lost++);
    await new Promise((resolve) => setTimeout(resolve, 500));
    equal(lost, 0);
    await one(push, pull);
  });
  check('the high-water mark refuses', async () => {
    const push = use(new zmq.Push({ sendHighWaterMark: 5, linger: 0 }));
    push.connect('tcp://127.0.0.1:9');
    let count = 0;
    while (count < 100 && push.trySend('x')) count++;
    equal(count, 5);
  });
  check('sendMany, receiveMany', async () => {
    const [pull, push] = await linked(new zmq.Pull(), new zmq.Push());
    const messages = Array.from({ length: 5_000 }, (_, i) => String(i));
    const sent = push.sendMany(messages);
    const got = [];
    while (got.length < 5_000) got.push(...(await pull.receiveMany({ timeout: TIME })).map(String));
    await sent;
    equal(got.join(), messages.join());
  });
  check('receive: time-out', async () => {
    const pull = use(new zmq.Pull({ receiveTimeout: 20 }));
    equal(await pull.receive().catch((error) => error.code), 'EAGAIN');
  });
  check('receive: AbortSignal', async () => {
    const pull = use(new zmq.Pull());
    const signal = AbortSignal.timeout(20);
    equal(await pull.receive({ signal }).catch((error) => error.name), 'TimeoutError');
  });
  check('for await ends with close', async () => {
    const [pull, push] = await linked(new zmq.Pull(), new zmq.Push());
    await push.send('last');
    for await (const [part] of pull) {
      equal(String(part), 'last');
      pull.close();
    }
  });
  check('Symbol.asyncDispose delivers', async () => {
    const pull = use(new zmq.Pull());
    await pull.bind(TCP);
    const push = new zmq.Push();
    push.connect(pull.lastEndpoint);
    await push.send('bye');
    await push[Symbol.asyncDispose]();
    equal(String(await pull.receive({ timeout: TIME })), 'bye');
  });
  check('context.close', async () => {
    const context = new zmq.Context();
    const pull = new zmq.Pull({ context });
    await pull.bind(TCP);
    await context.close();
    equal(pull.closed, true);
  });
  const chain = async (start) => {
    const [front, back] = [use(new zmq.Router()), use(new zmq.Dealer())];
    const [push, pull] = [use(new zmq.Request()), use(new zmq.Reply())];
    await front.bind(TCP);
    await back.bind(TCP);
    push.connect(front.lastEndpoint);
    pull.connect(back.lastEndpoint);
    await start(front, back, async () => {
      await one(push, pull, 'q');
      await one(pull, push, 'a');
    });
  };
  check('proxy with capture', () =>
    chain(async (front, back, talk) => {
      const [seen, capture] = await linked(new zmq.Pull(), new zmq.Push());
      const stop = new AbortController();
      const over = zmq.proxy(front, back, { capture, signal: stop.signal });
      await talk();
      equal(String((await seen.receive({ timeout: TIME })).at(-1)), 'q');
      stop.abort();
      await over.catch(() => {});
    }),
  );
  check('Proxy', () =>
    chain(async (front, back, talk) => {
      const proxy = new zmq.Proxy(front, back);
      const over = proxy.run();
      await talk();
      proxy.terminate();
      await over;
    }),
  );
  for (const where of ['inline', 'thread', 'process']) {
    check(`a device, ${where}`, async () => {
      const device = new zmq.Streamer({ where }).bindIn(TCP).bindOut(TCP);
      await device.start();
      const [push, pull] = [use(new zmq.Push()), use(new zmq.Pull())];
      push.connect(device.endpoints.in[0]);
      pull.connect(device.endpoints.out[0]);
      await one(push, pull);
      await device.stop();
      await device.join();
    });
  }
  check('Poller', async () => {
    const [pull, push] = await linked(new zmq.Pull(), new zmq.Push());
    await push.send('polled');
    for await (const { socket, message } of new zmq.Poller().add(pull)) {
      equal(`${socket === pull} ${message}`, 'true polled');
      break;
    }
  });
  check('Node streams', async () => {
    const [pull, push] = await linked(new zmq.Pull(), new zmq.Push());
    zmq.toWritable(push).write('streamed');
    const [chunk] = await new Promise((resolve) =>
      zmq.toReadable(pull).once('data', (...all) => resolve(all)),
    );
    equal(String(chunk), 'streamed');
  });
  check('web streams', async () => {
    const [pull, push] = await linked(new zmq.Pull(), new zmq.Push());
    await zmq.toWritableStream(push).getWriter().write('streamed');
    const { value } = await zmq.toReadableStream(pull).getReader().read();
    equal(String(value), 'streamed');
  });
  check('events', async () => {
    const pull = use(new zmq.Pull());
    const seen = [];
    const all = ['bind', 'accept', 'handshake', 'disconnect', 'close', 'end'];
    for (const type of all) pull.events.on(type, () => seen.push(type));
    await pull.bind(TCP);
    const push = new zmq.Push();
    push.connect(pull.lastEndpoint);
    const gone = pull.waitFor('disconnect', { timeout: TIME });
    await push.waitFor('handshake', { timeout: TIME });
    push.close();
    await gone;
    const ended = new Promise((resolve) => pull.events.on('end', resolve));
    pull.close();
    await ended;
    equal(seen.join(), all.join());
  });
  const layered = async (layer, other = layer) => {
    const channel = await other.newChannel();
    await other.groupAdd('room', channel);
    await layer.groupSend('room', { text: 'hello' });
    equal((await other.receive(channel, { timeout: TIME })).text, 'hello');
    await layer.send('jobs', { n: 1 });
    equal((await other.receive('jobs', { timeout: TIME })).n, 1);
    await layer.close();
    if (other !== layer) await other.close();
  };
  check('MemoryLayer', () => layered(new MemoryLayer()));
  check('EmbeddedLayer', () => layered(new EmbeddedLayer({ address: address('ipc') })));
  for (const [title, security, keys] of [
    ['in the clear', undefined, undefined],
    ['under CURVE and sealed', own, ['secret']],
  ]) {
    check(`Hub and DedicatedLayer, ${title}`, async () => {
      const ends = { bind: TCP, ...(security && { curve: { secretKey, publicKey } }) };
      const hub = new Hub(ends);
      await hub.start();
      const to = {
        hub: hub.stats().bind,
        ...(security && { curve: { serverKey: publicKey, secretKey, publicKey } }),
        ...(keys && { symmetricEncryptionKeys: keys }),
      };
      await layered(new DedicatedLayer(to), new DedicatedLayer(to));
      await hub.close();
    });
  }
  check('a daemon', async () => {
    let begun = false;
    class Short extends daemon({ job: { type: 'pull', bind: TCP } }) {
      begin() {
        begun = true;
        this.terminate();
      }
      onJob() {}
    }
    equal(await run(Short, { argv: [], signals: false }), 0);
    equal(begun, true);
  });
  check('64 MiB arrive whole', async () => {
    const [pull, push] = await linked(new zmq.Pull(), new zmq.Push());
    const body = randomBytes(67_108_864);
    const hash = (octets) => createHash('sha256').update(octets).digest('hex');
    await push.send(body);
    equal(hash((await pull.receive({ timeout: TIME }))[0]), hash(body));
  });
  check('200 connections to one socket', async () => {
    const pull = use(new zmq.Pull());
    await pull.bind(TCP);
    const pushes = Array.from({ length: 200 }, () => use(new zmq.Push()));
    for (const push of pushes) push.connect(pull.lastEndpoint);
    await Promise.all(pushes.map((push) => push.send('x')));
    for (let i = 0; i < 200; i++) await pull.receive({ timeout: TIME });
  });
  check('100 sockets come and go', async () => {
    const pull = use(new zmq.Pull());
    await pull.bind(TCP);
    for (let i = 0; i < 100; i++) {
      const push = new zmq.Push();
      push.connect(pull.lastEndpoint);
      await push.send(String(i));
      push.close();
      equal(String(await pull.receive({ timeout: TIME })), String(i));
    }
  });
  check('HTTP at the port is refused, and others are served', async () => {
    const [pull, push] = await linked(new zmq.Pull(), new zmq.Push());
    const port = pull.lastEndpoint.split(':').at(-1);
    await new Promise((resolve) =>
      http.get(`http://127.0.0.1:${port}/`, resolve).on('error', resolve),
    );
    await one(push, pull);
  });
  check('JSON', async () => {
    const [pull, push] = await linked(new zmq.Pull(), new zmq.Push());
    await push.sendJson({ a: [1, null] });
    equal(JSON.stringify(await pull.receiveJson({ timeout: TIME })), '{"a":[1,null]}');
  });
  check('AsyncLocalStorage', async () => {
    const [pull, push] = await linked(new zmq.Pull(), new zmq.Push());
    const storage = new AsyncLocalStorage();
    const seen = storage.run('mine', async () => {
      await pull.receive({ timeout: TIME });
      return storage.getStore();
    });
    await push.send('x');
    equal(await seen, 'mine');
  });
  check('statistics', async () => {
    const [pull, push] = await linked(new zmq.Pull(), new zmq.Push());
    await one(push, pull);
    equal(push.stats().sent.messages, 1);
  });
  const ending = (how, start, transport = 'tcp') =>
    check(`a ${start ?? 'process'} that ends, over ${transport}: ${how}`, async () => {
      const pull = use(new zmq.Pull());
      await pull.bind(address(transport));
      const over = new Promise((resolve) => {
        const args = [how, pull.lastEndpoint];
        if (start === 'worker')
          new Worker(new URL(import.meta.url), { workerData: args }).on('exit', resolve);
        else
          spawn(process.execPath, [...RUN, 'end', ...args], { stdio: 'ignore' }).on(
            'exit',
            resolve,
          );
      });
      for (let i = 0; i < 100; i++) equal(String(await pull.receive({ timeout: TIME })), String(i));
      await over;
    });
  for (const how of ['open', 'close', 'exit', 'error']) ending(how);
  for (const transport of ['tcp', 'inproc']) {
    for (const how of ['open', 'close']) ending(how, 'worker', transport);
  }
  check('a worker that binds a name of inproc, and is terminated', async () => {
    const push = use(new zmq.Push());
    const at = address('inproc');
    push.connect(at);
    const worker = new Worker(new URL(import.meta.url), { workerData: ['bind', at] });
    await push.send('x');
    await push.waitFor('handshake', { timeout: TIME });
    const lost = push.waitFor('disconnect', { timeout: TIME });
    await use(new zmq.Push())
      .bind(at)
      .then(
        () => equal('bound', 'in use'),
        ({ code }) => equal(code, 'EADDRINUSE'),
      );
    await worker.terminate();
    await lost;
  });
  check('CURVE without libsodium', async () => {
    const env = { ...process.env, ZEROMQ_PURE_CURVE: 'javascript' };
    const child = spawn(process.execPath, [...RUN, 'only', 'CURVE'], { env, stdio: 'ignore' });
    equal(await new Promise((resolve) => child.on('exit', resolve)), 0);
  });
  check('zeromq-pure/v5-compat', async () => {
    const [pull, push] = [v5.socket('pull'), v5.socket('push')];
    const at = address('ipc');
    const got = new Promise((resolve) => pull.on('message', resolve));
    await new Promise((resolve) => pull.bind(at, resolve));
    push.connect(at);
    push.send('old');
    equal(String(await got), 'old');
    push.close();
    pull.close();
  });
  check('zeromq-pure/draft', async () => {
    const [server, client] = await linked(new Server(), new Client());
    await client.send('q');
    const [body] = await server.receive({ timeout: TIME });
    equal(String(body), 'q');
  });

  const only = process.argv[2] === 'only' ? process.argv[3] : undefined;
  let failed = 0;
  let passed = 0;
  for (const [title, body] of checks) {
    if (only !== undefined && title !== only) continue;
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not over after ${TIME} ms`)), TIME + 5_000);
    });
    try {
      await Promise.race([body(), late]);
      passed++;
    } catch (error) {
      failed++;
      console.log(`failed: ${title}: ${error?.code ?? ''} ${error?.message ?? error}`);
    }
    clearTimeout(timer);
    for (const each of open.splice(0)) {
      if (!each.closed) each.linger = 0;
      each.close();
    }
  }
  rmSync(folder, { recursive: true, force: true });
  console.log(`${passed} of ${passed + failed}`);
  process.exit(failed === 0 ? 0 : 1);
}

function equal(actual, expected) {
  if (actual === expected) return;
  throw new Error(`${String(actual).slice(0, 200)}, expected ${String(expected).slice(0, 200)}`);
}

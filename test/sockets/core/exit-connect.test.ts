/** When a process ends before what it connected to is there. */

import { once } from 'node:events';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import * as zmq from '../../../src/index.ts';
import { wsFraming } from '../../../src/zmtp/ws-framing.ts';
import { responseTo, upgradeResponse, wsFrame } from '../../support/cores/ws-wire.ts';
import { read, ready } from '../../support/framing.ts';
import { deadEndpoint, own, texts, until } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';
import { addressOf, listenRaw } from '../../support/raw-peer.ts';
import { Child, DOOR } from '../../support/sockets/child.ts';
import { fakeSocksProxy, type ProxyScript } from '../../support/sockets/socks-proxy.ts';

t.test('E4: at process.exit() the connection is begun that was not there yet', async (t) => {
  const send = `await socket.send('bye'); await socket.send(Buffer.alloc(100_000, 'x'));`;
  const kinds = [
    ['Push', () => new zmq.Pull()],
    ['Dealer', () => new zmq.Dealer()],
    ['Pair', () => new zmq.Pair()],
  ] as const;
  for (const [bound, connected] of [
    ['tcp://127.0.0.1:*', '127.0.0.1'],
    ['tcp://127.0.0.1:*', 'localhost'],
    ['ipc://*', ''],
    ['ws://127.0.0.1:*/path', '127.0.0.1'],
    ['ws://127.0.0.1:*', 'localhost'],
  ] as const) {
    t.test(`over ${bound.slice(0, 3)}, ${connected}`, async (t) => {
      for (const [kind, make] of kinds) {
        const receiver = own(t, make());
        receiver.receiveTimeout = PATIENCE;
        await receiver.bind(bound);
        const endpoint = receiver.lastEndpoint!.replace('127.0.0.1', connected);
        for (const [options, end] of [
          ['', 'process.exit(0);'],
          ['{ linger: 5000 }', 'socket.close(); process.exit(0);'],
          ['', `throw new Error('intended');`],
          ['', 'setImmediate(() => process.exit(0));'],
        ]) {
          const program = `const socket = new zmq.${kind}(${options}); socket.connect(endpoint); ${send} ${end}`;
          await new Child(t, program, endpoint).ended();
          t.strictSame(texts(await receiver.receive()), ['bye'], `${kind}: ${end}`);
          t.equal((await receiver.receive())[0]!.length, 100_000);
        }
      }
    });
  }

  t.test('REQ, and PLAIN', async (t) => {
    for (const bound of ['tcp://127.0.0.1:*', 'ws://127.0.0.1:*']) {
      const reply = own(t, new zmq.Reply({ plainServer: true, receiveTimeout: PATIENCE }));
      reply.authenticate = () => ({ status: 200 });
      await reply.bind(bound);
      const program = `const socket = new zmq.Request({ plainUsername: 'me', plainPassword: 'x' });
        socket.connect(endpoint); await socket.send('bye'); process.exit(0);`;
      await new Child(t, program, reply.lastEndpoint!).ended();
      t.strictSame(texts(await reply.receive()), ['bye'], bound);
    }
  });

  t.test('CURVE, once that is loaded', async (t) => {
    const { publicKey, secretKey } = zmq.curveKeyPair();
    const options = `curveServerKey: '${publicKey}', curvePublicKey: '${publicKey}', curveSecretKey: '${secretKey}'`;
    for (const bound of ['tcp://127.0.0.1:*', 'ws://127.0.0.1:*']) {
      const pull = own(t, new zmq.Pull({ curveServer: true, curveSecretKey: secretKey }));
      pull.receiveTimeout = PATIENCE;
      await pull.bind(bound);
      const program = `const early = new zmq.Push({ ${options} });
        early.connect(endpoint); await early.waitFor('handshake');
        const socket = new zmq.Push({ ${options} }); socket.connect(endpoint); ${send} process.exit(0);`;
      await new Child(t, program, pull.lastEndpoint!).ended();
      t.strictSame(texts(await pull.receive()), ['bye'], bound);
    }
  });

  t.test('in a thread', async (t) => {
    for (const [bound, host] of [
      ['tcp://127.0.0.1:*', '127.0.0.1'],
      ['tcp://127.0.0.1:*', 'localhost'],
      ['ws://127.0.0.1:*', '127.0.0.1'],
    ] as const) {
      const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
      await pull.bind(bound);
      const program = `import * as zmq from '${DOOR}'; const socket = new zmq.Push();
        socket.connect('${pull.lastEndpoint!.replace('127.0.0.1', host)}'); ${send} process.exit(0);`;
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
      await once(worker, 'exit');
      t.strictSame(texts(await pull.receive()), ['bye']);
      t.equal((await pull.receive())[0]!.length, 100_000);
    }
  });

  t.test('by a proxy', async (t) => {
    for (const bound of ['tcp://127.0.0.1:*', 'ws://127.0.0.1:*']) {
      const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
      await pull.bind(bound);
      const proxy = await fakeSocksProxy(t, pull.lastEndpoint!.replace(/\/$/, ''));
      for (const [script, address, login] of [
        [{}, proxy.address, ''],
        [{}, proxy.address.replace('127.0.0.1', 'localhost'), ''],
        [{ method: '0502' }, proxy.address, `, socksUsername: 'me', socksPassword: 'pw'`],
      ] as const) {
        proxy.script = script;
        const program = `const socket = new zmq.Push({ socksProxy: '${address}'${login} });
          socket.connect(endpoint); ${send} process.exit(0);`;
        const endpoint = `${bound.split(':')[0]}://no-such-host.invalid:5555`;
        await new Child(t, program, endpoint).ended();
        t.strictSame(texts(await pull.receive()), ['bye'], `${bound} ${address} ${login}`);
        t.equal((await pull.receive())[0]!.length, 100_000);
      }
    }
  });

  const insisting = `const socket = new zmq.Push({ reconnectInterval: 20 }); socket.connect(endpoint);
    ${send} process.prependListener('exit', () => console.log('exits')); process.exit(0);`;

  t.test('after a loss, before the time to connect again', async (t) => {
    const file = `ipc://${tmpdir()}/exit-connect-${process.pid}`;
    for (const address of ['tcp://127.0.0.1:*', file, 'ws://127.0.0.1:*']) {
      const [first, second] = [own(t, new zmq.Pull()), own(t, new zmq.Pull())];
      second.receiveTimeout = PATIENCE;
      await first.bind(address);
      const endpoint = first.lastEndpoint!;
      const program = `const socket = new zmq.Push({ reconnectInterval: 60_000 }); socket.connect(endpoint);
        await socket.waitFor('handshake'); console.log('connected');
        await socket.waitFor('disconnect'); ${send}
        process.stdin.once('data', () => process.exit(0)); console.log('waits');`;
      const child = new Child(t, program, endpoint);
      await child.says('stdout', /connected/);
      await first.unbind(endpoint);
      await child.says('stdout', /waits/);
      await second.bind(endpoint);
      child.say('go');
      t.strictSame(texts(await second.receive()), ['bye'], address);
      t.equal((await second.receive())[0]!.length, 100_000);
      await child.ended();
    }
  });

  t.test('again and again, until somebody listens', async (t) => {
    for (const transport of ['tcp', 'ws'] as const) {
      const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
      const endpoint = await deadEndpoint(pull, transport);
      const child = new Child(t, insisting, endpoint);
      await child.says('stdout', /exits/);
      await pull.bind(endpoint);
      t.strictSame(texts(await pull.receive()), ['bye'], transport);
      await child.ended();
    }
  });

  t.test('again and again, until the proxy lets it through', async (t) => {
    const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
    await pull.bind('tcp://127.0.0.1:*');
    const proxy = await fakeSocksProxy(t, pull.lastEndpoint!);
    proxy.script = { reply: '0505' };
    const program = insisting.replace('{', `{ socksProxy: '${proxy.address}', `);
    const child = new Child(t, program, 'tcp://no-such-host.invalid:5555');
    await until(() => proxy.heard.length >= 4);
    proxy.script = {};
    t.strictSame(texts(await pull.receive()), ['bye']);
    await child.ended();
  });

  t.test('again, with ZWS2.0 alone where the server knows no name with a slash', async (t) => {
    const server = await listenRaw(t);
    const child = new Child(t, insisting, server.endpoint.replace('tcp', 'ws'));
    const first = await server.peer(0);
    await first.sees(Buffer.from('\r\n\r\n'));
    first.write(upgradeResponse({}, 'HTTP/1.1 400 Bad Request'));
    const second = await server.peer(1);
    await second.sees(Buffer.from('ZWS2.0\r\n'));
    const [, key] = /Sec-WebSocket-Key: (.*)\r/.exec(second.received.toString('latin1'))!;
    const { length } = second.received;
    // In one piece: what follows the answer is not lost.
    const agreed = String(responseTo(key!)).replace('ZWS2.0/NULL', 'ZWS2.0');
    second.write(Buffer.from(agreed), wsFrame(0x82, '\0id'));
    await child.ended();
    await second.closed;
    const framing = ready(wsFraming({ protocol: 'ZWS2.0' }));
    t.equal(read(framing, second.received.subarray(length))[1], 'bye');
  });

  t.test('for a second at most where nobody does, and for linger', async (t) => {
    const server = await listenRaw(t);
    const silent = server.endpoint.replace('tcp', 'ws');
    const elsewhere = own(t, new zmq.Pull());
    await elsewhere.bind('ws://127.0.0.1:*/elsewhere');
    const refusing = elsewhere.lastEndpoint!.replace('else', '');
    for (const [options, most] of [
      ['linger: -1', 8000],
      ['linger: 60_000', 8000],
      ['linger: 100', 900],
      ['linger: 0', 100],
    ] as const) {
      const endpoint = await deadEndpoint(own(t, new zmq.Pull()));
      const nobody = ['tcp://does-not.exist.invalid:5555', 'ipc:///does/not/exist'];
      for (const end of [endpoint, ...nobody, silent, refusing]) {
        const child = new Child(t, timed(options), end);
        t.equal(await child.ended(), 0);
        t.ok(Number(child.stdout) <= most, `${options}, ${end}: ${child.stdout.trim()} ms`);
      }
    }
  });

  t.test('for a second at most where a proxy refuses, or is silent', async (t) => {
    const dead = await deadEndpoint(own(t, new zmq.Pull()));
    const proxy = await fakeSocksProxy(t, dead);
    const scripts: ProxyScript[] = [
      { reply: '0505' },
      { method: '05ff' },
      { method: '4854' },
      { method: null },
      { hangsUp: true },
      // It relays, to nobody.
      {},
    ];
    for (const script of scripts) {
      proxy.script = script;
      const child = new Child(
        t,
        timed(`linger: -1, reconnectInterval: 20, socksProxy: '${proxy.address}'`),
        'tcp://no-such-host.invalid:5555',
      );
      t.equal(await child.ended(), 0);
      const took = child.stdout.trim();
      t.ok(Number(took) <= 8000, `${JSON.stringify(script)}: ${took} ms`);
    }
  });

  t.test('once where it is not to connect again', async (t) => {
    const proxy = await fakeSocksProxy(t, await deadEndpoint(own(t, new zmq.Pull())));
    proxy.script = { reply: '0505' };
    const options = `reconnectInterval: -1, socksProxy: '${proxy.address}'`;
    const child = new Child(t, timed(options), 'tcp://no-such-host.invalid:5555');
    t.equal(await child.ended(), 0);
    t.equal(proxy.heard.length, 2);
  });

  t.test('with linger 0 nothing is connected to', async (t) => {
    const server = await listenRaw(t);
    const program = `const socket = new zmq.Push({ linger: 0 }); socket.connect(endpoint); ${send} process.exit(0);`;
    t.equal(await new Child(t, program, server.endpoint).ended(), 0);
    await once(net.connect(addressOf(server.endpoint)), 'connect');
    await server.peer(0);
    t.equal(server.peers.length, 1, 'ours');
  });
});

/** A program that says how many milliseconds it took to exit. */
function timed(options: string): string {
  return `const socket = new zmq.Push({ ${options} }); socket.connect(endpoint); await socket.send('bye');
    let before;
    process.prependListener('exit', () => { before = performance.now(); });
    process.on('exit', () => console.log(Math.round(performance.now() - before)));
    process.exit(0);`;
}

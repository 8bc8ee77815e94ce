/** When a process ends before what it connected to is there. */

import { once } from 'node:events';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import * as zmq from '../../../src/index.ts';
import { deadEndpoint, own, texts } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';
import { addressOf, listenRaw } from '../../support/raw-peer.ts';
import { Child, DOOR } from '../../support/sockets/child.ts';

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
    const reply = own(t, new zmq.Reply({ plainServer: true, receiveTimeout: PATIENCE }));
    reply.authenticate = () => ({ status: 200 });
    await reply.bind('tcp://127.0.0.1:*');
    const program = `const socket = new zmq.Request({ plainUsername: 'me', plainPassword: 'x' });
      socket.connect(endpoint); await socket.send('bye'); process.exit(0);`;
    await new Child(t, program, reply.lastEndpoint!).ended();
    t.strictSame(texts(await reply.receive()), ['bye']);
  });

  t.test('in a thread', async (t) => {
    const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
    await pull.bind('tcp://127.0.0.1:*');
    for (const host of ['127.0.0.1', 'localhost']) {
      const program = `import * as zmq from '${DOOR}'; const socket = new zmq.Push();
        socket.connect('${pull.lastEndpoint!.replace('127.0.0.1', host)}'); ${send} process.exit(0);`;
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
      await once(worker, 'exit');
      t.strictSame(texts(await pull.receive()), ['bye']);
      t.equal((await pull.receive())[0]!.length, 100_000);
    }
  });

  t.test('after a loss, before the time to connect again', async (t) => {
    for (const address of ['tcp://127.0.0.1:*', `ipc://${tmpdir()}/exit-connect-${process.pid}`]) {
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
    const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
    const endpoint = await deadEndpoint(pull);
    const program = `const socket = new zmq.Push({ reconnectInterval: 20 }); socket.connect(endpoint);
      ${send} process.prependListener('exit', () => console.log('exits')); process.exit(0);`;
    const child = new Child(t, program, endpoint);
    await child.says('stdout', /exits/);
    await pull.bind(endpoint);
    t.strictSame(texts(await pull.receive()), ['bye']);
    await child.ended();
  });

  t.test('for a second at most where nobody does, and for linger', async (t) => {
    for (const [options, most] of [
      ['linger: -1', 8000],
      ['linger: 60_000', 8000],
      ['linger: 100', 900],
      ['linger: 0', 100],
    ] as const) {
      const endpoint = await deadEndpoint(own(t, new zmq.Pull()));
      for (const end of [endpoint, 'tcp://does-not.exist.invalid:5555', 'ipc:///does/not/exist']) {
        const child = new Child(
          t,
          `const socket = new zmq.Push({ ${options} }); socket.connect(endpoint); await socket.send('bye');
         let before;
         process.prependListener('exit', () => { before = performance.now(); });
         process.on('exit', () => console.log(Math.round(performance.now() - before)));
         process.exit(0);`,
          end,
        );
        t.equal(await child.ended(), 0);
        t.ok(Number(child.stdout) <= most, `${options}, ${end}: ${child.stdout.trim()} ms`);
      }
    }
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

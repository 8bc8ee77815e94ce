/** When a process with sockets ends by itself, and what it waits for. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import * as zmq from '../../../src/index.ts';
import { deadEndpoint, own, texts } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';
import { greeting, listenRaw, message, ready } from '../../support/raw-peer.ts';
import { Child, DOOR } from '../../support/sockets/child.ts';

const WARNING = /^\(node:\d+\) WARNING: Waiting for queued ZeroMQ messages to be delivered\./;

t.test('idle sockets do not keep a process', async (t) => {
  const child = new Child(
    t,
    `const [pull, push] = [new zmq.Pull(), new zmq.Push()];
     for (const address of ['tcp://127.0.0.1:*', 'ipc://*', 'inproc://x']) {
       await pull.bind(address);
       push.connect(pull.lastEndpoint);
       await push.send('x');
       await pull.receive();
     }
     push.heartbeatInterval = 50;
     push.connect(pull.lastEndpoint);
     new zmq.Push().connect('tcp://127.0.0.1:1');
     void pull.events;
     console.log('idle');`,
  );
  t.equal(await child.ended(), 0);
  t.equal(child.stdout, 'idle\n');
});

t.test('what waits keeps it', async (t) => {
  // Timers that do not keep it fire only when something else does.
  const cases = [
    ['pull.receive()', `push.send('x')`],
    ['pull.receiveMany()', `push.send('x')`],
    ['pull.whenReadable()', `push.send('x')`],
    ['alone.send("x")', `pull.connect(alone.lastEndpoint)`],
    ['alone.whenWritable()', `pull.connect(alone.lastEndpoint)`],
    ['alone.waitFor("handshake")', `pull.connect(alone.lastEndpoint)`],
    ['pull.events.receive()', `pull.close()`],
    [`new Promise((resolve) => pull.events.on('end', resolve))`, `pull.close()`],
    ['proxy.run()', `proxy.terminate()`],
  ] as const;
  const check = async ([wait, then]: (typeof cases)[number]) => {
    const child = new Child(
      t,
      `const [pull, push, alone] = [new zmq.Pull(), new zmq.Push(), new zmq.Push()];
       const proxy = new zmq.Proxy(pull, push);
       await pull.bind('tcp://127.0.0.1:*');
       push.connect(pull.lastEndpoint);
       await push.send('first');
       await pull.receive();
       await alone.bind('tcp://127.0.0.1:*');
       setTimeout(() => { ${then}; }, 50).unref();
       ${wait}.then(() => console.log('done'));`,
    );
    t.equal(await child.ended(), 0, child.stderr);
    t.equal(child.stdout, 'done\n', wait);
  };
  for (let i = 0; i < cases.length; i += 3) await Promise.all(cases.slice(i, i + 3).map(check));
});

t.test('undelivered messages', async (t) => {
  const send = `const push = new zmq.Push(OPTIONS);
    push.connect(endpoint);
    await push.send('late');
    console.log('sent');`;

  // Garbage collectors differ in when they find that nobody has a socket any more.
  const open = `${send.replace('OPTIONS', '{ reconnectInterval: 10 }')} globalThis.kept = push;`;
  const closed = `${send.replace('OPTIONS', '{}')} push.close();`;
  const dropped = `await (async () => { ${send.replace('OPTIONS', '{}')} })(); gc();`;
  const worker = `const { Worker } = await import('node:worker_threads');
    const program = "import * as zmq from '${DOOR}'; const endpoint = '" + endpoint + "';" + ${JSON.stringify(open)};
    new Worker(new URL('data:text/javascript,' + encodeURIComponent(program)));`;
  for (const [title, program] of [
    ['of an open socket', open],
    ['of a closed socket', closed],
    ['of a dropped socket', dropped],
    ['of a worker', worker],
  ] as const) {
    t.test(`${title} are waited for, and delivered when the peer comes`, async (t) => {
      const pull = own(t, new zmq.Pull());
      const endpoint = await deadEndpoint(pull);
      const child = new Child(t, program, endpoint);
      await child.says('stdout', /sent/);
      await child.says('stderr', WARNING);
      t.match(child.stderr, / Set 'context\.blocky = false' to change this behaviour\.\n$/);
      t.equal(child.running, true);
      await pull.bind(endpoint);
      t.strictSame(texts(await pull.receive()), ['late']);
      t.equal(await child.ended(), 0);
    });
  }

  for (const [title, program] of [
    ['linger 0', send.replace('OPTIONS', '{ linger: 0 }')],
    ['linger 100', send.replace('OPTIONS', '{ linger: 100 }')],
    ['blocky false', send.replace('OPTIONS', '{ context: new zmq.Context({ blocky: false }) }')],
    ['process.exit()', `${send.replace('OPTIONS', '{}')} process.exit();`],
    ['close with linger 0', `${send.replace('OPTIONS', '{ linger: 0 }')} push.close();`],
  ] as const) {
    t.test(`are given up with ${title}`, async (t) => {
      const endpoint = await deadEndpoint(own(t, new zmq.Pull()));
      const child = new Child(t, program, endpoint);
      t.equal(await child.ended(), 0);
      t.strictSame([child.stdout, child.stderr], ['sent\n', '']);
    });
  }

  t.test('nothing is said where the program waits for them', async (t) => {
    for (const close of ['push[Symbol.asyncDispose]()', 'zmq.context.close()']) {
      const endpoint = await deadEndpoint(own(t, new zmq.Pull()));
      const child = new Child(
        t,
        `${send.replace('OPTIONS', '{ linger: 1000 }')} await ${close}; console.log('over');`,
        endpoint,
      );
      t.equal(await child.ended(), 0);
      t.strictSame([child.stdout, child.stderr], ['sent\nover\n', '']);
    }
  });

  for (const close of ['', 'push.close();']) {
    t.test(`for a socket of the same process${close && ', from a closed one'}`, async (t) => {
      const child = new Child(
        t,
        `const [pull, push] = [new zmq.Pull(), new zmq.Push()];
         await pull.bind('tcp://127.0.0.1:*');
         push.connect(pull.lastEndpoint);
         await push.send('x');
         ${close}
         process.on('exit', () => console.log(push.stats().sent.messages));`,
      );
      t.equal(await child.ended(), 0);
      t.strictSame([child.stdout, child.stderr], ['1\n', '']);
    });
  }

  t.test('on their way are not lost at the end', async (t) => {
    const pull = own(t, new zmq.Pull());
    await pull.bind('tcp://127.0.0.1:*');
    const child = new Child(
      t,
      `const push = new zmq.Push();
       push.connect(endpoint);
       for (let n = 0; n < 50; n++) await push.send(Buffer.alloc(200_000, n));
       await push.whenWritable();`,
      pull.lastEndpoint!,
    );
    for (let n = 0; n < 50; n++) {
      const [part] = await pull.receive();
      t.ok(part!.length === 200_000 && part![0] === n && part!.at(-1) === n);
    }
    t.equal(await child.ended(), 0);
  });
});

t.test('E4: what was sent to a peer that is there goes to the kernel', async (t) => {
  const keys = zmq.curveKeyPair();
  const curve = `{ curveServerKey: '${keys.publicKey}', curvePublicKey: '${keys.publicKey}', curveSecretKey: '${keys.secretKey}' }`;
  const secured = () => new zmq.Pull({ curveServer: true, curveSecretKey: keys.secretKey });
  const subscriber = (): zmq.Subscriber => {
    const sub = new zmq.Subscriber();
    sub.subscribe('');
    return sub;
  };
  const kinds = [
    ['new zmq.Push()', 'handshake', () => new zmq.Pull()],
    ['new zmq.Push({ linger: 0 })', 'handshake', () => new zmq.Pull()],
    ['new zmq.Push({ linger: 1000 })', 'handshake', () => new zmq.Pull()],
    [`new zmq.Push(${curve})`, 'handshake', secured],
    ['new zmq.Dealer()', 'handshake', () => new zmq.Dealer()],
    ['new zmq.Pair()', 'handshake', () => new zmq.Pair()],
    ['new zmq.Publisher()', 'subscription', subscriber],
  ] as const;
  const many = `for (let n = 0; n < 50; n++) await socket.send('message ' + n);`;
  const ends = [
    ['process.exit()', `${many} process.exit(0);`],
    ['process.exit() after close()', `${many} socket.close(); process.exit(0);`],
    ['an error that nobody catches', `${many} throw new Error('intended');`],
    [
      'sends in a listener of exit',
      `process.on('exit', () => { for (let n = 0; n < 50; n++) void socket.send('message ' + n); });
       process.exit(0);`,
    ],
  ] as const;
  for (const address of ['tcp://127.0.0.1:*', 'ipc://*', 'ws://127.0.0.1:*'] as const) {
    for (const [title, end] of ends) {
      t.test(`at ${title} over ${address.split(':')[0]}`, async (t) => {
        const check = async ([make, event, peer]: (typeof kinds)[number]) => {
          const receiver = own(t, peer());
          await receiver.bind(address);
          receiver.receiveTimeout = PATIENCE;
          const program = `const socket = ${make}; socket.connect(endpoint);
            await socket.waitFor('${event}'); ${end}`;
          // How long a process takes to begin is not what the time of `receive` is for.
          await new Child(t, program, receiver.lastEndpoint!).ended();
          for (let n = 0; n < 50; n++) {
            t.strictSame(texts(await receiver.receive()), [`message ${n}`], make);
          }
        };
        await Promise.all(kinds.slice(0, 3).map(check));
        await Promise.all(kinds.slice(3).map(check));
      });
    }
  }

  t.test('at process.exit() in a thread', async (t) => {
    const pull = own(t, new zmq.Pull({ receiveTimeout: PATIENCE }));
    await pull.bind('tcp://127.0.0.1:*');
    const program = `import * as zmq from '${DOOR}'; const socket = new zmq.Push();
      socket.connect('${pull.lastEndpoint}'); await socket.waitFor('handshake'); ${many} process.exit(0);`;
    await once(new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`)), 'exit');
    for (let n = 0; n < 50; n++) t.strictSame(texts(await pull.receive()), [`message ${n}`]);
  });
});

t.test(
  'E4: at process.exit() more than the kernel holds is delivered within the linger',
  async (t) => {
    const keys = zmq.curveKeyPair();
    const curve = `curveServerKey: '${keys.publicKey}', curvePublicKey: '${keys.publicKey}', curveSecretKey: '${keys.secretKey}'`;
    const options = { receiveHighWaterMark: 3, receiveTimeout: PATIENCE };
    const subscriber = (): zmq.Subscriber => {
      const sub = new zmq.Subscriber(options);
      sub.subscribe('');
      return sub;
    };
    const kinds = [
      ['new zmq.Push({ OPTIONS })', 'handshake', () => new zmq.Pull(options)],
      ['new zmq.Push({ OPTIONS, linger: 20_000 })', 'handshake', () => new zmq.Pull(options)],
      [
        `new zmq.Push({ OPTIONS, ${curve} })`,
        'handshake',
        () => new zmq.Pull({ ...options, curveServer: true, curveSecretKey: keys.secretKey }),
      ],
      ['new zmq.Dealer({ OPTIONS })', 'handshake', () => new zmq.Dealer(options)],
      ['new zmq.Pair({ OPTIONS })', 'handshake', () => new zmq.Pair(options)],
      ['new zmq.Publisher({ OPTIONS })', 'subscription', subscriber],
    ] as const;
    const count = 120;
    const size = (n: number): number => (n % 3 === 0 ? 50 : 300_000 + n);
    const many = `for (let n = 0; n < ${count}; n++) {
      await socket.send([String(n), Buffer.alloc(n % 3 === 0 ? 50 : 300_000 + n, n)]);
    }`;
    const ends = [
      `${many} process.exit(0);`,
      `${many} socket.close(); process.exit(0);`,
      `${many} setImmediate(() => { throw new Error('intended'); });`,
      `${many} process.on('exit', () => { void socket.send(['late', 'one']); }); process.exit(0);`,
    ];
    for (const address of ['tcp://127.0.0.1:*', 'ipc://*'] as const) {
      for (const [i, end] of ends.entries()) {
        t.test(`${end.slice(many.length + 1)} over ${address.slice(0, 3)}`, async (t) => {
          // Each end with all kinds would take long: the first one has them all, the others the first.
          for (const [make, event, peer] of i === 0 ? kinds : kinds.slice(0, 1)) {
            const receiver = own(t, peer());
            await receiver.bind(address);
            const socket = make.replace('OPTIONS', 'sendHighWaterMark: 0');
            const program = `const socket = ${socket}; socket.connect(endpoint);
            await socket.waitFor('${event}'); console.log('ready'); ${end}`;
            const child = new Child(t, program, receiver.lastEndpoint!);
            await child.says('stdout', /ready/);
            let whole = 0;
            for (let n = 0; n < count; n++) {
              const [number, body] = await receiver.receive();
              if (String(number) !== String(n) || body!.length !== size(n)) break;
              if (body!.equals(Buffer.alloc(size(n), n))) whole++;
            }
            t.equal(whole, count, `${make}: all, whole and in order`);
            if (end.includes('late'))
              t.strictSame(texts(await receiver.receive()), ['late', 'one']);
            await child.ended();
          }
        });
      }
    }

    t.test('in a thread', async (t) => {
      const pull = own(t, new zmq.Pull(options));
      await pull.bind('tcp://127.0.0.1:*');
      const program = `import * as zmq from '${DOOR}'; const socket = new zmq.Push({ sendHighWaterMark: 0 });
      socket.connect('${pull.lastEndpoint}'); await socket.waitFor('handshake'); ${ends[0]}`;
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
      for (let n = 0; n < count; n++) {
        const [number, body] = await pull.receive();
        if (String(number) !== String(n) || body!.length !== size(n)) t.fail(`${n} is not whole`);
      }
      await worker.terminate();
    });

    t.test(
      'a peer that does not read holds it up for a second at most, and for linger',
      async (t) => {
        for (const [linger, least, most] of [
          [-1, 900, 8000],
          [60_000, 900, 8000],
          [300, 250, 900],
          [0, 0, 250],
        ] as const) {
          const server = await listenRaw(t);
          const child = new Child(
            t,
            `const push = new zmq.Push({ sendHighWaterMark: 0, linger: ${linger} });
         push.connect(endpoint);
         await push.waitFor('handshake');
         for (let n = 0; n < 60; n++) await push.send(Buffer.alloc(500_000));
         let before;
         process.prependListener('exit', () => { before = performance.now(); });
         process.on('exit', () => console.log(Math.round(performance.now() - before)));
         process.exit(0);`,
            server.endpoint,
          );
          const peer = await server.peer(0);
          await peer.shakeHands('PULL');
          peer.stream.pause();
          t.equal(await child.ended(), 0);
          const took = Number(child.stdout);
          t.ok(took >= least && took <= most, `linger ${linger}: ${took} ms`);
          peer.destroy();
        }
      },
    );

    t.test('a handshake that is under way goes on', async (t) => {
      const server = await listenRaw(t);
      const child = new Child(
        t,
        `const push = new zmq.Push();
       const connected = new Promise((resolve) => push.events.on('connect', resolve));
       push.connect(endpoint);
       await push.send('waits');
       await connected;
       console.log('exits');
       process.exit(0);`,
        server.endpoint,
      );
      const peer = await server.peer(0);
      await child.says('stdout', /exits/);
      peer.write(greeting());
      await peer.sees(Buffer.from('\x05READY'));
      peer.write(ready('PULL'));
      await peer.sees(message('waits'));
      t.equal(await child.ended(), 0);
    });

    t.test(
      'what a peer has sent and nobody reads does not take away what goes to it',
      async (t) => {
        const server = await listenRaw(t);
        const child = new Child(
          t,
          `const dealer = new zmq.Dealer({ sendHighWaterMark: 0, receiveHighWaterMark: 1 });
       dealer.connect(endpoint);
       await dealer.waitFor('handshake');
       process.stdin.once('data', () => {
         for (let n = 0; n < 20; n++) dealer.trySend(Buffer.alloc(100_000, n));
         process.exit(0);
       });
       console.log('ready');`,
          server.endpoint,
        );
        const peer = await server.peer(0);
        await peer.shakeHands('DEALER');
        await child.says('stdout', /ready/);
        peer.stream.pause();
        for (let n = 0; n < 10; n++) peer.write(message(Buffer.alloc(100_000)));
        child.say('go');
        t.equal(await child.ended(), 0);
        peer.stream.resume();
        await peer.closed;
        t.ok(peer.receivedCount > 2_000_000, `${peer.receivedCount} octets`);
      },
    );
  },
);

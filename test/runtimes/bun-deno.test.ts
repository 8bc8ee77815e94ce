/** Bun and Deno: what they lack and Node has. Needs `dist`, and the binaries: `BUN` and `DENO`, or on the PATH. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Pull } from '../../src/index.ts';

const DOOR = JSON.stringify(join(import.meta.dirname, '../../dist/index.js'));

const RUNTIMES = [
  { name: 'bun', program: process.env['BUN'] ?? 'bun', all: [], narrow: undefined },
  {
    name: 'deno',
    program: process.env['DENO'] ?? 'deno',
    all: ['run', '-A'],
    narrow: ['run', '--no-prompt', '--allow-net'],
  },
] as const;

for (const { name, program, all, narrow } of RUNTIMES) {
  const found = spawnSync(program, ['--version']).status === 0;
  const run = (t: Test, flags: readonly string[], text: string): string => {
    const file = join(t.testdir({ 'program.mjs': text }), 'program.mjs');
    const { stdout, stderr } = spawnSync(program, [...flags, file], { timeout: 60_000 });
    return `${stdout}${stderr}`;
  };

  t.test(name, { skip: found ? false : `no ${name} here` }, async (t) => {
    for (const where of ['thread', 'process']) {
      const said = run(
        t,
        all,
        `import { Queue } from ${DOOR};
        const side = { bind: 'tcp://127.0.0.1:*' };
        const queue = new Queue({ in: side, out: side, where: '${where}' });
        await queue.start(); await queue.stop(); await queue.join(); console.log('ended');`,
      );
      t.equal(said.trim(), 'ended', `a device in a ${where} starts and stops`);
    }
    const ends = ['', 'push.close();'];
    const ways = ['tcp://127.0.0.1:*', 'inproc://a'].flatMap((at) => ends.map((end) => [at, end]));
    for (const [at, end] of ways) {
      const said = run(
        t,
        all,
        `import { isMainThread, Worker, workerData } from 'node:worker_threads';
        import { Pull, Push } from ${DOOR};
        if (isMainThread) {
          const pull = new Pull();
          await pull.bind('${at}');
          const worker = new Worker(new URL(import.meta.url), { workerData: pull.lastEndpoint });
          const ended = new Promise((resolve) => worker.on('exit', resolve));
          let count = 0;
          while (count < 1000) count += (await pull.receiveMany({ timeout: 20_000 })).length;
          await ended;
          console.log(count);
          pull.close();
        } else {
          const push = new Push();
          push.connect(workerData);
          for (let i = 0; i < 1000; i++) await push.send(String(i));
          ${end}
        }`,
      );
      t.equal(
        said.trim(),
        '1000',
        `a worker that sends over ${at} and ends loses nothing, ${end || 'open'}`,
      );
    }
    for (let n = 0; n < 6; n++) {
      const pull = new Pull({ receiveTimeout: 30_000 });
      await pull.bind(n % 2 === 0 ? 'tcp://127.0.0.1:*' : 'ipc://*');
      const text = `import { Push } from ${DOOR};
        const push = new Push();
        push.connect('${pull.lastEndpoint}');
        for (let n = 0; n < 100; n++) await push.send(String(n));
        ${n > 3 ? 'push.close();' : ''}`;
      const file = join(t.testdir({ 'program.mjs': text }), 'program.mjs');
      const child = spawn(program, [...all, file], { stdio: 'ignore' });
      const ended = once(child, 'exit');
      for (let n = 0; n < 100; n++) {
        if (String(await pull.receive()) !== String(n)) t.fail(`message ${n}`);
      }
      t.equal((await ended)[0], 0, 'a process that sends and ends loses nothing');
      pull.close();
    }
    t.equal(
      run(
        t,
        all,
        `import { Push } from ${DOOR};
        const push = new Push({ linger: 200 });
        push.connect('tcp://127.0.0.1:1');
        await push.send('for nobody');`,
      ),
      '',
      'a process that sends to nobody ends after its linger',
    );
    t.equal(
      run(
        t,
        all,
        `import { Pull } from ${DOOR};
        const pull = new Pull();
        await pull.bind('tcp://192.0.2.1:5555').catch(({ code }) => console.log(code));
        pull.close();`,
      ).trim(),
      'EADDRNOTAVAIL',
      'an address of no interface',
    );
    const taken = [
      "tcp://127.0.0.1:' + new URL(pull.lastEndpoint).port + '",
      'tcp://192.0.2.1:5555',
      'ipc:///nowhere/socket',
    ];
    for (const how of ['bind', 'bindSync']) {
      const tries = taken.map(
        (at) => `try { await pull.${how}('${at}'); } catch ({ code }) { console.log(code); }`,
      );
      const text = `import { Pull } from ${DOOR};
        const pull = new Pull();
        await pull.${how}('tcp://127.0.0.1:*');
        ${tries.join('\n')}
        pull.close();`;
      const codes = run(t, all, text).trim().split('\n');
      t.strictSame(codes, ['EADDRINUSE', 'EADDRNOTAVAIL', 'ENOENT'], `${how} says why not`);
    }
    if (narrow === undefined) return;
    const said = run(
      t,
      narrow,
      `import { Pull, Push, curveKeyPair } from ${DOOR};
      const { publicKey, secretKey } = curveKeyPair();
      const own = { curvePublicKey: publicKey, curveSecretKey: secretKey };
      const pull = new Pull({ ...own, curveServer: true });
      await pull.bind('tcp://localhost:*');
      const port = pull.lastEndpoint.split(':').at(-1);
      for (const way of ['', '127.0.0.1:0;']) {
        const push = new Push({ ...own, curveServerKey: publicKey });
        push.connect('tcp://' + way + 'localhost:' + port);
        await push.send('sealed');
        console.log(String(await pull.receive()));
        push.close();
      }
      pull.close();`,
    );
    t.equal(said.trim(), 'sealed\nsealed', 'tcp and CURVE need no permission but for the network');
  });
}

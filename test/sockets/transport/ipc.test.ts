/** ipc endpoints (zmq_ipc). */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { Pull, Push } from '../../../src/index.ts';
import { LibzmqPeer } from '../../support/libzmq-peer.ts';
import { eventually, texts, use, watch } from '../../support/sockets.ts';

const linux = process.platform === 'linux';

function folder(t: { teardown(fn: () => unknown): void }): string {
  const made = mkdtempSync(join(tmpdir(), 'ipc-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function carries(t: Test, pull: Pull, endpoint: string) {
  const push = use(t, new Push());
  push.connect(endpoint);
  await push.send(['over', endpoint]);
  t.strictSame(texts(await pull.receive()), ['over', endpoint]);
  push.close();
}

for (const how of ['bind', 'bindSync'] as const) {
  t.test(`${how}: a path`, async (t) => {
    const path = join(folder(t), 'with space');
    const [pull, log] = watch(t, new Pull());
    await pull[how](`ipc://${path}`);
    t.equal(pull.lastEndpoint, `ipc://${path}`);
    t.strictSame(await log.next('bind'), { type: 'bind', address: `ipc://${path}` });
    t.ok(lstatSync(path).isSocket());
    await carries(t, pull, `ipc://${path}`);
    await pull.unbind(`ipc://${path}`);
    await pull[how](`ipc://${path}`);
    await carries(t, pull, `ipc://${path}`);
  });

  t.test(`${how}: a wildcard makes up a path, and takes it away again`, async (t) => {
    const pull = use(t, new Pull());
    await pull[how]('ipc://*');
    const endpoint = pull.lastEndpoint!;
    t.match(endpoint, /^ipc:\/\/\/.+/);
    await carries(t, pull, endpoint);
    const directory = dirname(endpoint.slice('ipc://'.length));
    await pull.unbind(endpoint);
    await eventually('the directory is gone', () => !existsSync(directory));
  });

  t.test(`${how}: where it cannot be`, async (t) => {
    const [pull, log] = watch(t, new Pull());
    const missing = `ipc://${join(folder(t), 'missing', 's')}`;
    const long = `ipc:///tmp/${'x'.repeat(108)}`;
    for (const [address, code] of [
      [missing, 'ENOENT'],
      [long, 'ENAMETOOLONG'],
    ] as const) {
      if (how === 'bind') await t.rejects(pull.bind(address), { code, address });
      else t.throws(() => pull.bindSync(address), { code, address });
    }
    t.match(await log.next('bind:error'), { address: missing, error: { code: 'ENOENT' } });
    t.throws(() => use(t, new Push()).connect(long), { code: 'ENAMETOOLONG', address: long });
    const longest = `ipc://${join(folder(t), 'x').padEnd(107, 'x')}`;
    await pull[how](longest);
    await carries(t, pull, longest);
  });

  t.test(`${how}: the file of a process that died is taken over`, async (t) => {
    const path = join(folder(t), 's');
    const child = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`,
    ]);
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    t.ok(existsSync(path), 'left behind');
    const pull = use(t, new Pull());
    await pull[how](`ipc://${path}`);
    await carries(t, pull, `ipc://${path}`);
  });
}

t.test('a path in use is refused, and goes on being used', async (t) => {
  const address = `ipc://${join(folder(t), 's')}`;
  const [first, log] = watch(t, new Pull());
  await first.bind(address);
  const second = use(t, new Pull());
  await t.rejects(second.bind(address), { code: 'EADDRINUSE', address });
  await carries(t, first, address);
  t.ok(log.count('handshake') >= 1);
});

t.test('another kind of file is not removed', async (t) => {
  const path = join(folder(t), 'precious');
  writeFileSync(path, 'data');
  const pull = use(t, new Pull());
  await t.rejects(pull.bind(`ipc://${path}`), { code: 'EADDRINUSE' });
  t.throws(() => pull.bindSync(`ipc://${path}`), { code: 'EADDRINUSE' });
  t.equal(readFileSync(path, 'utf8'), 'data');
});

t.test('a listener with a full backlog is alive', { skip: !linux }, async (t) => {
  const path = join(folder(t), 's');
  const child = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => {
      console.log('up');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    })`,
  ]);
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  // Until one is refused, for lack of room.
  let full = false;
  while (!full) {
    const stream = net.connect(path);
    t.teardown(() => stream.destroy());
    full = await new Promise((resolve) => {
      stream.once('connect', () => resolve(false)).once('error', () => resolve(true));
    });
  }
  const pull = use(t, new Pull());
  await t.rejects(pull.bind(`ipc://${path}`), { code: 'EADDRINUSE' });
  t.ok(existsSync(path));
});

t.test('connecting before the path is there', async (t) => {
  const address = `ipc://${join(folder(t), 's')}`;
  const [push, log] = watch(t, new Push({ reconnectInterval: 5 }));
  push.connect(address);
  await push.send('early');
  await log.next('connect:retry');
  const pull = use(t, new Pull());
  await pull.bind(address);
  t.strictSame(texts(await pull.receive()), ['early']);
});

t.test(
  'abstract names of Linux can be bound, connected to and unbound',
  { skip: linux ? false : 'only Linux has them' },
  async (t) => {
    const address = `ipc://@zeromq-pure-${process.pid}`;
    const pull = use(t, new Pull());
    await pull.bind(address);
    t.equal(pull.lastEndpoint, address);
    await carries(t, pull, address);
    await t.rejects(use(t, new Pull()).bind(address), { code: 'EADDRINUSE', address });
    await pull.unbind(address);
    pull.bindSync(address);
    t.equal(pull.lastEndpoint, address);
    await carries(t, pull, address);
  },
);

const exact = linux && Number(process.versions.node.split('.')[0]) >= 22;
const why = 'Node before 22 pads abstract names with zeros';
t.test('abstract names are those of libzmq', { skip: exact ? false : why }, async (t) => {
  const address = `ipc://@zeromq-pure-libzmq-${process.pid}`;
  const peer = await LibzmqPeer.spawn(t, { implementation: 'zeromq' });
  const theirs = await peer.open('PULL');
  await theirs.bind(address);
  const push = use(t, new Push());
  push.connect(address);
  await push.send('hello');
  t.strictSame(await theirs.receive(), [Buffer.from('hello')]);
});

for (const end of ['close', 'unbind', 'unbindSync'] as const) {
  t.test(`${end} of who had a path before leaves the file of who has it today`, async (t) => {
    const path = join(folder(t), 's');
    const former = use(t, new Pull());
    const today = use(t, new Pull());
    await former.bind(`ipc://${path}`);
    today.bindSync(`ipc://${path}`);
    if (end === 'close') await former[Symbol.asyncDispose]();
    else await former[end](`ipc://${path}`);
    await new Promise(setImmediate);
    t.strictSame(readdirSync(dirname(path)), ['s'], 'and nothing beside it');
    await carries(t, today, `ipc://${path}`);
    today.close();
    await eventually('its own file is removed', () => !existsSync(path));
  });
}

t.test('who had a path before leaves the file of libzmq', async (t) => {
  const path = join(folder(t), 's');
  const former = use(t, new Pull());
  await former.bind(`ipc://${path}`);
  const peer = await LibzmqPeer.spawn(t, { implementation: 'zeromq' });
  const today = await peer.open('PULL');
  await today.bind(`ipc://${path}`);
  await former[Symbol.asyncDispose]();
  t.ok(lstatSync(path).isSocket());
});

t.test('a file that is no socket any more is left alone', async (t) => {
  const path = join(folder(t), 's');
  const pull = use(t, new Pull());
  await pull.bind(`ipc://${path}`);
  rmSync(path);
  writeFileSync(path, 'mine');
  await pull[Symbol.asyncDispose]();
  t.equal(readFileSync(path, 'utf8'), 'mine');
});

t.test('of two binds at once on the file of a process that died one succeeds', async (t) => {
  const directory = folder(t);
  const paths = Array.from({ length: 20 }, (_, n) => join(directory, `s${n}`));
  const child = spawn(process.execPath, [
    '-e',
    `const net = require('net'); let left = ${paths.length};
     for (const path of ${JSON.stringify(paths)})
       net.createServer().listen(path, () => { if (--left === 0) console.log('up'); });`,
  ]);
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  for (const path of paths) {
    const pulls = [use(t, new Pull()), use(t, new Pull())];
    const binds = await Promise.allSettled(pulls.map((pull) => pull.bind(`ipc://${path}`)));
    const bound = pulls.filter((_, n) => binds[n]!.status === 'fulfilled');
    t.equal(bound.length, 1);
    t.match(
      binds.find(({ status }) => status === 'rejected'),
      { reason: { code: 'EADDRINUSE' } },
    );
    await carries(t, bound[0]!, `ipc://${path}`);
  }
  t.equal(readdirSync(directory).length, paths.length, 'nothing beside them');
});

/** A descriptor that somebody else listens on (`useFd`), as a service manager passes it to the program that it starts. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Pull, Push } from '../../../src/index.ts';
import { own } from '../../support/local.ts';

const DOOR = new URL('../../../dist/index.js', import.meta.url).href;

/** Binds `address`, says where, gives one message out, and says whether the descriptor is still open after unbind. */
const BIND = (how: string, address: string, fd: number) => `
  import { fstatSync } from 'node:fs';
  import { Pull } from '${DOOR}';
  const pull = new Pull({ useFd: ${fd} });
  await pull.${how}('${address}');
  console.log(pull.lastEndpoint);
  console.log(String((await pull.receive())[0]));
  await pull.unbind(pull.lastEndpoint);
  try { fstatSync(${fd}); console.log('open'); } catch (error) { console.log(error.code); }
  pull.close();
`;

/** Runs `program`, which has the descriptor of `server` as its number 3 and is then the only one that listens on it. */
async function pass(t: Test, server: net.Server, program: string): Promise<string> {
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  const args = ['--input-type=module', '--eval', program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', fd] });
  t.teardown(() => child.kill());
  server.close();
  await once(server, 'close');
  let said = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return once(child, 'close').then(() => said);
}

async function listening(where: net.ListenOptions): Promise<net.Server> {
  const server = net.createServer();
  server.listen(where);
  await once(server, 'listening');
  return server;
}

for (const how of ['bind', 'bindSync']) {
  for (const [scheme, path] of [
    ['tcp', ''],
    ['ws', '/way'],
  ] as const) {
    t.test(
      `${how} takes a descriptor for ${scheme}, tells its address and closes it`,
      async (t) => {
        const server = await listening({ host: '127.0.0.1', port: 0 });
        const endpoint = `${scheme}://127.0.0.1:${(server.address() as net.AddressInfo).port}${path}`;
        const saying = pass(t, server, BIND(how, `${scheme}://127.0.0.1:*${path}`, 3));
        const push = own(t, new Push());
        push.connect(endpoint);
        await push.send('passed on');
        t.equal(await saying, `${endpoint}\npassed on\nEBADF\n`);
      },
    );
  }

  t.test(`${how} takes a descriptor for ipc, and leaves its file`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'use-fd-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const [made, path] = [join(folder, 'made'), join(folder, 'socket')];
    const server = await listening({ path: made });
    // Node removes the file that it made.
    renameSync(made, path);
    const saying = pass(t, server, BIND(how, `ipc://${path}`, 3));
    const push = own(t, new Push());
    push.connect(`ipc://${path}`);
    await push.send('passed on');
    t.equal(await saying, `ipc://${path}\npassed on\nEBADF\n`);
    t.ok(existsSync(path), 'the file is there');
  });

  t.test(`${how} refuses what is no listening socket, and what is in use here`, async (t) => {
    const file = openSync(import.meta.filename, 'r');
    t.teardown(() => closeSync(file));
    const server = await listening({ host: '127.0.0.1', port: 0 });
    t.teardown(() => server.close());
    const { fd: used } = (server as unknown as { _handle: { fd: number } })._handle;
    for (const [useFd, address] of [
      [file, 'tcp://127.0.0.1:*'],
      [file, 'ipc:///tmp/nothing'],
      [used, 'tcp://127.0.0.1:*'],
    ] as const) {
      const pull = own(t, new Pull({ useFd }));
      const message = `Invalid argument: useFd is ${useFd}, expected a listening socket that is not in use here: ${address}`;
      const wanted = { code: 'EINVAL', address, message };
      if (how === 'bind') await t.rejects(pull.bind(address), wanted);
      else t.throws(() => pull.bindSync(address), wanted);
    }
  });
}

t.test('in a worker of node:cluster, the number is that of the worker', async (t) => {
  const server = await listening({ host: '127.0.0.1', port: 0 });
  const endpoint = `tcp://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  const program = `
    import cluster from 'node:cluster';
    const args = ['--input-type=module', '--eval', ${JSON.stringify(BIND('bind', 'tcp://127.0.0.1:*', 4))}];
    cluster.setupPrimary({ exec: '', execArgv: args, stdio: ['ignore', 'inherit', 'inherit', 'ipc', 3] });
    cluster.fork().on('message', () => {}).on('exit', () => process.exit());
  `;
  const saying = pass(t, server, program);
  const push = own(t, new Push());
  push.connect(endpoint);
  await push.send('passed on');
  t.equal(await saying, `${endpoint}\npassed on\nEBADF\n`);
});

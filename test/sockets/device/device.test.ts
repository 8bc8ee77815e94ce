/** A Device in this thread, in another, and in a process of its own. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import type * as Module from '../../../src/sockets/device/device.ts';
import type * as Index from '../../../src/sockets/index.ts';
import { Pull, Push, Reply, Request, Router } from '../../../src/sockets/index.ts';
import { faultless, fill, sendNumbered, use, verify } from '../../support/interop.ts';
import { PATIENCE } from '../../support/patience.ts';
import { startDevice } from '../../support/sockets/device.ts';

/** As built: hosts then start as fast as they do for a user, without the loaders of the runner. */
const DIST = pathToFileURL(`${import.meta.dirname}/../../../dist/sockets/device/device.js`).href;
const INDEX = new URL('../index.js', DIST).href;
const { Device } = (await import(DIST)) as typeof Module;
process.execArgv = [];
Reflect.deleteProperty(process.env, 'NODE_OPTIONS');

const BIND = 'tcp://127.0.0.1:*';

for (const where of ['inline', 'thread', 'process'] as const) {
  t.test(where, async (t) => {
    t.test('messages pass, statistics tell how many, and stop frees the ports', async (t) => {
      const plan = new Device({ in: 'pull', out: 'push', where }).bindIn(BIND).bindOut(BIND);
      const { device, front, back } = await startDevice(t, plan);
      const [push, pull] = [use(t, new Push()), use(t, new Pull())];
      push.connect(front);
      pull.connect(back);
      const received = verify(pull, 20_000);
      await sendNumbered(push, 20_000);
      t.strictSame(await received, faultless('ours', 20_000));
      t.equal((await device.statistics()).back.sent.messages, 20_000);
      await device.pause();
      await push.send('waits');
      await t.rejects(pull.receive({ timeout: 50 }), { code: 'EAGAIN' });
      await device.resume();
      t.equal(String(await pull.receive()), 'waits');
      await device.stop();
      await device.stop();
      await device.join();
      const again = use(t, new Pull());
      await again.bind(front);
    });

    t.test('a blocked side stops the other', async (t) => {
      const plan = new Device({ in: 'pull', out: 'push', where }).bindIn(BIND).bindOut(BIND);
      plan.optionsIn({ receiveHighWaterMark: 10 }).optionsOut({ sendHighWaterMark: 10 });
      const { front, back } = await startDevice(t, plan);
      const push = use(t, new Push({ sendHighWaterMark: 10 }));
      push.connect(front);
      const accepted = await fill(push, { size: 65_536 });
      t.ok(accepted < 1_000, `${accepted} were accepted`);
      const pull = use(t, new Pull());
      pull.connect(back);
      t.strictSame(await verify(pull, accepted), faultless('ours', accepted));
    });

    t.test('options, routing ids among them, and connections', async (t) => {
      const [router, reply] = [use(t, new Router()), use(t, new Reply())];
      await router.bind(BIND);
      await reply.bind(BIND);
      const plan = new Device({ in: 'dealer', out: 'dealer', where });
      plan.connectIn(router.lastEndpoint!).connectOut(reply.lastEndpoint!);
      plan.optionsIn({ routingId: Buffer.from('device') });
      await startDevice(t, plan);
      await router.waitFor('handshake', { timeout: PATIENCE });
      await router.send(['device', '', 'question']);
      t.equal(String(await reply.receive()), 'question');
      await reply.send('answer');
      t.same((await router.receive()).map(String), ['device', '', 'answer']);
    });

    t.test(
      'what its sockets refuse, start rejects with; then it can be started again',
      async (t) => {
        const taken = use(t, new Pull());
        await taken.bind(BIND);
        const device = new Device({ in: 'pull', out: 'push', where }).bindOut(BIND);
        device.bindIn(taken.lastEndpoint!);
        await t.rejects(device.start(), { code: 'EADDRINUSE', address: taken.lastEndpoint });
        taken.close();
        await startDevice(t, device);
        await t.rejects(async () => device.start(), { code: 'EBUSY' });
        t.throws(() => device.bindIn(BIND), { code: 'EBUSY' });
      },
    );

    t.test('a control socket ends it', async (t) => {
      const control = { type: 'rep', bind: BIND } as const;
      const plan = new Device({ in: 'pull', out: 'push', where, control });
      const { device } = await startDevice(t, plan.bindIn(BIND).bindOut(BIND));
      const request = use(t, new Request());
      request.connect(device.endpoints.control[0]!);
      await request.send('STATISTICS');
      t.equal((await request.receive()).length, 8);
      const over = device.join();
      await request.send('TERMINATE');
      await request.receive();
      await over;
      await device.stop();
    });
  });
}

t.test('inproc, and contexts, stay in their thread', async (t) => {
  const { Context, Pull, Push } = (await import(INDEX)) as typeof Index;
  const context = new Context();
  t.throws(() => new Device({ in: 'pull', out: 'push', where: 'thread', context }), {
    code: 'EINVAL',
  });
  const device = new Device({ in: 'pull', out: 'push', where: 'process' }).bindIn('inproc://a');
  await t.rejects(device.start(), { code: 'EINVAL' });
  const inline = new Device({ in: 'pull', out: 'push', context }).bindIn('inproc://a');
  await startDevice(t, inline.bindOut('inproc://b'));
  const [push, pull] = [use(t, new Push({ context })), use(t, new Pull({ context }))];
  push.connect('inproc://a');
  pull.connect('inproc://b');
  await push.send('near');
  t.equal(String(await pull.receive()), 'near');
});

t.test('what has not been started has no endpoints', async (t) => {
  const device = new Device({ in: 'pull', out: 'push' });
  t.throws(() => device.endpoints, { code: 'EBADF' });
  await t.rejects(device.statistics(), { code: 'EBADF' });
  t.throws(() => device.bindMonitor(BIND), { code: 'EINVAL' });
  await device.stop();
});

for (const where of ['thread', 'process'] as const) {
  t.test(`a device in a ${where} ends with its parent`, async (t) => {
    const program = `
      const { Device } = await import(${JSON.stringify(DIST)});
      const device = new Device({ in: 'pull', out: 'push', where: '${where}' });
      await device.bindIn('${BIND}').bindOut('${BIND}').start();
      console.log(device.endpoints.in[0]);
      process.stdin.resume();`;
    for (const end of ['by itself', 'by SIGKILL'] as const) {
      const args = ['--input-type=module', '--eval', program];
      const parent = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      const [endpoint] = await once(createInterface(parent.stdout), 'line');
      const push = use(t, new Push({ reconnectInterval: 10 }));
      push.connect(endpoint);
      await push.waitFor('handshake', { timeout: PATIENCE });
      const gone = push.waitFor('disconnect', { timeout: PATIENCE });
      const exited = once(parent, 'exit');
      if (end === 'by SIGKILL') parent.kill('SIGKILL');
      else parent.stdin.end();
      await t.resolves(Promise.all([exited, gone]), end);
    }
  });
}

for (const where of ['thread', 'process'] as const) {
  t.test(`a program that is its own host is refused, in a ${where}`, async (t) => {
    // What an executable of one file does, whatever program it is to start.
    const program = join(
      t.testdir({
        'own.mjs': `
          import { isMainThread } from 'node:worker_threads';
          const { Device } = await import(${JSON.stringify(DIST)});
          console.log('run');
          const host = new URL(import.meta.url);
          const device = new Device({ in: 'pull', out: 'push', where: '${where}', host });
          try { await device.start(); } catch ({ code, message }) { console.log(code, message); }
          // The host goes on, as a server would.
          if (isMainThread && process.send === undefined) process.exit();
          setInterval(() => {}, 1_000_000);`,
      }),
      'own.mjs',
    );
    const { stdout } = await promisify(execFile)(process.execPath, [program], {
      timeout: PATIENCE,
    });
    const lines = stdout.trim().split('\n');
    t.equal(lines.filter((line) => line === 'run').length, 2, 'it runs once more, not for ever');
    t.match(lines.at(-1), /^ENOTSUP .*expected as host a file that imports zeromq-pure/);
  });

  t.test(`a host that is none is an error of start, in a ${where}`, async (t) => {
    const folder = t.testdir({ 'empty.mjs': '', 'failing.mjs': 'throw new Error("by itself")' });
    const cases = [
      ['absent.mjs', /^no file .*absent\.mjs, expected as host one that imports/],
      ['empty.mjs', /empty\.mjs ended before it had answered, expected a file that imports/],
      ['failing.mjs', /failing\.mjs ended before it had answered \(.*\), expected/],
    ] as const;
    for (const [name, message] of cases) {
      const host = join(folder, name);
      const device = new Device({ in: 'pull', out: 'push', where, host });
      await t.rejects(device.start(), { code: 'ENOENT', message }, name);
    }
  });
}

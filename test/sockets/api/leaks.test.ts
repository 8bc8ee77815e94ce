/** Nothing stays behind: no listener, handle, socket or file. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import t from 'tap';
import * as zmq from '../../../src/index.ts';
import { freeEndpoint, own, TRANSPORTS, until } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

const rejections: unknown[] = [];
process.on('unhandledRejection', (reason) => rejections.push(reason));

/** Handles of the network that are open in this process. */
function handles(): number {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|Pipe|Server/.test(name) && !/PipeWrap/.test(name)).length;
}

function listeners(): number {
  return process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
}

t.test('10 000 connects and disconnects', async (t) => {
  const before = listeners();
  for (const endpoint of ['tcp://127.0.0.1:1', 'ipc:///nonexistent/socket', 'inproc://nobody']) {
    const push = own(t, new zmq.Push({ linger: 0, sendHighWaterMark: 2 }));
    for (let n = 0; n < 3_400; n++) {
      push.connect(endpoint);
      if (n % 10 === 0) await push.send('x');
      push.disconnect(endpoint);
    }
    t.match(push.stats(), { queued: { out: 0 }, peers: [], dropped: 340 }, endpoint);
    t.throws(() => push.disconnect(endpoint), { code: 'ENOENT' });
    push.close();
    await push[Symbol.asyncDispose]();
  }
  await until(() => handles() === 0);
  t.ok(listeners() <= before, 'no listener on the process');
});

for (const transport of TRANSPORTS) {
  t.test(`peers that come and go over ${transport}`, async (t) => {
    const rounds = transport === 'inproc' ? 3_000 : 300;
    const open = handles();
    const router = own(t, new zmq.Router());
    await router.bind(freeEndpoint(transport));
    const dealer = own(t, new zmq.Dealer());
    for (let n = 0; n < rounds; n++) {
      dealer.connect(router.lastEndpoint!);
      await dealer.send('x');
      await router.receive();
      dealer.disconnect(router.lastEndpoint!);
    }
    await until(() => router.stats().peers.length === 0);
    t.match(router.stats(), { received: { messages: rounds }, queued: { in: 0, out: 0 } });
    t.match(dealer.stats(), { sent: { messages: rounds }, queued: { in: 0, out: 0 } });
    const endpoint = router.lastEndpoint!;
    router.close();
    dealer.close();
    await router[Symbol.asyncDispose]();
    await dealer[Symbol.asyncDispose]();
    await until(() => handles() <= open);
    if (transport === 'ipc') await until(() => !existsSync(endpoint.slice('ipc://'.length)));
    t.ok(handles() <= open);
  });
}

t.test('sockets that come and go', async (t) => {
  const context = new zmq.Context({ maxSockets: 4 });
  for (let n = 0; n < 500; n++) {
    const pull = new zmq.Pull({ context });
    const push = new zmq.Push({ context });
    await pull.bind('inproc://again');
    push.connect('inproc://again');
    await push.send('x');
    await pull.receive();
    push.close();
    pull.close();
  }
  t.pass('within maxSockets, and under the same name');
  await context.close();
});

t.test('signals keep no listener of calls that are over', async (t) => {
  const controller = new AbortController();
  const { signal } = controller;
  let added = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    added++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    added--;
    removeEventListener.apply(signal, args);
  };
  const dealer = own(t, new zmq.Dealer());
  const peer = own(t, new zmq.Dealer());
  await dealer.bind('inproc://signals');
  const sending = dealer.send('x', { signal });
  const receiving = dealer.receive({ signal });
  const waiting = dealer.waitFor('handshake', { signal });
  t.equal(added, 3);
  peer.connect('inproc://signals');
  await peer.send('y');
  await Promise.all([sending, receiving, waiting]);
  t.equal(added, 0);
});

t.test('a process whose sockets are closed ends by itself', async (t) => {
  const program = `
    import { Pull, Push } from '${new URL('../../../dist/index.js', import.meta.url)}';
    for (const endpoint of ['tcp://127.0.0.1:*', 'ipc://*', 'inproc://x']) {
      const [pull, push] = [new Pull(), new Push()];
      await pull.bind(endpoint);
      push.connect(pull.lastEndpoint);
      void pull.events.on('accept', () => {});
      await push.send('x');
      await pull.receive();
      push.close();
      pull.close();
    }
    console.log('done', process.getActiveResourcesInfo().length < 10);`;
  const { NODE_OPTIONS: _, ...env } = process.env;
  const run = promisify(execFile);
  const args = ['--unhandled-rejections=strict', '--input-type=module', '-e', program];
  const { stdout, stderr } = await run('node', args, { env, timeout: PATIENCE });
  t.equal(stdout, 'done true\n');
  t.equal(stderr, '');
});

t.test('no rejection was left unhandled', async (t) => {
  t.strictSame(rejections, []);
});

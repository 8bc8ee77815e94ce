/** Sockets that nobody closed and nobody can reach any more: closed once they are garbage, and told of in the debug log. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { PATIENCE } from '../../support/patience.ts';

const PREAMBLE = `
import { Context, Dealer, Pull, Push, Router } from '${new URL('../../../dist/index.js', import.meta.url)}';
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
/** Collects garbage until \`done\`. */
async function collect(done) {
  for (let n = 0; n < 1000 && !done(); n++) {
    gc();
    await turn();
  }
}
/** Collects it for some turns. */
async function collectAll() {
  let rounds = 0;
  await collect(() => rounds++ === 10);
}
const router = new Router({ receiveTimeout: ${PATIENCE} });
await router.bind('tcp://127.0.0.1:*');
const endpoint = router.lastEndpoint;
const peers = () => router.stats().peers.length;
`;

/** What a program says, with garbage collection at hand and the debug log on stderr, where `debug` asks for it. */
async function run(
  program: string,
  debug = 'zeromq-pure',
): Promise<{ stdout: string; stderr: string }> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const source = `${PREAMBLE}${program}\nconsole.log('over'); process.exit();`;
  const args = ['--expose-gc', '--input-type=module', '-e', source];
  return promisify(execFile)('node', args, {
    env: { ...env, NODE_DEBUG: debug },
    timeout: PATIENCE,
  });
}

function reports(stderr: string, type: string): number {
  return stderr.split(`a ${type} was dropped without close()`).length - 1;
}

t.test('it is closed and reported once, and what it had accepted is delivered', async (t) => {
  const { stdout, stderr } = await run(`
    await (async () => {
      const dealer = new Dealer();
      dealer.connect(endpoint);
      await dealer.send('last words');
      await dealer.waitFor('handshake');
      const closed = new Dealer();
      closed.connect(endpoint);
      closed.close();
      const pull = new Pull();
      await pull.bind('tcp://127.0.0.1:*');
    })();
    await collect(() => peers() === 0 && router.readable);
    console.log(peers(), String((await router.receive())[1]));
    await collectAll();
  `);
  t.equal(stdout, '0 last words\nover\n');
  t.equal(reports(stderr, 'DEALER'), 1);
  t.equal(reports(stderr, 'PULL'), 1);
});

t.test('not while a call of it waits, or somebody listens', async (t) => {
  const { stdout, stderr } = await run(`
    const dealer = () => {
      const dealer = new Dealer();
      dealer.connect(endpoint);
      return dealer;
    };
    const receiving = (() => {
      const waiting = dealer();
      void waiting.send('ready');
      return waiting.receive();
    })();
    void (async () => {
      for await (const [body] of dealer()) console.log('loop', String(body));
    })();
    (() => dealer().events.on('disconnect', () => {}))();
    const [id] = await router.receive();
    await collectAll();
    console.log(peers());
    await router.send([id, 'answer']);
    console.log(String(await receiving));
    await collect(() => peers() === 2);
    console.log(peers());
  `);
  t.equal(stdout, '3\nanswer\n2\nover\n');
  t.equal(reports(stderr, 'DEALER'), 1);
});

t.test('a context has room for more of them than maxSockets', async (t) => {
  const { stdout, stderr } = await run(`
    const context = new Context({ maxSockets: 10 });
    for (let n = 0; n < 50; n++) {
      new Push({ context });
      if (n % 10 === 9) await collectAll();
    }
  `);
  t.equal(stdout, 'over\n');
  t.equal(reports(stderr, 'PUSH'), 50);
});

t.test('nothing is said where nobody asks', async (t) => {
  const { stdout, stderr } = await run('(() => { new Push(); })(); await collectAll();', '');
  t.equal(stdout, 'over\n');
  t.equal(stderr, '');
});

t.test('a closed socket lets go of its context with the first collection', async (t) => {
  const { stdout } = await run(`
    for (const address of ['tcp://127.0.0.1:1', 'ipc:///tmp/nobody', 'inproc://nobody']) {
      const reference = await (async () => {
        const context = new Context();
        const dealer = new Dealer({ context, linger: 0 });
        dealer.connect(address);
        await dealer.send('x');
        dealer.close();
        return new WeakRef(context);
      })();
      await gc({ type: 'major', execution: 'async' });
      console.log(reference.deref() === undefined);
    }
  `);
  t.equal(stdout, 'true\ntrue\ntrue\nover\n');
});

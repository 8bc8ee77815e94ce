/** The files of ipc endpoints when the process or thread that has bound them ends without closing anything. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { Pull, Push } from '../../../src/index.ts';
import { own, texts } from '../../support/local.ts';
import { PATIENCE } from '../../support/patience.ts';

const DOOR = new URL('../../../dist/index.js', import.meta.url).href;

/** How a program ends, as what it does when told to. */
const ENDS = {
  'process.exit()': 'process.exit(0)',
  'nothing left to do': 'listener.close?.() ?? listener.destroy()',
  'an error': `throw new Error('intended')`,
};

/** Binds `path` and a wildcard in another process or thread. `end` ends it, and resolves when it is over. */
interface Owner {
  readonly wildcard: string;
  end(): Promise<void>;
}

type Start = (t: Test, path: string, how: string, end: string | undefined) => Promise<Owner>;

function program(path: string, how: string): string {
  return `import * as zmq from '${DOOR}';
    const [pull, wild] = [new zmq.Pull(), new zmq.Pull()];
    await pull.${how}('ipc://${path}');
    await wild.${how}('ipc://*');`;
}

const inThread: Start = async (t, path, how, end) => {
  const code = `${program(path, how)}
    const { parentPort: listener } = await import('node:worker_threads');
    listener.once('message', () => { ${end} });
    listener.postMessage(wild.lastEndpoint);`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
  t.teardown(() => worker.terminate());
  worker.on('error', () => {});
  const [wildcard] = (await once(worker, 'message')) as [string];
  return {
    wildcard,
    async end() {
      if (end === undefined) {
        await worker.terminate();
        return;
      }
      worker.postMessage('end');
      await new Promise((resolve) => worker.once('exit', resolve));
    },
  };
};

const inProcess: Start = async (t, path, how, end) => {
  const code = `${program(path, how)}
    const listener = process.stdin;
    listener.once('data', () => { ${end} });
    console.log(wild.lastEndpoint);`;
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn('node', ['--input-type=module', '-e', code], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const [text] = await once(child.stdout, 'data');
  return {
    wildcard: String(text).trim(),
    async end() {
      const over = once(child, 'close');
      child.stdin.write('end');
      await over;
    },
  };
};

async function carries(t: Test, pull: Pull, path: string): Promise<void> {
  const push = own(t, new Push());
  push.connect(`ipc://${path}`);
  await push.send('over it');
  t.strictSame(texts(await pull.receive({ timeout: PATIENCE })), ['over it']);
}

for (const [where, start] of Object.entries({ thread: inThread, process: inProcess })) {
  for (const how of ['bind', 'bindSync'] as const) {
    const ends = Object.entries<string | undefined>(ENDS);
    if (where === 'thread') ends.push(['terminate()', undefined]);
    for (const [title, end] of ends) {
      t.test(`${how} in a ${where} that ends by ${title}`, async (t) => {
        const folder = mkdtempSync(join(tmpdir(), 'ipc-'));
        t.teardown(() => rmSync(folder, { recursive: true, force: true }));
        const path = join(folder, 'socket');

        const owner = await start(t, path, how, end);
        await owner.end();
        t.strictSame(readdirSync(folder), [], 'its file is gone');
        const wildcard = owner.wildcard.slice('ipc://'.length);
        t.notOk(existsSync(wildcard), 'that of the wildcard, too');
        // Nothing of ours runs in a thread that is terminated.
        if (end === undefined) rmSync(dirname(wildcard), { recursive: true });
        t.notOk(existsSync(dirname(wildcard)), 'and its directory');
        const again = own(t, new Pull());
        await again[how](`ipc://${path}`);
        await carries(t, again, path);
        await again.unbind(`ipc://${path}`);

        if (end === undefined) return;
        const former = await start(t, path, how, end);
        const today = own(t, new Pull());
        today.bindSync(`ipc://${path}`);
        await former.end();
        t.ok(existsSync(path), 'the file of who has the path today stays');
        await carries(t, today, path);
      });
    }
  }
}

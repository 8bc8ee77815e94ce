/** Endpoints that workers of node:cluster bind: each socket has its own, as a ZeroMQ endpoint names one socket. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Pull, Push } from '../../../src/index.ts';
import { own } from '../../support/local.ts';

const DOOR = new URL('../../../dist/index.js', import.meta.url).href;

/** Two workers that bind `endpoint`, one after the other; what each says: where it is bound, or an error code. */
async function outcomes(t: Parameters<typeof own>[0], how: string, endpoint: string) {
  const directory = mkdtempSync(join(tmpdir(), 'cluster-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'program.mjs');
  writeFileSync(
    file,
    `import cluster from 'node:cluster';
     import { Pull } from '${DOOR}';
     if (cluster.isPrimary) {
       const fork = (left) => {
         const worker = cluster.fork();
         worker.on('message', (text) => { console.log(text); if (left > 0) fork(left - 1); });
       };
       fork(1);
     } else {
       const pull = new Pull();
       try {
         await pull.${how}('${endpoint}');
         process.send(pull.lastEndpoint);
       } catch (error) {
         process.send(error.code);
       }
       for await (const [text] of pull) console.log(pull.lastEndpoint + ' ' + text);
     }`,
  );
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill());
  const lines: string[] = [];
  let rest = '';
  const said = async (count: number): Promise<string[]> => {
    while (lines.length < count) {
      const { value, done } = await chunks.next();
      if (done) throw new Error(`the workers ended, after: ${lines}`);
      const parts = (rest + value).split('\n');
      rest = parts.pop()!;
      lines.push(...parts);
    }
    return lines;
  };
  const chunks = child.stdout!.setEncoding('utf8')[Symbol.asyncIterator]();
  return { said };
}

for (const how of ['bind', 'bindSync'] as const) {
  t.test(`${how} of a wildcard gives each worker a port, and its own messages`, async (t) => {
    const { said } = await outcomes(t, how, 'tcp://127.0.0.1:*');
    const endpoints = [...(await said(2))];
    t.equal(new Set(endpoints).size, 2, endpoints.join());
    for (const endpoint of endpoints) {
      for (let n = 0; n < 3; n++) {
        const push = own(t, new Push());
        push.connect(endpoint);
        await push.send('for one');
      }
    }
    const heard = (await said(8)).slice(2).sort();
    const wanted = endpoints.flatMap((endpoint) => Array(3).fill(`${endpoint} for one`)).sort();
    t.strictSame(heard, wanted);
  });

  t.test(`${how} of a port that another worker has is refused`, async (t) => {
    const probe = own(t, new Pull());
    await probe.bind('tcp://127.0.0.1:*');
    const endpoint = probe.lastEndpoint!;
    await probe.unbind(endpoint);
    const { said } = await outcomes(t, how, endpoint);
    t.strictSame(await said(2), [endpoint, 'EADDRINUSE']);
  });
}

t.test('bind of an ipc path that another worker has is refused', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'cluster-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const endpoint = `ipc://${join(directory, 's')}`;
  const { said } = await outcomes(t, 'bind', endpoint);
  t.strictSame(await said(2), [endpoint, 'EADDRINUSE']);
  const push = own(t, new Push());
  push.connect(endpoint);
  await push.send('hello');
  t.strictSame((await said(3)).slice(2), [`${endpoint} hello`]);
});

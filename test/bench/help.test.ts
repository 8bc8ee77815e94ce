/** What the benchmarks say before anything is built. */

import { execFile } from 'node:child_process';
import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

t.test('--help and --list need no build', async (t) => {
  const checkout = t.testdir({});
  for (const folder of ['bench', 'test/support']) {
    await cp(join(root, folder), join(checkout, folder), { recursive: true });
  }
  await cp(join(root, 'package.json'), join(checkout, 'package.json'));
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'));
  const say = async (program: string, option: string): Promise<string> => {
    const line = ['--import=tsx', join(checkout, 'bench', program), option];
    return (await run(process.execPath, line, { cwd: checkout })).stdout;
  };
  t.match(await say('main.ts', '--help'), /--scenario NAME/);
  t.match(await say('main.ts', '--list'), /push-pull-tcp-16B .*\nzeromq-pure \d/s);
  t.match(await say('micro/main.ts', '--help'), /--time MS/);
  t.match(await say('layer/main.ts', '--list'), /hub-latency/);
  t.match(await say('regress.ts', '--help'), /BASE/);
  t.match(await say('regress.ts', '--list'), /push-pull-tcp-16B/);
});

/** The files for browsers as users get them: small, whole, and found by bundlers. */

import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import t from 'tap';
import { BROWSER_DOORS, browserFileName } from '../../scripts/doors.ts';

const ROOT = join(import.meta.dirname, '../..');
const files = Object.keys(BROWSER_DOORS).map((door) => `${browserFileName(door)}.mjs`);

const codeOf = (file: string): Promise<string> => readFile(join(ROOT, 'lib', file), 'utf8');

t.test('the file of the sockets has at most 35 KiB in gzip, and imports nothing', async (t) => {
  const code = await codeOf('browser.mjs');
  const size = gzipSync(code, { level: 9 }).length;
  t.comment(`${size} octets, ${code.length} before`);
  t.ok(size <= 35 * 1024);
  t.notMatch(code, /\bimport\b/);
});

t.test('none asks for what only Node has, and none runs text as a program', async (t) => {
  for (const file of files) {
    const code = await codeOf(file);
    t.notMatch(code, /["'`]node:/, file);
    t.notMatch(code, /\b(require|eval|Function)\(/, file);
    t.notMatch(code, /\b(Buffer|process|global|__dirname)\.\w/, file);
  }
});

t.test('a bundler for browsers takes them, and only them', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'zeromq-pure-page-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await symlink(ROOT, join(folder, 'zeromq-pure'), 'dir');
  const entry = join(folder, 'main.js');
  await writeFile(
    entry,
    `import { Request } from 'zeromq-pure';
    import { Client } from 'zeromq-pure/draft';
    import { DedicatedLayer } from 'zeromq-pure/layer';
    console.log(Request, Client, DedicatedLayer);`,
  );
  const bundle = await rolldown({
    input: entry,
    platform: 'browser',
    resolve: { modules: [folder] },
  });
  const { output } = await bundle.generate({ format: 'esm' });
  t.equal(output.length, 1);
  const taken = Object.keys(output[0].modules).map((id) => id.slice(id.lastIndexOf('/') + 1));
  t.same(taken.sort(), ['browser-draft.mjs', 'browser-layer.mjs', 'browser.mjs', 'main.js']);
  t.same(output[0].imports, []);
});

/** Bun and Deno: what they lack and Node has. Needs `dist`, and the binaries: `BUN` and `DENO`, or on the PATH. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t, { type Test } from 'tap';

const DOOR = JSON.stringify(join(import.meta.dirname, '../../dist/index.js'));

const RUNTIMES = [
  { name: 'bun', program: process.env['BUN'] ?? 'bun', all: [], narrow: undefined },
  {
    name: 'deno',
    program: process.env['DENO'] ?? 'deno',
    all: ['run', '-A'],
    narrow: ['run', '--no-prompt', '--allow-net', '--allow-read'],
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
    if (narrow === undefined) return;
    const said = run(
      t,
      narrow,
      `import { Pull, curveKeyPair } from ${DOOR};
      const { publicKey, secretKey } = curveKeyPair();
      const pull = new Pull({ curveServer: true, curvePublicKey: publicKey, curveSecretKey: secretKey });
      await pull.bind('tcp://127.0.0.1:*'); console.log('bound'); pull.close();`,
    );
    t.equal(said.trim(), 'bound', 'tcp and CURVE need no permission but for the network');
  });
}

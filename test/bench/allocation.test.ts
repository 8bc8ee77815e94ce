/** What a message takes from the heap: a count, which does not depend on how busy the machine is. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';

const program = join(import.meta.dirname, '../../bench/micro/allocation.ts');
const onNode20 = process.versions.node.startsWith('20.');

t.test(
  'no path takes more than its budget',
  {
    skip: !onNode20 && 'budgets are those of Node 20',
  },
  async (t) => {
    const line = [
      '--import=tsx',
      '--expose-gc',
      '--min-semi-space-size=128',
      '--max-semi-space-size=128',
      program,
    ];
    const { status, stdout, stderr } = spawnSync(process.execPath, line, { encoding: 'utf8' });
    t.equal(status, 0, `${stdout}${stderr}`);
    t.comment(stdout);
  },
);

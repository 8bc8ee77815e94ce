/** `npm run torture`: the seeded fuzzers of the ordinary tests, with many more cases (3a). */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Test } from 'tap';
import { row } from '../support/torture.ts';

row('3a', '100 000 mutations over TCP against each type', 'served, ≥ 2 000 cases/s', async (t) => {
  const { result, good, said } = await ordinary(t, 'hostile/fuzz.test.ts', {
    FUZZ_CASES: '100000',
  });
  const rates = [...said.matchAll(/(\d+) cases\/s/g)].map(([, rate]) => Number(rate));
  const slowest = Math.min(...rates);
  return { result: `${result}, ${slowest} cases/s or more`, good: good && slowest >= 2_000 };
});

row('3a', 'another seed', 'served afterwards', (t) =>
  ordinary(t, 'hostile/fuzz.test.ts', { FUZZ_SEED: anySeed() }),
);

row('3a', 'another seed, here and in libzmq', 'intended differences only', (t) =>
  ordinary(t, 'interop/fuzz.test.ts', { FUZZ_CASES: '10000', FUZZ_SEED: anySeed() }),
);

row('3a', '25 times the ordinary inputs to the protocol alone', 'no error but its own', (t) =>
  ordinary(t, 'zmtp/fuzz.test.ts', { FUZZ_RUNS: '25' }),
);

function anySeed(): string {
  return `${Date.now() % 1e6}`;
}

/** One of the ordinary test files, in a process of its own. */
async function ordinary(t: Test, file: string, env: Record<string, string>) {
  const began = performance.now();
  const path = join(import.meta.dirname, '..', file);
  const child = spawn(process.execPath, [...process.execArgv, path], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  const [code] = (await once(child, 'close')) as [number];
  const seconds = Math.round((performance.now() - began) / 1_000);
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return {
    result: `${settings.join(' ')}: exit ${code} after ${seconds} s`,
    good: code === 0,
    said,
  };
}

/**
 * Seeded mutations over TCP against every socket type; a lawful peer is served meanwhile and afterwards.
 * `FUZZ_CASES` per type and `FUZZ_SEED` may be set; `npm run torture` runs 100 000 of each.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  attack,
  FUZZ_TYPES,
  type FuzzType,
  FuzzVictim,
  fuzzCase,
} from '../support/hostile/fuzz.ts';
import { eventually } from '../support/sockets.ts';

const { FUZZ_SEED: seed = 1, FUZZ_CASES: cases = 10_000 } = Object.fromEntries(
  Object.entries(process.env).map(([name, value]) => [name, Number(value)]),
);
/** Inputs that once did harm: one file each, named `TYPE-seed-case.hex`, a line for each of its two pieces. */
const FOUND = join(import.meta.dirname, 'found');
const AT_ONCE = 20;

/** What is being said now, kept if it turns out to be fatal. */
const current = new Map<string, readonly [Buffer, Buffer]>();
process.on('uncaughtExceptionMonitor', () => keep());

function keep(): void {
  mkdirSync(FOUND, { recursive: true });
  for (const [name, pieces] of current) {
    const text = pieces.map((piece) => `${piece.toString('hex')}\n`).join('');
    writeFileSync(join(FOUND, `${name}.hex`), text);
  }
}

for (const type of FUZZ_TYPES) {
  t.test(`${cases} cases against ${type}, seed ${seed}`, { timeout: 600_000 }, async (t) => {
    const victim = await FuzzVictim.open(t, type);
    await victim.serves();
    const began = performance.now();
    for (let first = 0; first < cases; first += AT_ONCE) {
      current.clear();
      const numbers = Array.from({ length: Math.min(AT_ONCE, cases - first) }, (_, i) => first + i);
      const attacks = numbers.map((n) => {
        const pieces = fuzzCase(type, seed, n);
        current.set(`${type}-${seed}-${n}`, pieces);
        return attack(victim.endpoint, pieces, n % 2 === 0);
      });
      await Promise.all(attacks);
      if (first % 500 === 0) await victim.serves().catch(failed);
    }
    const seconds = (performance.now() - began) / 1_000;
    await victim.serves().catch(failed);
    await eventually('all are gone', () => victim.socket.stats().peers.length === 0);
    t.ok(victim.log.count('accept') >= cases, `${Math.round(cases / seconds)} cases/s`);
    victim.socket.close();
  });
}

t.test('what once did harm does none', async (t) => {
  const files = existsSync(FOUND) ? readdirSync(FOUND) : [];
  for (const file of files) {
    const type = file.split('-')[0] as FuzzType;
    const lines = readFileSync(join(FOUND, file), 'utf8').split('\n');
    const [handshake = '', traffic = ''] = lines;
    const victim = await FuzzVictim.open(t, type);
    const pieces = [Buffer.from(handshake, 'hex'), Buffer.from(traffic, 'hex')] as const;
    for (const together of [true, false]) await attack(victim.endpoint, pieces, together);
    await t.resolves(victim.serves(), file);
  }
  t.pass(`${files.length} files`);
});

function failed(error: unknown): never {
  keep();
  throw error;
}

/** Names and capacities: what matches what. */

import fc from 'fast-check';
import t from 'tap';
import { Capacities } from '../../../src/layer/local/capacity.ts';
import { globMatcher } from '../../../src/layer/local/glob.ts';
import { checkChannelName, checkGroupName, routeOf } from '../../../src/layer/local/names.ts';
import { HashRing } from '../../../src/layer/native/hash-ring.ts';

t.test('a name that is valid consists of nothing but the alphabet', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (name) => {
        const valid = passes(() => checkGroupName(name));
        const alphabet = /^[a-zA-Z0-9._-]+$/.test(name) && !name.includes('\n');
        return valid === (alphabet && name.length <= 100);
      }),
    ),
  );
  t.throws(() => checkChannelName('x'.repeat(101)), {
    code: 'ERR_INVALID_NAME',
    message: /101 characters, at most 100/,
  });
});

t.test('the route of a name is the part up to !', async (t) => {
  t.equal(routeOf('a!b'), 'a!');
  t.equal(routeOf('a!'), 'a!');
  t.equal(routeOf('a'), 'a');
});

t.test('globs are those of fnmatch', async (t) => {
  const cases: [string, string, boolean][] = [
    ['http.*', 'http.request', true],
    ['http.*', 'https', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['[ab]c', 'bc', true],
    ['[!ab]c', 'bc', false],
    ['[!ab]c', 'xc', true],
    ['[]]x', ']x', true],
    ['[a', '[a', true],
    ['a.c', 'abc', false],
    ['http.response!*', 'http.response!abc', true],
    ['(a|b)', 'a', false],
    ['*', '', true],
    ['a*b*c', 'abbc', true],
    ['a**c', 'abbcd', false],
  ];
  for (const [glob, name, expected] of cases) {
    t.equal(globMatcher(glob)(name), expected, `${glob} and ${name}`);
  }
});

t.test(
  'many stars take no longer than one, and match what a regular expression does',
  async (t) => {
    const before = process.cpuUsage();
    t.notOk(globMatcher(`${'*a'.repeat(40)}b`)('a'.repeat(100)));
    t.ok(process.cpuUsage(before).user < 1e6);
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(glob, text, (glob, name) => {
          const twin = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`);
          return globMatcher(glob)(name) === twin.test(name);
        }),
      ),
    );
  },
);

t.test('rules for capacity', async (t) => {
  const rules = { 'a*': 1, 'ab*': 2 };
  t.equal(new Capacities(9, rules).of('abc'), 1, 'the first wins');
  t.equal(new Capacities(9, rules).of('b'), 9, 'the default');
  const expressions = new Capacities(9, new Map([[/b/g, 3]]));
  t.equal(expressions.of('ab'), 9, 'a regular expression matches from the start');
  t.equal(expressions.of('ba'), 3);
  t.equal(expressions.of('bb'), 3, 'each time');
  for (const bad of [0, -1, 1.5, Number.NaN, '5' as unknown as number]) {
    t.throws(() => new Capacities(bad), { code: 'ERR_INVALID_OPTION' });
  }
});

t.test('a hash ring spreads names, and moves few when it grows', async (t) => {
  const ids = ['a', 'b', 'c', 'd'];
  const [small, large] = [new HashRing(ids.slice(0, 3)), new HashRing(ids)];
  const counts = [0, 0, 0, 0];
  let moved = 0;
  for (let n = 0; n < 4000; n++) {
    const [before, after] = [small.of(`name.${n}`), large.of(`name.${n}`)];
    counts[after]!++;
    if (before === after) continue;
    moved++;
    if (after !== 3) t.fail('moved between old ones');
  }
  t.ok(
    counts.every((count) => count > 500),
    String(counts),
  );
  t.ok(moved > 500 && moved < 1700, `${moved} of 4000 moved`);
  const [one, two] = [new HashRing(['a', 'b']), new HashRing(['b', 'a'])];
  for (let n = 0; n < 50; n++) t.equal(one.of(`x${n}`), 1 - two.of(`x${n}`), 'by id, not by order');
});

function passes(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

import fc from 'fast-check';
import t from 'tap';
import { PrefixSet } from '../../../src/sockets/routing/prefix-set.ts';

const octets = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const all = (set: PrefixSet): string[] => [...set].map((p) => Buffer.from(p).toString('latin1'));

t.test('a prefix stays until it is removed as often as it was added', async (t) => {
  const set = new PrefixSet();
  t.equal(set.add(octets('a')), true);
  t.equal(set.add(octets('a')), false);
  t.equal(set.remove(octets('a')), 'still');
  t.ok(set.matches(octets('abc')));
  t.equal(set.remove(octets('a')), 'last');
  t.notOk(set.matches(octets('abc')));
  t.equal(set.remove(octets('a')), 'unknown');
});

t.test('the empty prefix matches everything, and no prefix nothing', async (t) => {
  const set = new PrefixSet();
  t.notOk(set.matches(octets('')));
  set.add(octets(''));
  t.ok(set.matches(octets('')));
  t.ok(set.matches(octets('anything')));
  t.same(all(set), ['']);
});

t.test('a set and an array of prefixes agree, whatever is added and removed', async (t) => {
  const prefix = fc.string({ unit: fc.constantFrom('a', 'b', '\x80'), maxLength: 5 });
  const steps = fc.array(fc.tuple(fc.boolean(), prefix), { maxLength: 60 });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(steps, fc.array(prefix), (steps, topics) => {
        const set = new PrefixSet();
        const model: string[] = [];
        for (const [adding, prefix] of steps) {
          const at = model.indexOf(prefix);
          if (adding) {
            if (set.add(octets(prefix)) !== at < 0) return false;
            model.push(prefix);
          } else {
            if (at >= 0) model.splice(at, 1);
            const wanted = at < 0 ? 'unknown' : model.includes(prefix) ? 'still' : 'last';
            if (set.remove(octets(prefix)) !== wanted) return false;
          }
        }
        const distinct = [...new Set(model)].sort();
        return (
          set.size === distinct.length &&
          // Iteration is in the order of octets.
          JSON.stringify(all(set)) === JSON.stringify(distinct) &&
          topics.every(
            (topic) =>
              set.matches(octets(topic)) === model.some((prefix) => topic.startsWith(prefix)),
          )
        );
      }),
      { numRuns: 1_000 },
    ),
  );
});

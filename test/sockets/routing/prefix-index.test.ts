import fc from 'fast-check';
import t from 'tap';
import { PrefixIndex } from '../../../src/sockets/routing/prefix-index.ts';

interface Owner {
  readonly name: string;
}

const octets = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const latin1 = (prefix: Uint8Array): string => Buffer.from(prefix).toString('latin1');

function owners(index: PrefixIndex<Owner>, topic: string): string[] {
  const found: Owner[] = [];
  const count = index.match(octets(topic), found);
  return found
    .slice(0, count)
    .map((owner) => owner.name)
    .sort();
}

const a: Owner = { name: 'a' };
const b: Owner = { name: 'b' };

t.test('a topic goes to the owners of all its prefixes, the empty one included', async (t) => {
  const index = new PrefixIndex<Owner>();
  t.equal(index.add(octets('weather.'), a), 'first');
  t.equal(index.add(octets('weather.de'), b), 'first');
  t.equal(index.add(octets(''), a), 'first');
  t.same(owners(index, 'weather.de.berlin'), ['a', 'a', 'b']);
  t.same(owners(index, 'weather.d'), ['a', 'a']);
  t.same(owners(index, 'weather'), ['a']);
  t.same(owners(index, ''), ['a']);
  t.equal(index.size, 3);
});

t.test('a prefix added twice by one owner is gone after one removal', async (t) => {
  const index = new PrefixIndex<Owner>();
  t.equal(index.add(octets('x'), a), 'first');
  t.equal(index.add(octets('x'), a), 'known');
  t.equal(index.add(octets('x'), b), 'more');
  t.equal(index.ownersOf(octets('x')), 2);
  t.equal(index.countOf(a), 1);
  t.equal(index.remove(octets('x'), a), 'still');
  t.equal(index.remove(octets('x'), a), 'unknown');
  t.equal(index.remove(octets('x'), b), 'last');
  t.equal(index.remove(octets('never'), b), 'unknown');
  t.equal(index.size, 0);
  t.equal(index.countOf(b), 0);
});

t.test(
  'what is not a prefix but only where prefixes part is neither found nor removed',
  async (t) => {
    const index = new PrefixIndex<Owner>();
    index.add(octets('abc'), a);
    index.add(octets('abd'), a);
    t.equal(index.ownersOf(octets('ab')), 0);
    t.equal(index.remove(octets('ab'), a), 'unknown');
    t.same(owners(index, 'ab'), []);
  },
);

t.test('the caller may overwrite a prefix once it is added', async (t) => {
  const index = new PrefixIndex<Owner>();
  const prefix = Buffer.from('topic');
  index.add(prefix, a);
  prefix.fill(0);
  t.same(owners(index, 'topics'), ['a']);
});

t.test('an index and an array of pairs agree, whatever is added and removed', async (t) => {
  const prefix = fc.string({ unit: fc.constantFrom('a', 'b', '\xff'), maxLength: 6 });
  const owner = fc.nat(3);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('add' as const), prefix, owner }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('remove' as const), prefix, owner }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), prefix, owner }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('partly' as const), prefix, owner }) },
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(prefix, { maxLength: 8 }), check),
      { numRuns: 1_000 },
    ),
  );

  function check(
    steps: { kind: 'add' | 'remove' | 'leave' | 'partly'; prefix: string; owner: number }[],
    topics: string[],
  ): void {
    const all: Owner[] = ['0', '1', '2', '3'].map((name) => ({ name }));
    const index = new PrefixIndex<Owner>();
    let model: { prefix: string; owner: Owner }[] = [];
    for (const { kind, prefix, owner: number } of steps) {
      const owner = all[number]!;
      const has = model.some((pair) => pair.prefix === prefix && pair.owner === owner);
      const others = model.some((pair) => pair.prefix === prefix && pair.owner !== owner);
      if (kind === 'add') {
        same(index.add(octets(prefix), owner), has ? 'known' : others ? 'more' : 'first');
        if (!has) model.push({ prefix, owner });
      } else if (kind === 'remove') {
        same(index.remove(octets(prefix), owner), has ? (others ? 'still' : 'last') : 'unknown');
        model = model.filter((pair) => pair.prefix !== prefix || pair.owner !== owner);
      } else {
        const told: [string, boolean][] = [];
        const limit = kind === 'leave' ? undefined : 2;
        const held = model.filter((pair) => pair.owner === owner);
        const mine = held.slice(0, limit);
        const over = index.removeAll(owner, (gone, last) => told.push([latin1(gone), last]), limit);
        same(over, mine.length === held.length);
        const rest = model.filter((pair) => !mine.includes(pair));
        model = rest;
        same(
          told,
          mine.map((pair) => [pair.prefix, !rest.some((other) => other.prefix === pair.prefix)]),
        );
      }
      same(index.size, new Set(model.map((pair) => pair.prefix)).size);
    }
    for (const topic of [...topics, ...model.map((pair) => `${pair.prefix}a`)]) {
      const expected = model.filter((pair) => topic.startsWith(pair.prefix));
      same(owners(index, topic), expected.map((pair) => pair.owner.name).sort());
      same(index.ownersOf(octets(topic)), model.filter((pair) => pair.prefix === topic).length);
    }
    for (const owner of all) {
      same(index.countOf(owner), model.filter((pair) => pair.owner === owner).length);
    }
  }

  function same(found: unknown, wanted: unknown): void {
    const texts = [JSON.stringify(found), JSON.stringify(wanted)];
    if (texts[0] !== texts[1]) throw new Error(`${texts[0]}, expected ${texts[1]}`);
  }
});

t.test('a topic of ten million octets is stored once, whatever is split off from it', async (t) => {
  const index = new PrefixIndex<Owner>();
  const long = Buffer.alloc(10_000_000, 'x');
  const before = process.memoryUsage().arrayBuffers;
  index.add(long, a);
  t.equal(index.ownersOf(long), 1);
  for (let end = 1_000; end > 0; end--) index.add(long.subarray(0, end), a);
  for (let end = 1_000; end > 1; end--) index.remove(long.subarray(0, end), a);
  t.ok(process.memoryUsage().arrayBuffers - before < 20_000_000);
  t.equal(index.remove(long, a), 'last');
  t.equal(index.size, 1);
  t.same(owners(index, 'xyz'), ['a']);
});

t.test('a chain of thousands of prefixes, each one octet longer, needs no stack', async (t) => {
  const index = new PrefixIndex<Owner>();
  const long = Buffer.alloc(3_000, 'x');
  for (let end = 1; end <= long.length; end++) index.add(long.subarray(0, end), a);
  t.equal(index.match(long, []), long.length);
  index.removeAll(a);
  t.equal(index.size, 0);
  t.equal(index.match(long, []), 0);
});

t.test('a hundred thousand prefixes of an owner that leaves are gone in no time', async (t) => {
  const index = new PrefixIndex<Owner>();
  for (let i = 0; i < 100_000; i++) {
    index.add(octets(`topic.${i}`), a);
    if (i % 2 === 0) index.add(octets(`topic.${i}`), b);
  }
  let lastCount = 0;
  const begun = process.cpuUsage();
  index.removeAll(a, (_prefix, last) => {
    if (last) lastCount++;
  });
  const spent = process.cpuUsage(begun);
  t.equal(lastCount, 50_000);
  t.equal(index.size, 50_000);
  t.ok(
    (spent.user + spent.system) / 1_000 < 400,
    'ample, for a busy machine: it takes about 40 ms',
  );
});

t.test(
  'a prefix that is given away is kept where it is, unless its memory holds much else',
  async (t) => {
    const kept = Buffer.alloc(1_000_000, 'k');
    const before = process.memoryUsage().arrayBuffers;
    const index = new PrefixIndex<Owner>();
    index.add(kept.subarray(1), a, true);
    t.ok(process.memoryUsage().arrayBuffers - before < 500_000);

    const chunk = Buffer.alloc(1_000_000, 'c');
    index.add(chunk.subarray(0, 500_000), a, true);
    index.add(chunk.subarray(0, 10), b, true);
    chunk.fill(0);
    t.same(owners(index, 'c'.repeat(10)), ['b']);
    t.same(owners(index, 'c'.repeat(500_000)), ['a', 'b']);
  },
);

t.test('long prefixes part at any octet', async () => {
  const long = Buffer.alloc(20_000, 'x');
  fc.assert(
    fc.property(fc.nat(19_999), fc.nat(20_000), (at, end) => {
      const other = Buffer.from(long.subarray(0, Math.max(end, at + 1)));
      other[at] = 0;
      const index = new PrefixIndex<Owner>();
      index.add(long, a);
      index.add(other, b);
      index.add(long.subarray(0, at), b);
      const found: Owner[] = [];
      return (
        index.match(long, found) === 2 &&
        index.match(other, found) === 2 &&
        index.match(long.subarray(0, 19_999), found) === 1 &&
        index.remove(other, b) === 'last' &&
        index.remove(long, a) === 'last'
      );
    }),
  );
});

import fc from 'fast-check';
import t from 'tap';
import { type PrefixNode, PrefixTree, step } from '../../../src/sockets/routing/prefix-tree.ts';

const octets = (text: string): Buffer => Buffer.from(text, 'latin1');
const latin1 = (octets: Uint8Array): string => Buffer.from(octets).toString('latin1');

t.test('nodes come in the order of octets, a prefix before its extensions', async (t) => {
  const tree = new PrefixTree<number>();
  for (const text of ['b', 'ab', '\xff', '', 'abc', 'a']) tree.place(octets(text)).value = 1;
  t.same(
    [...tree.nodes()].map((node) => latin1(node.prefix)),
    ['', 'a', 'ab', 'abc', 'b', '\xff'],
  );
});

t.test('all 256 octets can follow a prefix', async (t) => {
  const tree = new PrefixTree<number>();
  for (let octet = 255; octet >= 0; octet--) tree.place(Buffer.of(7, octet)).value = octet;
  for (let octet = 0; octet < 256; octet++) {
    t.equal(tree.find(Buffer.of(7, octet))?.value, octet);
  }
  for (let octet = 0; octet < 256; octet += 2) tree.erase(tree.find(Buffer.of(7, octet))!);
  t.equal([...tree.nodes()].length, 128);
});

t.test('a step down is the whole way to a child, or none', async (t) => {
  const tree = new PrefixTree<number>();
  tree.place(octets('abc')).value = 1;
  t.equal(step(tree.root, octets('ab')), undefined);
  t.equal(step(tree.root, octets('abx')), undefined);
  t.equal(step(tree.root, octets('x')), undefined);
  t.equal(step(tree.root, octets('')), undefined);
  t.equal(step(tree.root, octets('abcd'))?.value, 1);
});

t.test('the tree keeps no octets but those of its leaves, and no useless node', async (t) => {
  const prefix = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
  const steps = fc.array(fc.tuple(fc.boolean(), prefix), { maxLength: 60 });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(steps, (steps) => {
        const tree = new PrefixTree<string>();
        for (const [adding, text] of steps) {
          if (adding) tree.place(octets(text)).value = text;
          else {
            const node = tree.find(octets(text));
            if (node?.value !== undefined) tree.erase(node);
          }
          if (!sound(tree.root)) return false;
        }
        return true;
      }),
      { numRuns: 1_000 },
    ),
  );

  function sound(node: PrefixNode<string>): boolean {
    const { children, parent } = node;
    if (node.value !== undefined && latin1(node.prefix) !== node.value) return false;
    if (parent !== undefined) {
      if (node.octet !== node.key[parent.end] || node.end <= parent.end) return false;
      if (children.length === 0 && (node.value === undefined || node.key.length !== node.end)) {
        return false;
      }
      if (children.length > 0 && !children.some((child) => child.key === node.key)) return false;
      if (children.length === 1 && node.value === undefined) return false;
    }
    return children.every(
      (child, i) =>
        child.parent === node &&
        (i === 0 || children[i - 1]!.octet < child.octet) &&
        latin1(child.prefix).startsWith(latin1(node.prefix)) &&
        sound(child),
    );
  }
});

t.test('a short prefix does not keep a long one in memory', async (t) => {
  const tree = new PrefixTree<number>();
  const long = Buffer.alloc(100_000, 'x');
  for (const end of [100_000, 1, 50_000, 2]) tree.place(long.subarray(0, end)).value = 1;
  for (const end of [50_000, 100_000]) tree.erase(tree.find(long.subarray(0, end))!);
  t.same(
    [...tree.nodes()].map((node) => [node.end, node.key.length]),
    [
      [1, 2],
      [2, 2],
    ],
  );
});

/** The papers: every error code is explained, every link leads somewhere, and what is packed has what it links to. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import t from 'tap';
import { DOORS } from '../scripts/doors.ts';

const ROOT = join(import.meta.dirname, '..');
const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');

t.test('docs/errors.md has every code that the source has, and no other', async (t) => {
  const source = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => text(join('src', file)))
    .join('\n');
  const ours = new Set([...source.matchAll(/'(ERR_[A-Z_]+)'/g)].map(([, code]) => code!));
  const numbers = /const ERRNO = \{([^}]*)\}/.exec(text('src/sockets/errors.ts'))![1]!;
  for (const [, code] of numbers.matchAll(/([A-Z]+):/g)) ours.add(code!);
  const rows = text('docs/errors.md').matchAll(/^\| (`E[^|]*) \|/gm);
  const told = [...rows].flatMap(([, cell]) => [...cell!.matchAll(/`(E[A-Z_]+)`/g)]);
  t.same(told.map(([, code]) => code).sort(), [...ours].sort());
});

t.test('links between the papers lead to files that are there', async (t) => {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file));
  for (const file of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', ...docs]) {
    for (const [, target] of text(file).matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (/^https?:/.test(target!)) continue;
      const path = join(ROOT, dirname(file), target!);
      t.ok(existsSync(path), `${file} links to ${relative(ROOT, path)}`);
    }
  }
});

t.test('the README links only to what is packed with it', async (t) => {
  const packed = ['LICENSE', ...JSON.parse(text('package.json')).files];
  const targets = [...text('README.md').matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, to]) => to!);
  t.same(
    targets.filter((to) => !/^https?:/.test(to) && !packed.includes(to)),
    [],
  );
  for (const [, named] of text('README.md').matchAll(
    /`((?:docs|examples|bench|test)\/[\w./-]+)`/g,
  )) {
    t.ok(existsSync(join(ROOT, named!)), `${named} is in the repository`);
  }
});

t.test('the API reference has every door', async (t) => {
  const { entryPoints } = JSON.parse(text('typedoc.json'));
  t.same(
    entryPoints,
    Object.values(DOORS).map((source) => `src/${source}.ts`),
  );
});

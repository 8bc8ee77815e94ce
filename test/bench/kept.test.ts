/** What the page of results keeps of scenarios that a run has not measured. */

import { readFileSync } from 'node:fs';
import t from 'tap';
import { markdownTable, TARGET_HEADING } from '../../bench/format.ts';
import { ALL, type Figures, merge, readFigures, TARGETS } from '../../bench/kept.ts';
import type { ScenarioResult } from '../../bench/results.ts';
import { splitSection } from '../../bench/section.ts';
import type { Verdict } from '../../bench/target.ts';

function shown({ targets, sections }: Figures): string {
  const all = [...sections].map(([title, text]) => `### ${title}\n\n${text}`).join('\n\n');
  return `${TARGETS}\n${markdownTable([TARGET_HEADING, ...targets], 3)}\n\n${ALL}\n${all}\n`;
}

t.test('the page that is there, read and written again, is the same', async (t) => {
  const file = readFileSync(new URL('../../bench/RESULTS.md', import.meta.url), 'utf8');
  const { before } = splitSection(file);
  const figures = readFigures(before);
  t.ok(figures.targets.length > 20);
  t.ok(figures.sections.size > 20);
  t.equal(shown(figures).trim(), before.slice(before.indexOf(TARGETS)).trim());
  t.same(
    merge(figures, [], [], () => ''),
    figures,
  );
});

t.test('what is measured anew stands in its place, and what is new at the end', async (t) => {
  const row = (title: string, measured: string): string[] => [title, 'await', 'x', '≥ 1', measured];
  const old: Figures = {
    targets: [row('a', 'old'), row('b', 'old')],
    sections: new Map([
      ['a', 'old'],
      ['b', 'old'],
    ]),
  };
  const verdict = { title: 'a', style: 'await', against: 'x', wanted: '≥ 1', state: 'hit' };
  const fresh = merge(
    old,
    [{ ...verdict, ratio: { median: 2, min: 1, max: 3 } } as unknown as Verdict],
    [{ title: 'c' }, { title: 'a' }] as ScenarioResult[],
    ({ title }) => `new ${title}`,
  );
  t.same(fresh.targets, [['a', 'await', 'x', '≥ 1', '2.00 (1.00–3.00)', 'hit'], row('b', 'old')]);
  t.same(
    [...fresh.sections],
    [
      ['a', 'new a'],
      ['b', 'old'],
      ['c', 'new c'],
    ],
  );
});

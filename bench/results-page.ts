/** Results page: bench/RESULTS.md, and the table in the README that links to it. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  digits,
  failuresOf,
  figure,
  markdownTable,
  scenarioTable,
  type Table,
  targetTable,
  versionsText,
} from './format.ts';
import { machineText } from './machine.ts';
import type { Results } from './results.ts';
import { RESULTS_FILE, readResultsFile, splitSection } from './section.ts';
import { STYLE_NOTES, SYSTEM_NOTES } from './system.ts';
import { judge } from './target.ts';

/** Writes both, and says what it wrote, a line each. */
export async function writeResults(results: Results): Promise<string[]> {
  const { section } = splitSection(await readResultsFile());
  await writeFile(RESULTS_FILE, section === '' ? page(results) : `${page(results)}\n${section}`);
  const said = ['wrote bench/RESULTS.md'];
  const file = join(ROOT, 'README.md');
  const readme = await readFile(file, 'utf8');
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) {
    said.push(`README.md has no ${BEGIN} … ${END}: its table was not written`);
    return said;
  }
  const block = `${BEGIN}\n${summary(results)}\n`;
  await writeFile(file, readme.slice(0, begin) + block + readme.slice(end));
  said.push('wrote the table in README.md');
  return said;
}

function page(results: Results): string {
  const { date, machine, rounds, duration, absent } = results;
  const verdicts = judge(results);
  const sections = results.scenarios.map((scenario) => {
    const leftColumns = scenario.metrics.length > 1 ? 2 : 1;
    const failures = failuresOf(scenario).map((failure) => `\n- ${failure}`);
    const table = markdownTable(scenarioTable(scenario), leftColumns);
    return `### ${scenario.title}\n\n${table}\n${failures.join('')}`.trimEnd();
  });
  return `# Results

Written by \`npm run bench -- --write-results\`; no figure here is by hand.

- ${machineText(machine)}
- ${versionsText(results)}
- ${date.slice(0, 10)}; ${rounds} rounds after a warm-up, at least ${duration} ms each, the systems taking turns within a round
${absent.map(({ name, reason }) => `- ${name} was left out: ${reason}\n`).join('')}
What is measured:

${notes(SYSTEM_NOTES, '')}
${notes(STYLE_NOTES, '/')}

Each end is a process of its own (inproc: one process). Where there are several senders, subscribers or clients, they
share one process, for every system alike. The marks are those each system comes with (1000), for 1 MiB they are 100.
Publishers have \`noDrop\`, so that deliveries are counted and not losses. Ratios are taken within a round; in brackets
from least to most.

## Targets

${markdownTable(targetTable(verdicts), 3)}

## All figures

${sections.join('\n\n')}
`;
}

function notes(of: Readonly<Record<string, string>>, prefix: string): string {
  return Object.entries(of)
    .map(([name, note]) => `- \`${prefix}${name}\`: ${note}`)
    .join('\n');
}

/** What the README shows: our best known style and the plain one, and how they compare. */
function summary(results: Results): string {
  const rows: string[][] = [];
  for (const name of IN_README) {
    const scenario = results.scenarios.find((each) => each.name === name);
    const metric = scenario?.metrics[0];
    if (scenario === undefined || metric === undefined) continue;
    for (const style of ['await', 'batch']) {
      const subject = scenario.subjects.find((each) => each.name === `zeromq-pure/${style}`);
      const spread = subject?.spreads[metric.key];
      if (subject === undefined || spread === undefined) continue;
      const ratios = (['libzmq', 'zeromq.js', 'ceiling'] as const).map((system) => {
        const ratio = subject.ratios[metric.key]?.[system];
        return ratio === undefined ? '' : `${digits(ratio.median)}×`;
      });
      rows.push([scenario.title, style, figure(spread.median, metric.unit), ...ratios]);
    }
  }
  const heading = ['scenario', 'style', 'here', 'of libzmq', 'of zeromq.js', 'of bare `node:net`'];
  const table: Table = [heading, ...rows];
  const { date, machine, rounds } = results;
  return `${markdownTable(table, 2)}

Medians of ${rounds} rounds on ${machineText(machine)}, ${date.slice(0, 10)}; [bench/RESULTS.md](bench/RESULTS.md) has all
of it, and \`npm run bench\` measures yours.`;
}

const IN_README: readonly string[] = [
  'push-pull-tcp-16B',
  'push-pull-tcp-256B',
  'push-pull-tcp-4KiB',
  'push-pull-tcp-64KiB',
  'push-pull-tcp-1MiB',
  'req-rep-tcp-16B',
  'pub-sub-tcp-64B-1-subscriber',
  'pub-sub-tcp-64B-64-subscribers',
  'inproc-16B',
  'idle-tcp-10000',
];

const BEGIN = '<!-- bench -->';
const END = '<!-- /bench -->';
/** As seen from build/bench/results-page.js. */
const ROOT = join(import.meta.dirname, '../..');

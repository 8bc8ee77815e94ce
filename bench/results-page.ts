/** Results page: bench/RESULTS.md, and the table in the README that names it. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './build.ts';
import {
  digits,
  failuresOf,
  figure,
  markdownTable,
  scenarioTable,
  TARGET_HEADING,
  type Table,
  versionsText,
} from './format.ts';
import { ALL, type Figures, merge, readFigures, TARGETS } from './kept.ts';
import { machineText } from './machine.ts';
import type { Results, ScenarioResult } from './results.ts';
import { RESULTS_FILE, readResultsFile, splitSection } from './section.ts';
import { STYLE_NOTES, SYSTEM_NOTES } from './system.ts';
import { judge } from './target.ts';

/** Writes both, and says what it wrote, a line each. */
export async function writeResults(results: Results): Promise<string[]> {
  const { before, section } = splitSection(await readResultsFile());
  const text = page(results, before);
  await writeFile(RESULTS_FILE, section === '' ? text : `${text}\n${section}`);
  const said = ['wrote bench/RESULTS.md'];
  const file = join(ROOT, 'README.md');
  const measured = new Set(results.scenarios.map(({ name }) => name));
  if (!IN_README.every((name) => measured.has(name))) return said;
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

/** `former`: the page as it is. What it says of other scenarios stays, if it is of this machine and these versions. */
function page(results: Results, former: string): string {
  const { date, machine, rounds, duration, absent } = results;
  const environment = `- ${machineText(machine)}\n- ${versionsText(results)}\n`;
  const old = former.includes(environment) ? readFigures(former) : NOTHING;
  const figures = merge(old, judge(results), results.scenarios, sectionOf);
  const sections = [...figures.sections].map(([title, text]) => `### ${title}\n\n${text}`);
  const others = sections.length - results.scenarios.length;
  const kept = others > 0 ? `; ${others} scenarios are from runs before that` : '';
  return `# Results

Written by \`npm run bench -- --write-results\`; no figure here is by hand.

${environment}- ${date.slice(0, 10)}; ${rounds} rounds after a warm-up, at least ${duration} ms each, the systems taking turns within a round${kept}
${absent.map(({ name, reason }) => `- ${name} was left out: ${reason}\n`).join('')}
What is measured:

${notes(SYSTEM_NOTES, '')}
${notes(STYLE_NOTES, '/')}

Each end is a process of its own (inproc: one process). Where there are several senders, subscribers or clients, they
share one process, for every system alike. The marks are those each system comes with (1000), for 1 MiB they are 100.
Publishers have \`noDrop\`, so that deliveries are counted and not losses. Ratios are taken within a round; in brackets
from least to most.

${TARGETS}
${markdownTable([TARGET_HEADING, ...figures.targets], 3)}

${ALL}
${sections.join('\n\n')}
`;
}

function sectionOf(scenario: ScenarioResult): string {
  const leftColumns = scenario.metrics.length > 1 ? 2 : 1;
  const failures = failuresOf(scenario).map((failure) => `\n- ${failure}`);
  const table = markdownTable(scenarioTable(scenario), leftColumns);
  return `${table}\n${failures.join('')}`.trimEnd();
}

const NOTHING: Figures = { targets: [], sections: new Map() };

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

Medians of ${rounds} rounds on ${machineText(machine)}, ${date.slice(0, 10)}; \`bench/RESULTS.md\` has all
of it, and \`npm run bench\` measures yours.`;
}

const IN_README: readonly string[] = [
  'push-pull-tcp-16B',
  'push-pull-tcp-4KiB',
  'push-pull-tcp-1MiB',
  'req-rep-tcp-16B',
  'pub-sub-tcp-64B-1-subscriber',
  'idle-tcp-10000',
];

const BEGIN = '<!-- bench -->';
const END = '<!-- /bench -->';

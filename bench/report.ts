/** Report: the results as one HTML file that needs nothing else, for people. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { barChart } from './chart.ts';
import { failuresOf, scenarioTable, type Table, targetTable, versionsText } from './format.ts';
import { machineText } from './machine.ts';
import type { Results, ScenarioResult } from './results.ts';
import { STYLE_NOTES, SYSTEM_NOTES } from './system.ts';
import { judge } from './target.ts';

/** Writes `index.html` into `directory`, which is made if need be. Returns its path. */
export async function writeReport(results: Results, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, 'index.html');
  await writeFile(file, page(results));
  return file;
}

function page(results: Results): string {
  const { date, machine, rounds, duration, absent } = results;
  const groups = new Map<string, ScenarioResult[]>();
  for (const scenario of results.scenarios) {
    groups.set(scenario.group, [...(groups.get(scenario.group) ?? []), scenario]);
  }
  const verdicts = judge(results);
  const notes = [
    ...Object.entries(SYSTEM_NOTES).map(([name, note]) => `<b>${name}</b>: ${inline(note)}`),
    ...Object.entries(STYLE_NOTES).map(([name, note]) => `<b>/${name}</b>: ${inline(note)}`),
    ...absent.map(({ name, reason }) => `<b>${name}</b> was left out: ${escapeHtml(reason)}`),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>zeromq-pure: benchmarks</title>
<style>${STYLE}</style>
</head>
<body>
<h1>zeromq-pure: benchmarks</h1>
<p>${escapeHtml(machineText(machine))}<br>${escapeHtml(versionsText(results))}<br>
${date.slice(0, 10)}, ${rounds} rounds after a warm-up, at least ${duration} ms each; bars or points are medians, lines go from
the least to the most. Ratios are taken within a round, then their median.</p>
<ul>${notes.map((note) => `<li>${note}</li>`).join('\n')}</ul>
${verdicts.length > 0 ? `<h2>Targets</h2>${htmlTable(targetTable(verdicts), 3)}` : ''}
${[...groups].map(([group, scenarios]) => section(group, scenarios)).join('\n')}
</body>
</html>
`;
}

function section(group: string, scenarios: readonly ScenarioResult[]): string {
  const charts = scenarios[0]!.metrics.map((metric) => {
    const measured = scenarios.some(({ subjects }) =>
      subjects.some((each) => each.spreads[metric.key]),
    );
    if (!measured) return '';
    const title = `${group}: ${metric.label}; the figures are in the tables below`;
    return `<figure role="img" aria-label="${escapeHtml(title)}"><figcaption>${escapeHtml(metric.label)}</figcaption>${barChart(scenarios, metric)}</figure>`;
  });
  const tables = scenarios.map((scenario) => {
    const against = [
      ...failuresOf(scenario),
      ...(scenario.warnings ?? []).map((warning) => `warning: ${warning}`),
    ];
    const failures = against.map((text) => `<li>${escapeHtml(text)}</li>`);
    const leftColumns = scenario.metrics.length > 1 ? 2 : 1;
    return `<h3>${escapeHtml(scenario.title)}</h3>
${htmlTable(scenarioTable(scenario), leftColumns)}
${failures.length > 0 ? `<ul class="failures">${failures.join('')}</ul>` : ''}`;
  });
  return `<h2>${escapeHtml(group)}</h2>
${charts.join('\n')}
<details><summary>All figures</summary>${tables.join('\n')}</details>`;
}

function htmlTable(table: Table, leftColumns: number): string {
  const [heading = [], ...rows] = table;
  const cell = (tag: string) => (text: string, i: number) =>
    `<${tag} class="${i < leftColumns ? 'left' : 'right'} ${STATES.has(text) ? text : ''}">${escapeHtml(text)}</${tag}>`;
  const line = (tag: string, cells: readonly string[]): string =>
    `<tr>${cells.map(cell(tag)).join('')}</tr>`;
  return `<div class="wide"><table><thead>${line('th', heading)}</thead>
<tbody>${rows.map((row) => line('td', row)).join('\n')}</tbody></table></div>`;
}

/** Text with `code`. */
function inline(text: string): string {
  return escapeHtml(text).replace(/`([^`]*)`/g, '<code>$1</code>');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Cells with a colour of their own. */
const STATES: ReadonlySet<string> = new Set(['hit', 'missed']);

const STYLE = `
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1150px; margin: 2em auto; padding: 0 1em; color: #222; background: #fff; color-scheme: light dark; }
h2 { margin-top: 2.2em; border-bottom: 1px solid #ddd; }
figure { margin: 1em 0; } figure svg { max-width: 100%; height: auto; } figcaption { color: #666; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 9px; border-bottom: 1px solid #8884; white-space: nowrap; }
td:first-child { white-space: normal; }
.left { text-align: left; } .right { text-align: right; }
.hit { color: #17702a; } .missed { color: #b3261e; } .failures { color: #b3261e; }
summary { cursor: pointer; color: #1f5fbf; }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #16181c; } h2 { border-color: #444; } figcaption { color: #aaa; }
  .hit { color: #6fcf86; } .missed, .failures { color: #ff8a80; } summary { color: #8ab4f8; }
}
`;

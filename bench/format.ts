/** Format: figures, ratios and tables as text. */

import { growthOf } from './growth.ts';
import type { Metric } from './metric.ts';
import type { Results, ScenarioResult, SubjectResult } from './results.ts';
import type { Spread } from './statistics.ts';
import type { SystemName } from './system.ts';
import type { Verdict } from './target.ts';

/** Rows of cells; the first one is the heading. */
export type Table = readonly (readonly string[])[];

/** A figure in its unit, with three digits that count. */
export function figure(value: number, unit: Metric['unit']): string {
  switch (unit) {
    case 'µs':
      return value >= 10_000 ? `${digits(value / 1000)} ms` : `${digits(value)} µs`;
    case 'ns':
      return `${digits(value)} ns`;
    case 'writes':
      return digits(value);
    case 'octets':
      return `${digits(value)} B`;
    case 's':
      return `${digits(value)} s`;
    case '%':
      return `${digits(value)} %`;
    case 'bytes':
      return `${digits(value / 1024)} KiB`;
    default:
      if (value >= 1e6) return `${digits(value / 1e6)} M/s`;
      return value >= 1e3 ? `${digits(value / 1e3)} k/s` : `${digits(value)} /s`;
  }
}

/** `0.93`, `12.4`, `1 230`. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en').replaceAll(',', ' ');
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** `0.93 (0.88–0.97)`. */
export function ratioText(ratio: Spread | undefined): string {
  if (ratio === undefined) return '';
  return `${digits(ratio.median)} (${digits(ratio.min)}–${digits(ratio.max)})`;
}

/** One scenario: a row for each subject and metric, and why something is missing. */
export function scenarioTable(scenario: ScenarioResult): Table {
  const references = referencesIn(scenario);
  const many = scenario.metrics.length > 1;
  const heading = ['', ...(many ? ['figure'] : []), 'median', 'min', 'max'];
  const rows = scenario.subjects.flatMap((subject) =>
    scenario.metrics.map((metric, i) => [
      i === 0 ? subject.name : '',
      ...(many ? [metric.label] : []),
      ...figureCells(subject, metric),
      ...references.map((system) => ratioText(subject.ratios[metric.key]?.[system])),
    ]),
  );
  return [[...heading, ...references.map((system) => `to ${system}`)], ...rows];
}

/** Why something is missing in it. */
export function failuresOf(scenario: ScenarioResult): string[] {
  return scenario.subjects.flatMap(({ name, failure, rounds }) => {
    if (failure === undefined) return [];
    const failed = rounds.filter((round) => round === null).length;
    const when =
      failed === 0 ? 'failed in the warm-up' : `failed in ${failed} of ${rounds.length} rounds`;
    return [`${name} ${when}: ${failure}`];
  });
}

/** What ends in JavaScript allocate, and how often that is collected; undefined where nothing was counted. */
export function countsTable({ subjects }: ScenarioResult): Table | undefined {
  const counted = subjects.filter(({ counts }) => counts !== undefined);
  const roles = new Set(
    counted.flatMap(({ counts }) => Object.keys(counts!).map((key) => key.split('-')[1]!)),
  );
  if (roles.size === 0) return undefined;
  const figures = [...roles].flatMap((role) => [
    { key: `allocated-${role}`, label: `${role.toUpperCase()}: octets a message` },
    { key: `collections-${role}`, label: `collections a million` },
  ]);
  const rows = counted.map(({ name, counts }) => [
    name,
    ...figures.map(({ key }) => (counts![key] === undefined ? '' : digits(counts![key]))),
  ]);
  return [['heap', ...figures.map(({ label }) => label)], ...rows];
}

/** How the first figure grows from scenario to scenario, a line for each group and subject that has several. */
export function growthLines({ scenarios }: Pick<Results, 'scenarios'>): string[] {
  const groups = new Map<string, ScenarioResult[]>();
  for (const scenario of scenarios) {
    if (scenario.grows === undefined) continue;
    groups.set(scenario.group, [...(groups.get(scenario.group) ?? []), scenario]);
  }
  return [...groups].flatMap(([group, members]) => {
    const { key, label } = members[0]!.metrics[0]!;
    const names = new Set(members.flatMap(({ subjects }) => subjects.map(({ name }) => name)));
    return [...names].flatMap((name) => {
      const growth = growthOf(
        members.map(({ grows, subjects }): [number, number] => {
          const subject = subjects.find((each) => each.name === name);
          return [grows!, subject?.spreads[key]?.median ?? 0];
        }),
      );
      return growth === undefined
        ? []
        : [`${group}: ${label} of ${name} ~ number^${growth.toFixed(2)}`];
    });
  });
}

/** What was wanted, what is, and whether that will do. */
export function targetTable(verdicts: readonly Verdict[]): Table {
  return [TARGET_HEADING, ...verdicts.map(targetCells)];
}

export function targetCells({
  title,
  style,
  against,
  wanted,
  ratio,
  state,
}: Verdict): readonly string[] {
  return [title, style, against, wanted, ratioText(ratio), state];
}

export const TARGET_HEADING: readonly string[] = [
  'scenario',
  'style',
  'against',
  'wanted',
  'measured',
  '',
];

/** For a terminal: columns of equal width, figures to the right. */
export function plainTable(table: Table, leftColumns = 1): string {
  const widths = table[0]!.map((_, i) => Math.max(...table.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i < leftColumns ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  return table.map(line).join('\n');
}

/** For Markdown. */
export function markdownTable(table: Table, leftColumns = 1): string {
  const [heading = [], ...rows] = table;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = heading.map((_, i) => (i < leftColumns ? '---' : '---:'));
  return [line(heading), line(rule), ...rows.map(line)].join('\n');
}

/** `zeromq-pure 0.1.0, libzmq 4.3.5`. */
export function versionsText({ systems }: Results): string {
  return systems.map(({ name, version }) => `${name} ${version}`).join(', ');
}

function figureCells(subject: SubjectResult, { key, unit }: Metric): string[] {
  const spread = subject.spreads[key];
  if (spread === undefined) return ['failed', '', ''];
  return [spread.median, spread.min, spread.max].map((value) => figure(value, unit));
}

function referencesIn(scenario: ScenarioResult): SystemName[] {
  const single = scenario.subjects.filter(({ name, system }) => name === system);
  const present = new Set(single.map(({ system }) => system));
  return [...present];
}

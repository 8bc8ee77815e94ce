/** Kept: what bench/RESULTS.md says of scenarios that a run has not measured, to be written there again. */

import { targetCells } from './format.ts';
import type { ScenarioResult } from './results.ts';
import type { Verdict } from './target.ts';

/** The two parts of the page that are made of scenarios. */
export interface Figures {
  /** Rows of the table of targets, heading left out. */
  readonly targets: readonly (readonly string[])[];
  /** By the title of the scenario, what stands under it. */
  readonly sections: ReadonlyMap<string, string>;
}

/** What `page` has. */
export function readFigures(page: string): Figures {
  const [, targets = ''] = page.split(TARGETS);
  const [table = '', all = ''] = targets.split(ALL);
  const rows = table.split('\n').filter((line) => line.startsWith('| '));
  return {
    targets: rows.slice(2).map((row) => row.slice(2, -2).split(' | ')),
    sections: new Map(
      all
        .split(/^### /m)
        .slice(1)
        .map((text) => {
          const end = text.indexOf('\n');
          return [text.slice(0, end), text.slice(end).trim()];
        }),
    ),
  };
}

/** `old` with what is new in the place of what is on the same scenario. */
export function merge(
  old: Figures,
  verdicts: readonly Verdict[],
  scenarios: readonly ScenarioResult[],
  section: (scenario: ScenarioResult) => string,
): Figures {
  const targets = new Map(old.targets.map((row) => [keyOf(row), row]));
  for (const row of verdicts.map(targetCells)) targets.set(keyOf(row), row);
  const sections = new Map(old.sections);
  for (const scenario of scenarios) sections.set(scenario.title, section(scenario));
  return { targets: [...targets.values()], sections };
}

/** Scenario, style and whom it is compared with. */
function keyOf(row: readonly string[]): string {
  return row.slice(0, 3).join('|');
}

/** The headings of the two parts. */
export const TARGETS = '## Targets\n';
export const ALL = '## All figures\n';

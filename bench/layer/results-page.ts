/** Results page: the section of bench/RESULTS.md on the channel layers. The rest of that file is of `npm run bench`. */

import { writeFile } from 'node:fs/promises';
import { markdownTable } from '../format.ts';
import { machineText } from '../machine.ts';
import {
  RESULTS_FILE,
  readResultsFile,
  SECTION_BEGIN,
  SECTION_END,
  splitSection,
} from '../section.ts';
import { type LayerResults, layerFailures, layerTable } from './results.ts';
import { layerTargets } from './target.ts';

/** Writes it, in the place of an earlier one or at the end. */
export async function writeLayerResults(results: LayerResults): Promise<void> {
  const { before, after } = splitSection(await readResultsFile());
  const text = `${SECTION_BEGIN}\n${section(results)}\n${SECTION_END}\n`;
  await writeFile(RESULTS_FILE, `${before}${text}${after}`);
}

function section({ date, machine, systems, rounds, duration, scenarios }: LayerResults): string {
  const tables = scenarios.map((scenario) => {
    const failures = layerFailures(scenario).map((failure) => `\n- ${failure}`);
    return `### ${scenario.title}\n\n${markdownTable(layerTable(scenario), 2)}\n${failures.join('')}`.trimEnd();
  });
  return `
## Channel layers

Written by \`npm run bench:layer -- --write-results\`; no figure here is by hand.

- ${machineText(machine)}
- ${systems.map(({ name, version }) => `${name} ${version}`).join(', ')}
- ${date.slice(0, 10)}; ${rounds} rounds after a warm-up, ${duration} ms each, the layers taking turns within a round

Producer, consumers and hub are processes of their own, over ipc; consumers of one scenario share a process. Where a layer is marked
as recorded, it is not installed here, and its figure comes from an earlier study on a machine of two cores.

${markdownTable(layerTargets(scenarios), 4)}

${tables.join('\n\n')}
`;
}

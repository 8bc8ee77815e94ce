/** `npm run bench:layer`: the channel layers, beside those of Python. */

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { skipRabbitmq } from '../../test/support/layer/rabbitmq-broker.ts';
import { build } from '../build.ts';
import { endAll } from '../child.ts';
import { plainTable } from '../format.ts';
import { machineText, thisMachine } from '../machine.ts';
import { positive, UsageError } from '../options.ts';
import { Progress } from '../progress.ts';
import {
  type LayerResults,
  type LayerScenarioResult,
  layerFailures,
  layerTable,
} from './results.ts';
import { writeLayerResults } from './results-page.ts';
import { runLayerScenario } from './runner.ts';
import { LAYER_SCENARIOS } from './scenario.ts';
import { findSubjects } from './subject.ts';
import { isTargeted, layerTargets } from './target.ts';

const USAGE = `Measures the channel layers, beside those of Python where they are installed.

  npm run bench:layer -- [options]

  --scenario NAME   only those whose name contains NAME; may be repeated
  --targets         only those that have a target; what became of each is the last table
  --rounds N        rounds after the warm-up, 5 by default
  --duration MS     what one measurement is to take, 1500 by default; as long it runs before, since a cold program says nothing
  --json FILE       write all figures there
  --write-results   write the section of bench/RESULTS.md on channel layers
  --list            show the scenarios and layers
  --help            show this

The Python layers take part where they are: on Debian, apt-get install python3-channels-redis redis-server
What is measured through RabbitMQ needs rabbitmq-server; channels_rabbitmq takes part where CHANNELS_RABBITMQ is
the folder that it is imported from`;

/** Returns the exit code. */
async function main(args: string[]): Promise<number> {
  const { scenario, targets, rounds, duration, json, list, help, ...options } = parse(args);
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const scenarios = LAYER_SCENARIOS.filter(
    ({ name, kind }) =>
      (!targets || isTargeted(name)) &&
      (scenario.length === 0 || scenario.some((part) => name.includes(part))) &&
      (skipRabbitmq === false || !kind.startsWith('rabbitmq')),
  );
  if (skipRabbitmq !== false) console.log(skipRabbitmq);
  if (scenarios.length === 0)
    throw new UsageError(`no scenario is called ${scenario.join(' or ')}`);
  if (options['write-results'] && (scenario.length > 0 || targets || rounds < 5)) {
    throw new UsageError('--write-results needs all scenarios, and at least five rounds');
  }
  if (!list) await build();
  const subjects = await findSubjects();
  if (list) for (const { name, title } of scenarios) console.log(`${name.padEnd(20)}  ${title}`);
  const date = new Date().toISOString();
  const machine = thisMachine();
  console.log(machineText(machine));
  console.log(subjects.map(({ name, version }) => `${name} ${version}`).join(', '));
  if (list) return 0;

  const done: LayerScenarioResult[] = [];
  const progress = new Progress(scenarios.length);
  for (const each of scenarios) {
    const result = await runLayerScenario(each, { subjects, rounds, duration, progress });
    done.push(result);
    console.log(`\n${result.title}\n${plainTable(layerTable(result), 2)}`);
    for (const failure of layerFailures(result)) console.log(failure);
  }
  const verdicts = layerTargets(done);
  if (verdicts.length > 1) console.log(`\nTargets\n${plainTable(verdicts, 4)}`);
  const systems = subjects.map(({ name, version }) => ({ name, version }));
  const results: LayerResults = {
    format: 1,
    date,
    machine,
    systems,
    rounds,
    duration,
    scenarios: done,
  };
  if (json !== undefined) {
    await writeFile(json, `${JSON.stringify(results, undefined, 2)}\n`);
    console.log(`\nwrote ${json}`);
  }
  if (options['write-results']) {
    await writeLayerResults(results);
    console.log('\nwrote the channel layers in bench/RESULTS.md');
  }
  return done.every((result) => layerFailures(result).length === 0) ? 0 : 1;
}

function parse(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        scenario: { type: 'string', multiple: true, default: [] },
        targets: { type: 'boolean', default: false },
        rounds: { type: 'string', default: '5' },
        duration: { type: 'string', default: '1500' },
        json: { type: 'string' },
        'write-results': { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return {
      ...values,
      rounds: positive('--rounds', values.rounds, 1000),
      duration: positive('--duration', values.duration, 600_000),
    };
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0]!);
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void endAll().then(() => process.exit(1)));
}
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench:layer: ${(error as Error).message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
} finally {
  await endAll();
  // A broker that was started keeps this process alive, and ends with it.
  process.exit();
}

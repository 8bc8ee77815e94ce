/** Alone: one suite in a process of its own, `NAME TIME`, so that no other has taught the compiler. */

import { Bench } from 'tinybench';
import { plainTable } from '../format.ts';
import { BATCH, type Suite } from './suite.ts';

const [name = '', time = ''] = process.argv.slice(2);
const { suite } = (await import(`./${name}.js`)) as { suite: Suite };
const bench = new Bench({ time: Number(time), warmupTime: Number(time) / 3, throws: true });
const divisors = new Map<string, number>();
for (const each of suite.cases) {
  divisors.set(each.name, each.times ?? BATCH);
  bench.add(each.name, each.run, { async: each.run.constructor.name === 'AsyncFunction' });
}
await bench.run();
const rows = bench.tasks.map(({ name, result }) => {
  if (!('latency' in result)) return [name, 'failed', '', '', ''];
  const { p50, min, p99, samplesCount } = result.latency;
  const price = (milliseconds: number): string =>
    ((milliseconds * 1e6) / divisors.get(name)!).toFixed(1);
  return [name, price(p50), price(min), price(p99), String(samplesCount)];
});
const heading = ['nanoseconds each', 'median', 'min', 'p99', 'runs'];
console.log(`\n${suite.name}: ${suite.rule}\n${plainTable([heading, ...rows])}`);

/** Word count: one job over several processes and two implementations of ZeroMQ. `npm start` */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Counts, countWords } from './count.ts';
import { type Endpoints, endpointsIn } from './endpoints.ts';
import { parseOptions, readTexts, USAGE, UsageError } from './options.ts';
import { askForResult, type Result } from './question.ts';
import { followNews, resultTable } from './report.ts';
import { runSink } from './sink.ts';
import { runVentilator } from './ventilator.ts';

/** Octets to count by default: two or three seconds' worth on a small machine. A tiny file is not stretched that far. */
const ENOUGH = 100_000_000;

/** Runs the whole job and returns the exit code. */
async function main(args: string[]): Promise<number> {
  const { help, workers, repeat, files } = parseOptions(args);
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const texts = await readTexts(files);
  const size = texts.reduce((sum, text) => sum + text.length, 0);
  const rounds = repeat ?? Math.min(Math.ceil(ENOUGH / size), 5_000);
  const times = rounds === 1 ? 'once' : `${rounds} times over`;
  console.log(`${texts.length} ${texts.length === 1 ? 'file' : 'files'}, ${size} bytes, ${times}`);

  const result = await count(texts, rounds, workers);
  console.log(`\n${resultTable(result)}`);

  const wrong = differences(result, texts, rounds);
  if (wrong.length === 0) console.log('a direct count in one process agrees');
  else console.error(`a direct count in one process differs:\n  ${wrong.join('\n  ')}`);
  return wrong.length === 0 ? 0 : 1;
}

/** Starts every role, the workers as processes of their own, and waits for the result. */
async function count(texts: Buffer[], repeat: number, workers: number): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'word-count-'));
  const endpoints = endpointsIn(directory);
  const stop = new AbortController();
  const { signal } = stop;
  const interrupt = () => stop.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt);

  try {
    // The first worker is the libzmq peer. Listeners: the workers, the ventilator and the news.
    const names = Array.from({ length: workers }, (_, i) => `worker-${i + 1}`);
    const children = names.map((name, i) =>
      startWorker(name, i === 0 ? 'zeromq' : 'zeromq-pure', endpoints, signal),
    );
    const sink = runSink(endpoints, { workers, listeners: workers + 2 }, signal);
    const roles = Promise.all([
      askForResult(endpoints, 10, signal),
      runVentilator(endpoints, { texts, repeat, workers }, signal),
      followNews(endpoints, process.stdout, signal),
      ...children,
    ]);
    // The sink never ends by itself, so only its failure could settle this race.
    const [result] = await Promise.race([roles, sink.then(() => roles)]);
    stop.abort();
    await sink;
    return result;
  } catch (error) {
    // The first failure ends the other processes, whose errors are then of no interest.
    const reason = signal.aborted ? signal.reason : error;
    stop.abort(reason);
    throw reason;
  } finally {
    process.off('SIGINT', interrupt);
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs a worker process until it ends. Rejects when it ends with an error. */
async function startWorker(
  name: string,
  implementation: 'zeromq' | 'zeromq-pure',
  { lines, results, news }: Endpoints,
  signal: AbortSignal,
): Promise<void> {
  const program = join(import.meta.dirname, 'worker.js');
  const child = fork(program, [name, implementation, lines, results, news], { signal });
  const [code, killed] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${name} ended early (${killed ?? `exit code ${code}`})`);
}

/** How the result differs from a direct count of `texts`, `repeat` times over; a line for each difference. */
function differences({ totals, counts }: Result, texts: Buffer[], repeat: number): string[] {
  const direct: Counts = new Map();
  let words = 0;
  let bytes = 0;
  for (const text of texts) {
    const lines = text.toString('latin1').split('\n');
    bytes += lines.reduce((sum, line) => sum + line.length, 0);
    words += countWords(text.toString(), direct);
  }
  const counted = { words: 0, bytes: 0 };
  for (const share of totals.workers) {
    counted.words += share.words;
    counted.bytes += share.bytes;
  }
  const wrong = [...new Set([...direct.keys(), ...counts.keys()])]
    .filter((word) => counts.get(word) !== (direct.get(word) ?? 0) * repeat)
    .map((word) => `"${word}": ${counts.get(word)}, not ${(direct.get(word) ?? 0) * repeat}`);
  if (counted.words !== words * repeat)
    wrong.push(`words: ${counted.words}, not ${words * repeat}`);
  if (counted.bytes !== bytes * repeat)
    wrong.push(`bytes: ${counted.bytes}, not ${bytes * repeat}`);
  return wrong;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`word-count: ${(error as Error).message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

/** The sink: collects the counts of the workers, broadcasts the progress and answers questions. */

import { Publisher, Pull, Reply } from 'zeromq-pure';
import { addCounts, type Counts, topWords } from './count.ts';
import { closeOnAbort, type Endpoints } from './endpoints.ts';

/** The part of the job that one worker did. */
export interface Share {
  readonly name: string;
  readonly implementation: string;
  words: number;
  messages: number;
  bytes: number;
}

/** The answer to the question `totals`. */
export interface Totals {
  /** From `start` to the last block counted. */
  readonly seconds: number;
  readonly workers: readonly Share[];
}

/** How many workers report, and how many subscribers there are to wait for, workers included. */
export interface Audience {
  readonly workers: number;
  readonly listeners: number;
}

/** Milliseconds between two `progress` broadcasts. */
const PROGRESS_INTERVAL = 100;

/** Collects the whole result, then answers questions until `signal` aborts. */
export async function runSink(
  endpoints: Pick<Endpoints, 'results' | 'news' | 'answers'>,
  { workers, listeners }: Audience,
  signal: AbortSignal,
): Promise<void> {
  const results = new Pull();
  const news = new Publisher();
  const answers = new Reply();
  closeOnAbort(signal, results, news, answers);
  await results.bind(endpoints.results);
  await news.bind(endpoints.news);
  await answers.bind(endpoints.answers);

  const shares = new Map<string, Share>();
  while (shares.size < workers) {
    const [, name = '', implementation = ''] = (await results.receive()).map(String);
    shares.set(name, { name, implementation, words: 0, messages: 0, bytes: 0 });
  }

  // A subscription travels on another connection than its worker's `ready`, and a PUB drops what
  // nobody has asked for: `start` and `end` reach everyone only if all have asked by now.
  await news.waitFor('subscription', { peers: listeners, timeout: 10_000 });
  await news.send(['start', ...[...shares.values()].map((share) => share.implementation)]);

  const started = performance.now();
  let total = Number.POSITIVE_INFINITY;
  let told = 0;
  for (let counted = 0, words = 0; counted < total; ) {
    const [kind, name = '', ...numbers] = (await results.receive()).map(String);
    if (kind === 'total') {
      total = Number(name);
      continue;
    }
    const share = shares.get(name)!; // only workers that have reported ready get lines
    share.messages += 1;
    share.words += Number(numbers[0]);
    share.bytes += Number(numbers[1]);
    counted += 1;
    words += Number(numbers[0]);
    const elapsed = performance.now() - started;
    if (elapsed - told < PROGRESS_INTERVAL) continue;
    told = elapsed;
    await news.send(['progress', String(counted), String(total), String(words), String(elapsed)]);
  }
  const seconds = (performance.now() - started) / 1_000;
  await news.send('end');

  const counts: Counts = new Map();
  for (let tables = 0; tables < workers; tables++) {
    const [, , table = '[]'] = (await results.receive()).map(String);
    addCounts(counts, JSON.parse(table));
  }

  // Questions asked while we were counting have waited in the queue of `answers`.
  for await (const [question, argument] of answers) {
    await answers.send(JSON.stringify(answer(String(question), Number(argument))));
  }

  function answer(question: string, n: number): unknown {
    if (question === 'totals') return { seconds, workers: [...shares.values()] } satisfies Totals;
    if (question === 'top') return topWords(counts, n);
    if (question === 'counts') return [...counts];
    return { error: `no answer to "${question}": ask "totals", "top" and a number, or "counts"` };
  }
}

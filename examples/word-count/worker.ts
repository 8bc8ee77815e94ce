/** A worker: counts the words of the lines it receives. The program of one worker process. */

import { type Counts, countWords } from './count.ts';
import { closeOnAbort, type Endpoints } from './endpoints.ts';

/** What a worker needs of a ZeroMQ package. The npm `zeromq` has it under the same names. */
export type ZeroMQ = Pick<typeof import('zeromq-pure'), 'Pull' | 'Push' | 'Subscriber'>;

/** A worker in the report: its name, and the package that its sockets come from. */
export interface Identity {
  readonly name: string;
  readonly implementation: string;
}

/** Works until the sink's `end`, then sends the table of all words it has counted. */
export async function runWorker(
  zmq: ZeroMQ,
  endpoints: Pick<Endpoints, 'lines' | 'results' | 'news'>,
  { name, implementation }: Identity,
  signal: AbortSignal,
): Promise<void> {
  const lines = new zmq.Pull({ receiveHighWaterMark: 16 });
  const results = new zmq.Push();
  const news = new zmq.Subscriber();
  closeOnAbort(signal, lines, results, news);

  // Subscribed first, ready second: the subscription of a worker that has reported ready is under way.
  news.connect(endpoints.news);
  news.subscribe('end');
  lines.connect(endpoints.lines);
  results.connect(endpoints.results);
  await results.send(['ready', name, implementation]);

  // `end` comes when every block has been counted, so nothing is left in `lines` to lose.
  const end = news.receive().finally(() => lines.close());
  const counts: Counts = new Map();
  for await (const block of lines) {
    let words = 0;
    let bytes = 0;
    for (const line of block) {
      words += countWords(line.toString(), counts);
      bytes += line.length;
    }
    await results.send(['count', name, String(words), String(bytes)]);
  }
  await end;

  await results.send(['table', name, JSON.stringify([...counts])]);
  results.close();
  news.close();
}

/** `worker.js NAME PACKAGE LINES RESULTS NEWS`, as main.ts starts it. */
async function main([name = '', wanted = '', lines = '', results = '', news = '']: string[]) {
  const zmq = await load(wanted);
  // A worker whose job has ended early has no one to report to.
  process.once('disconnect', () => process.exit(1));
  const never = new AbortController().signal;
  await runWorker(zmq, { lines, results, news }, { name, implementation: zmq.name }, never);
  process.removeAllListeners('disconnect');
  process.disconnect();
}

/** The package `wanted`, or ours when it cannot be loaded here. */
async function load(wanted: string): Promise<ZeroMQ & { name: string }> {
  try {
    const zmq = await import(wanted);
    return { ...zmq, name: wanted === 'zeromq' ? `libzmq ${zmq.version}` : wanted };
  } catch {
    return { ...(await import('zeromq-pure')), name: 'zeromq-pure' };
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));

/** The ventilator: cuts texts into blocks of lines and sends them to the workers. */

import { Push, Subscriber } from 'zeromq-pure';
import { closeOnAbort, type Endpoints } from './endpoints.ts';

/** Lines in one message. With one line in each, a message would cost more than its line. */
const BLOCK = 64;

/** Blocks queued for one worker. Few, so that a slow one holds little when the others run dry. */
const QUEUE = 16;

/** The job: `texts`, `repeat` times over, for `workers` workers. */
export interface Work {
  readonly texts: readonly Buffer[];
  readonly repeat: number;
  readonly workers: number;
}

/**
 * Waits for the sink's `start`, then sends every block. Resolves when the last one is queued; the
 * queues are kept until `signal` aborts.
 */
export async function runVentilator(
  endpoints: Pick<Endpoints, 'lines' | 'results' | 'news'>,
  { texts, repeat, workers }: Work,
  signal: AbortSignal,
): Promise<void> {
  const lines = new Push({ sendHighWaterMark: QUEUE });
  const results = new Push();
  const news = new Subscriber();
  closeOnAbort(signal, lines, results, news);

  await lines.bind(endpoints.lines);
  results.connect(endpoints.results);
  news.connect(endpoints.news);
  news.subscribe('start');
  await news.receive();
  // `start` says that every worker runs, not that its PULL has reached us: without this wait the
  // first to connect would get the first blocks alone.
  await lines.waitFor('handshake', { peers: workers, timeout: 10_000 });

  const blocks = texts.flatMap(cut);
  await results.send(['total', String(blocks.length * repeat)]);
  for (let round = 0; round < repeat; round++) {
    // Waits whenever every worker has QUEUE blocks waiting: the workers set the pace.
    for (const block of blocks) await lines.send(block);
  }
}

/** The lines of `text` without their ends, `BLOCK` at a time. Views of `text`, not copies. */
export function cut(text: Buffer): Buffer[][] {
  const blocks: Buffer[][] = [];
  let block: Buffer[] = [];
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    block.push(text.subarray(start, end));
    if (block.length === BLOCK) {
      blocks.push(block);
      block = [];
    }
    start = end + 1;
  }
  if (block.length > 0) blocks.push(block);
  return blocks;
}

/** What the job shows: its progress while it runs, and the table at the end. */

import type { WriteStream } from 'node:tty';
import { Subscriber } from 'zeromq-pure';
import { columns, number } from '../table.ts';
import { closeOnAbort, type Endpoints } from './endpoints.ts';
import type { Result } from './question.ts';

/** Where progress is shown: on a terminal in one line that changes, elsewhere in a new line now and then. */
export type Output = Pick<NodeJS.WritableStream, 'write'> & Partial<Pick<WriteStream, 'isTTY'>>;

/** Shows the sink's broadcasts on `output` until `end`. */
export async function followNews(
  endpoints: Pick<Endpoints, 'news'>,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const news = new Subscriber();
  closeOnAbort(signal, news);
  news.connect(endpoints.news);
  news.subscribe();

  let nextLine = 0;
  for await (const message of news) {
    const [topic, ...rest] = message.map(String);
    if (topic === 'start') output.write(`${workforce(rest)}\n`);
    if (topic === 'progress') {
      const [counted = 0, total = 0, words = 0, elapsed = 0] = rest.map(Number);
      const line = progress(counted / total, words, counted / (elapsed / 1_000));
      if (output.isTTY) output.write(`\r\x1b[K${line}`);
      else if (elapsed >= nextLine) {
        output.write(`${line}\n`);
        nextLine = elapsed + 500;
      }
    }
    if (topic === 'end') break;
  }
  if (output.isTTY) output.write('\r\x1b[K');
  news.close();
}

/** The table of workers, the totals and the most frequent words. */
export function resultTable({ totals, top, counts }: Result): string {
  const { seconds, workers } = totals;
  const sum = { name: 'total', implementation: '', words: 0, messages: 0, bytes: 0 };
  for (const worker of workers) {
    sum.words += worker.words;
    sum.messages += worker.messages;
    sum.bytes += worker.bytes;
  }
  const shares = [...workers].sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows = [...shares, sum].map((share) => [
    share.name,
    number(share.words),
    number(share.messages),
    number(share.bytes),
    number(share.messages / seconds),
    share.implementation,
  ]);
  const mostFrequent = top.map(([word, count]) => `${word} ${number(count)}`);
  return [
    ...columns([['worker', 'words', 'messages', 'bytes', 'messages/s', 'implementation'], ...rows]),
    '',
    `${number(counts.size)} different words, ${seconds.toFixed(2)} s`,
    `top ${top.length}: ${mostFrequent.join(', ')}`,
  ].join('\n');
}

/** "workers: 3 zeromq-pure, 1 libzmq 4.3.5" */
function workforce(implementations: readonly string[]): string {
  const kinds = [...new Set(implementations)].sort().reverse();
  const parts = kinds.map((kind) => `${implementations.filter((i) => i === kind).length} ${kind}`);
  const alone = !kinds.some((kind) => kind.startsWith('libzmq'));
  const remark = alone ? ' (no libzmq peer: the npm package zeromq cannot be loaded here)' : '';
  return `workers: ${parts.join(', ')}${remark}`;
}

function progress(share: number, words: number, rate: number): string {
  const bar = '#'.repeat(Math.floor(share * 30)).padEnd(30, '.');
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${bar}] ${percent} %  ${number(words)} words  ${number(rate)} messages/s`;
}

/** An act: producers and consumers in processes of their own go through a plan, and the messages that arrived are checked. */

import { setTimeout as sleep } from 'node:timers/promises';
import { columns, number } from '../table.ts';
import type { Place } from './layer.ts';
import { addressOf, arrivals, differences, type Report, type Step } from './plan.ts';
import { Player } from './player.ts';

/** Who plays, and what. */
export interface Cast {
  readonly producers: number;
  readonly consumers: number;
  readonly steps: readonly Step[];
}

/** Plays the act at `place`. Returns the lines of its table, and one line for each thing that went wrong. */
export async function play(
  { producers, consumers, steps }: Cast,
  place: Place,
  signal: AbortSignal,
): Promise<{ table: string[]; wrong: string[] }> {
  const start = (role: string, count: number, ...words: string[]): Promise<Player[]> =>
    Promise.all(
      Array.from({ length: count }, (_, i) =>
        Player.start(
          `${role} ${i + 1}`,
          `${role}.js`,
          [`${i + 1}`, JSON.stringify(place), ...words],
          signal,
        ),
      ),
    );
  // All at the same time: the order in which they connect does not matter.
  const [sending, reading] = await Promise.all([
    start('producer', producers),
    start('consumer', consumers, JSON.stringify(steps)),
  ]);

  const rows = [['to', 'sent', 'arrived', 'seconds', 'a second', 'read by']];
  let before = 0;
  for (const step of steps) {
    const startedAt = await Promise.all(
      sending.map((producer) => producer.ask<number>('send', step)),
    );
    const expected = arrivals(step, producers);
    const { count, lastAt } = await arrival(reading, before + expected);
    const seconds = Math.max(lastAt - Math.min(...startedAt), 1) / 1000;
    const arrived = count - before;
    before = count;
    rows.push([
      addressOf(step),
      number(step.count * producers),
      number(arrived),
      seconds.toFixed(2),
      number(arrived / seconds),
      readers(step),
    ]);
    if (arrived !== expected) break;
  }
  const reports = await Promise.all(reading.map((consumer) => consumer.ask<Report>('report')));
  // Consumers end first, so that they do not miss their producers.
  for (const player of [...reading, ...sending]) await player.end();
  return { table: columns(rows), wrong: differences(steps, producers, reports) };
}

interface Progress {
  readonly count: number;
  readonly lastAt: number;
}

/** Settles when `expected` messages have arrived altogether, or none has arrived for `PATIENCE`. */
async function arrival(consumers: readonly Player[], expected: number): Promise<Progress> {
  let best: Progress = { count: -1, lastAt: 0 };
  for (let changedAt = Date.now(); ; await sleep(20)) {
    const each = await Promise.all(consumers.map((one) => one.ask<Progress>('progress')));
    const count = each.reduce((sum, one) => sum + one.count, 0);
    if (count > best.count) {
      best = { count, lastAt: Math.max(...each.map((one) => one.lastAt)) };
      changedAt = Date.now();
    }
    if (count >= expected || Date.now() - changedAt > PATIENCE) return best;
  }
}

function readers({ kind, consumers }: Step): string {
  if (consumers.length === 1) return `consumer ${consumers[0]}`;
  const all = `consumers ${consumers.slice(0, -1).join(', ')} and ${consumers.at(-1)}`;
  return kind === 'group' ? all : `one of ${all}`;
}

/** Milliseconds without a message after which nothing more is expected. */
const PATIENCE = 10_000;

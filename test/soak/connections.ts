/** Soak: very many connections opened and closed, each with a message. */

import { Pull, Push } from 'zeromq-pure';
import type { Finding } from './finding.ts';
import { compare, type Holdings, holdings, slopes } from './memory.ts';

/** `count` of them, at most 50 at a time. A tenth as many before, as a warm-up. */
export async function soakConnections(count: number): Promise<Finding> {
  const pull = new Pull();
  const endpoints: string[] = [];
  // Several ports: closed connections keep theirs for a minute, and one has only some ten thousand of them.
  for (let i = 0; i < 8; i++) {
    await pull.bind('tcp://127.0.0.1:*');
    endpoints.push(pull.lastEndpoint!);
  }
  await openAndClose(pull, endpoints, Math.ceil(count / 10));
  const samples: Holdings[] = [await holdings()];
  const startedAt = performance.now();
  const each = Math.ceil(count / SAMPLES);
  for (let opened = 0; opened < count; opened += each) {
    await openAndClose(pull, endpoints, Math.min(each, count - opened));
    samples.push(await holdings());
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const { peers } = pull.stats();
  const compared = compare(samples[0]!, samples.at(-1)!);
  const sloped = slopes(samples);
  pull.close();
  return {
    title: `${count} connections opened and closed in ${seconds.toFixed(1)} s`,
    lines: [...compared.lines, ...sloped.lines, `  peers left: ${peers.length}`],
    good: compared.good && sloped.good && peers.length === 0,
  };
}

async function openAndClose(
  pull: Pull,
  endpoints: readonly string[],
  count: number,
): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const push = new Push();
      push.connect(endpoints[next++ % endpoints.length]!);
      await push.send('here');
      await push[Symbol.asyncDispose]();
    }
  };
  const received = (async () => {
    for (let i = 0; i < count; i++) await pull.receive({ timeout: 60_000 });
  })();
  await Promise.all([received, ...Array.from({ length: 50 }, one)]);
  while (pull.stats().peers.length > 0) await pull.waitFor('disconnect', { timeout: 10_000 });
}

const SAMPLES = 10;

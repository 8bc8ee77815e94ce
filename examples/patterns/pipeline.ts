/** Pipeline: a producer deals numbers to consumers, a collector counts what they find. */

import { Pull, Push } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** What the producer sends. */
interface Work {
  readonly num: number;
}

/** What a consumer finds. */
interface Result {
  readonly consumer: string;
  readonly num: number;
}

/** Sends the numbers from 0 to 1999. Without consumers it waits: a PUSH never drops. */
export async function producer({ work }: { work: string }, { signal, log }: Run): Promise<void> {
  const socket = new Push();
  closeOnAbort(signal, socket);
  await socket.bind(work);
  log(`listening on ${socket.lastEndpoint}`);

  for (let num = 0; num < 2_000; num++) await socket.sendJson({ num } satisfies Work);
  socket.close();
}

/** Passes the even numbers on, under its own name. */
export async function consumer(
  { work, results }: { work: string; results: string },
  { signal, log }: Run,
  name: string,
): Promise<void> {
  const from = new Pull();
  const to = new Push();
  closeOnAbort(signal, from, to);
  from.connect(work);
  to.connect(results);
  log(`I am consumer #${name}`);

  for await (const [part] of from) {
    const { num }: Work = JSON.parse(String(part));
    if (num % 2 === 0) await to.sendJson({ consumer: name, num } satisfies Result);
  }
}

/** Takes a thousand results and says who found how many. */
export async function collector(
  { results }: { results: string },
  { signal, log }: Run,
): Promise<Map<string, number[]>> {
  const socket = new Pull();
  closeOnAbort(signal, socket);
  await socket.bind(results);
  log(`listening on ${socket.lastEndpoint}`);

  const found = new Map<string, number[]>();
  for (let count = 0; count < 1_000; count++) {
    const { consumer, num } = await socket.receiveJson<Result>();
    const nums = found.get(consumer) ?? [];
    found.set(consumer, nums);
    nums.push(num);
  }
  const counts = [...found].map(([name, nums]) => [name, nums.length]);
  log(`results by consumer: ${JSON.stringify(Object.fromEntries(counts))}`);
  socket.close();
  return found;
}

await perform(
  import.meta,
  {
    producer: (run) => producer({ work: local(5557) }, run),
    consumer: (run, [name = '1']) =>
      consumer({ work: local(5557), results: local(5558) }, run, name),
    collector: async (run) => {
      await collector({ results: local(5558) }, run);
    },
  },
  { beside: ['consumer 1', 'consumer 2'], until: ['collector', 'producer'] },
);

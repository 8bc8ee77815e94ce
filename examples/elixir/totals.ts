/** Totals: workers that each add up the numbers they receive, and report the running total. */

import { Pull, Push } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** How many numbers are sent, from 0 on. */
const COUNT = 10;

/** Sends the numbers when `workerCount` workers are connected. */
export async function ventilator(
  { numbers }: { numbers: string },
  { signal, log }: Run,
  workerCount = 1,
): Promise<void> {
  const socket = new Push();
  closeOnAbort(signal, socket);
  await socket.bind(numbers);
  log(`listening on ${socket.lastEndpoint}`);
  await socket.waitFor('handshake', { peers: workerCount, signal });
  for (let n = 0; n < COUNT; n++) await socket.send(String(n));
  socket.close();
}

/** Adds each number to its total, and sends both. */
export async function worker(
  { numbers, totals }: { numbers: string; totals: string },
  { signal }: Run,
  name: string,
): Promise<void> {
  const from = new Pull();
  const to = new Push();
  closeOnAbort(signal, from, to);
  from.connect(numbers);
  to.connect(totals);
  let total = 0;
  for await (const [number] of from) {
    total += Number(number);
    await to.send([name, String(number), String(total)]);
  }
}

/** Shows the reports of the workers until every number has been reported. */
export async function sink({ totals }: { totals: string }, { signal, log }: Run): Promise<void> {
  const socket = new Pull();
  closeOnAbort(signal, socket);
  await socket.bind(totals);
  log(`listening on ${socket.lastEndpoint}`);
  for (let heard = 0; heard < COUNT; heard++) {
    const [name, number, total] = await socket.receive();
    log(`worker ${name}: ${number} makes ${total}`);
  }
  socket.close();
}

await perform(
  import.meta,
  {
    ventilator: (run, [workers = '1']) =>
      ventilator({ numbers: local(5555) }, run, Number(workers)),
    worker: (run, [name = '1']) => worker({ numbers: local(5555), totals: local(5556) }, run, name),
    sink: (run) => sink({ totals: local(5556) }, run),
  },
  { beside: ['worker 1'], until: ['sink', 'ventilator'] },
);

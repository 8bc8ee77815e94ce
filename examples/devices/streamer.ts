/** Streamer device: messages from any number of feeders, shared out among any number of workers. */

import { Pull, Push, proxy } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** Messages in all, for two workers. */
const COUNT = 10;

/** Passes messages on to workers that have room for them. */
export async function device(
  { feeders, workers }: { feeders: string; workers: string },
  { signal, log }: Run,
  workerCount = 2,
): Promise<void> {
  const frontend = new Pull();
  const backend = new Push();
  closeOnAbort(signal, frontend, backend);
  await backend.bind(workers);
  log(`workers may come to ${backend.lastEndpoint}`);
  await backend.waitFor('handshake', { peers: workerCount, signal });
  await frontend.bind(feeders);
  log(`feeders may come to ${frontend.lastEndpoint}`);
  await proxy(frontend, backend, { signal });
}

/** Sends the numbers from 0 to 9. */
export async function feeder({ work }: { work: string }, { signal }: Run): Promise<void> {
  const socket = new Push();
  closeOnAbort(signal, socket);
  socket.connect(work);
  for (let num = 0; num < COUNT; num++) await socket.sendJson({ num });
  socket.close();
}

/** Receives every second number. */
export async function worker(
  { work }: { work: string },
  { signal, log }: Run,
  name: string,
): Promise<void> {
  const socket = new Pull();
  closeOnAbort(signal, socket);
  socket.connect(work);
  log(`I am consumer #${name}`);
  for (let taken = 0; taken < COUNT / 2; taken++) {
    const { num } = await socket.receiveJson<{ num: number }>();
    log(JSON.stringify({ consumer: name, num }));
  }
  socket.close();
}

await perform(
  import.meta,
  {
    device: (run) => device({ feeders: local(5559), workers: local(5560) }, run),
    feeder: (run) => feeder({ work: local(5559) }, run),
    worker: (run, [name = '1']) => worker({ work: local(5560) }, run, name),
  },
  { beside: ['device'], until: ['feeder', 'worker 1', 'worker 2'] },
);

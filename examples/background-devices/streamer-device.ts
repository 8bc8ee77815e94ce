/** Streamer device in a process of its own, set up by calls that name the side that they configure. */

import { Device, Pull, Push } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** Messages in all, for two workers. */
const COUNT = 10;

/** Runs the device until `signal` aborts. */
export async function device(
  { feeders, workers }: { feeders: string; workers: string },
  { signal, log }: Run,
): Promise<void> {
  const streamer = new Device({ in: 'pull', out: 'push', where: 'process' })
    .bindIn(feeders)
    .bindOut(workers)
    // As in the guide, although it has no effect on PULL and PUSH.
    .optionsIn({ routingId: 'DEVICE IN' })
    .optionsOut({ routingId: 'DEVICE OUT' });
  signal.addEventListener('abort', () => void streamer.stop());
  await streamer.start();
  log(`feeders may come to ${streamer.endpoints.in[0]}`);
  log(`workers may come to ${streamer.endpoints.out[0]}`);
  await streamer.join();
}

/** Sends ten messages. */
export async function feeder({ work }: { work: string }, { signal }: Run): Promise<void> {
  const socket = new Push();
  closeOnAbort(signal, socket);
  socket.connect(work);
  for (let n = 0; n < COUNT; n++) await socket.send(`#${n}`);
  socket.close();
}

/** Receives its half of the messages. */
export async function worker(
  { work }: { work: string },
  { signal, log }: Run,
  name: string,
): Promise<void> {
  const socket = new Pull();
  closeOnAbort(signal, socket);
  socket.connect(work);
  await socket.waitFor('handshake', { signal });
  log(`Worker #${name} is there`);
  for (let taken = 0; taken < COUNT / 2; taken++) {
    const [message] = await socket.receive();
    log(`Worker #${name} got message! ${message}`);
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
  {
    first: ['device', 'worker 1', 'worker 2'],
    beside: ['device'],
    until: ['feeder', 'worker 1', 'worker 2'],
  },
);

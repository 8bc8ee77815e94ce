/** Round robin: how a PUSH shares its messages out among several PULLs. */

import { Pull, Push } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** Messages in all, and for each of the two PULLs. */
const COUNT = 10;

/** Sends the numbers from 0 to 9, when both PULLs are connected. */
export async function push({ work }: { work: string }, { signal, log }: Run): Promise<void> {
  const socket = new Push();
  closeOnAbort(signal, socket);
  await socket.bind(work);
  log(`listening on ${socket.lastEndpoint}`);
  // Otherwise the PULL that connects first would get the first messages alone.
  await socket.waitFor('handshake', { peers: 2 });

  for (let n = 0; n < COUNT; n++) await socket.send(String(n));
  socket.close();
}

/** Receives its half: every second message. */
export async function pull({ work }: { work: string }, { signal, log }: Run): Promise<void> {
  const socket = new Pull();
  closeOnAbort(signal, socket);
  socket.connect(work);
  for (let n = 0; n < COUNT / 2; n++) {
    const [message] = await socket.receive();
    log(`received ${message}`);
  }
  socket.close();
}

await perform(
  import.meta,
  {
    push: (run) => push({ work: local(5557) }, run),
    pull: (run) => pull({ work: local(5557) }, run),
  },
  { until: ['push', 'pull A', 'pull B'] },
);

/** Free port: let the system choose one, and ask which it was. */

import { Reply } from 'zeromq-pure';
import { closeOnAbort, perform, type Run } from '../role.ts';

/** Listens on a free port, and logs which it is. */
export async function main({ anywhere }: { anywhere: string }, { signal, log }: Run) {
  const socket = new Reply();
  closeOnAbort(signal, socket);
  await socket.bind(anywhere);
  const { port } = new URL(socket.lastEndpoint!);
  log(`port ${port}`);
  socket.close();
}

await perform(
  import.meta,
  { main: (run) => main({ anywhere: 'tcp://*:*' }, run) },
  { until: ['main'] },
);

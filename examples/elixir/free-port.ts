/** Free port: let the system choose one, and ask which it was. */

import { Reply } from 'zeromq-pure';
import { closeOnAbort, perform, type Run } from '../role.ts';

/** Listens where there is room, and tells where that is. */
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

/** Versions and contexts: which library this is, and where sockets live. */

import { Context, Pair, packageVersion, version } from 'zeromq-pure';
import { closeOnAbort, perform, type Run } from '../role.ts';

/** Shows the versions, then two functions that share a context and hence an inproc endpoint. */
export async function main({ room }: { room: string }, run: Run): Promise<void> {
  run.log(`behaves as libzmq ${version}`);
  run.log(`zeromq-pure ${packageVersion}`);

  // A context may be passed around. A socket belongs to the function that made it.
  const context = new Context();
  await Promise.all([speaker(context, room, run), listener(context, room, run)]);
  // Closes the sockets that are still open in it, and waits until the last message has left.
  await context.close();
  run.log('the context is closed');
}

async function speaker(context: Context, room: string, { signal }: Run): Promise<void> {
  const socket = new Pair({ context });
  closeOnAbort(signal, socket);
  await socket.bind(room);
  await socket.send('we share a context');
}

async function listener(context: Context, room: string, { signal, log }: Run): Promise<void> {
  const socket = new Pair({ context });
  closeOnAbort(signal, socket);
  socket.connect(room);
  const [message] = await socket.receive();
  log(String(message));
}

await perform(
  import.meta,
  { main: (run) => main({ room: 'inproc://room' }, run) },
  { until: ['main'] },
);

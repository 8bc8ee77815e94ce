/** Versions and contexts: which library this is, and where sockets live. */

import { Context, Pair, packageVersion, version } from 'zeromq-pure';
import { closeOnAbort, perform, type Run } from '../role.ts';

/** Shows the versions, then two functions that share a context and hence an inproc endpoint. */
export async function main({ room }: { room: string }, run: Run): Promise<void> {
  run.log(`behaves as libzmq ${version}`);
  run.log(`zeromq-pure ${packageVersion}`);

  // A context may be handed around. A socket belongs to the one who made it.
  const context = new Context();
  await Promise.all([speaker(context, room, run), listener(context, room, run)]);
  // Closes whatever is left open in it, and waits until the last message is away.
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

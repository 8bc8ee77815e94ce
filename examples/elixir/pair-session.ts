/** A session with PAIR: one greeting each way, and what happens when nobody answers. */

import { Pair, type SocketError } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** How long each waits for the other's greeting, in milliseconds. */
const PATIENCE = 1_000;

/** Greets, is greeted, waits in vain for more, and can still talk afterwards. */
export async function server(
  { chat }: { chat: string },
  { signal, log }: Run,
  vain = 200,
): Promise<void> {
  const socket = new Pair();
  closeOnAbort(signal, socket);
  await socket.bind(chat);
  log(`listening on ${socket.lastEndpoint}`);
  await socket.waitFor('handshake', { signal });

  await socket.send('hello from server');
  log(String(await socket.receive({ timeout: PATIENCE })));
  const started = performance.now();
  try {
    await socket.receive({ timeout: vain });
  } catch (error) {
    const took = Math.round(performance.now() - started);
    log(`${(error as SocketError).code} after ${took} ms`);
  }
  await socket.send('goodbye from server');
  log(String(await socket.receive({ timeout: PATIENCE })));
  socket.close();
}

/** Greets, and says goodbye when the server does. */
export async function client({ chat }: { chat: string }, { signal, log }: Run): Promise<void> {
  const socket = new Pair();
  closeOnAbort(signal, socket);
  socket.connect(chat);
  await socket.send('hello from client');
  log(String(await socket.receive({ timeout: PATIENCE })));
  log(String(await socket.receive({ timeout: PATIENCE })));
  await socket.send('goodbye from client');
  socket.close();
}

await perform(
  import.meta,
  {
    server: (run, [port = '5555']) => server({ chat: local(port) }, run),
    client: (run, [port = '5555']) => client({ chat: local(port) }, run),
  },
  { until: ['server', 'client'] },
);

/** Echo: one REP for any number of REQs, each of which gets back its own text. */

import { Reply, Request } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** Sends back every request. */
export async function server({ echo }: { echo: string }, { signal, log }: Run): Promise<void> {
  const socket = new Reply();
  closeOnAbort(signal, socket);
  await socket.bind(echo);
  log(`listening on ${socket.lastEndpoint}`);
  for await (const message of socket) await socket.send(message);
}

/** Sends `text` three times and shows what comes back. */
export async function client(
  { echo }: { echo: string },
  { signal, log }: Run,
  text: string,
): Promise<void> {
  const socket = new Request();
  closeOnAbort(signal, socket);
  socket.connect(echo);
  for (let time = 1; time <= 3; time++) {
    await socket.send(`${text} ${time}`);
    const [reply] = await socket.receive();
    log(String(reply));
  }
  socket.close();
}

await perform(
  import.meta,
  {
    server: (run) => server({ echo: local(5555) }, run),
    client: (run, [text = 'hello']) => client({ echo: local(5555) }, run, text),
  },
  { beside: ['server'], until: ['client one', 'client two', 'client three'] },
);

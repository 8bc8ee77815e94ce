/** Pair: two sockets that talk to each other and to nobody else, in any order and any number. */

import { Pair } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** How often the server speaks. */
const TURNS = 3;

/** Says one thing at a time, and listens to one. */
export async function server({ chat }: { chat: string }, { signal, log }: Run): Promise<void> {
  const socket = new Pair();
  closeOnAbort(signal, socket);
  await socket.bind(chat);
  log(`listening on ${socket.lastEndpoint}`);

  for (let turn = 1; turn <= TURNS; turn++) {
    await socket.send('Server message to client3');
    const [message] = await socket.receive();
    log(String(message));
  }
  // The client sends two messages for each of ours: those not received yet are waiting, or under way.
  for (let rest = 1; rest <= TURNS; rest++) {
    const [message] = await socket.receive();
    log(String(message));
  }
  socket.close();
}

/** Answers each thing it hears with two. No request, no reply: a PAIR has no turns to keep. */
export async function client({ chat }: { chat: string }, { signal, log }: Run): Promise<void> {
  const socket = new Pair();
  closeOnAbort(signal, socket);
  socket.connect(chat);

  for (let turn = 1; turn <= TURNS; turn++) {
    const [message] = await socket.receive();
    log(String(message));
    await socket.send('client message to server1');
    await socket.send('client message to server2');
  }
  // Messages that wait to be sent are sent even after `close`.
  socket.close();
}

await perform(
  import.meta,
  {
    server: (run, [port = '5556']) => server({ chat: local(port) }, run),
    client: (run, [port = '5556']) => client({ chat: local(port) }, run),
  },
  { until: ['server', 'client'] },
);

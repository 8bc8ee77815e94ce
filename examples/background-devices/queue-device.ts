/** Queue device in a process of its own, with room for a single message anywhere. */

import { Queue, Reply, Request } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** One message at a time, in each direction. */
const ONE = { sendHighWaterMark: 1, receiveHighWaterMark: 1 };

/** Runs the device until `signal` aborts. */
export async function device(
  { clients, servers }: { clients: string; servers: string },
  { signal, log }: Run,
): Promise<void> {
  const queue = new Queue({ in: clients, out: servers, where: 'process' });
  queue.optionsIn(ONE).optionsOut(ONE);
  signal.addEventListener('abort', () => void queue.stop());
  await queue.start();
  log(`clients may come to ${queue.endpoints.in[0]}`);
  log(`servers may come to ${queue.endpoints.out[0]}`);
  await queue.join();
}

/** Answers each request with its own name and the request. */
export async function server(
  { requests }: { requests: string },
  { signal, log }: Run,
  name: string,
): Promise<void> {
  const socket = new Reply(ONE);
  closeOnAbort(signal, socket);
  socket.connect(requests);
  for await (const [request] of socket) {
    log(`Received request: ${request}`);
    await socket.send(`${name} has answered ${request}`);
  }
}

/** Asks four times. */
export async function client(
  { service }: { service: string },
  { signal, log }: Run,
  name: string,
): Promise<void> {
  const socket = new Request(ONE);
  closeOnAbort(signal, socket);
  socket.connect(service);
  for (let request = 1; request < 5; request++) {
    log(`Sending request #${request}`);
    await socket.send(`request #${request} of client #${name}`);
    const [reply] = await socket.receive();
    log(`Received reply ${request} [ ${reply} ]`);
  }
  socket.close();
}

await perform(
  import.meta,
  {
    device: (run) => device({ clients: local(5559), servers: local(5560) }, run),
    server: (run, [name = '1']) => server({ requests: local(5560) }, run, name),
    client: (run, [name = '1']) => client({ service: local(5559) }, run, name),
  },
  { beside: ['device', 'server 1'], until: ['client 1', 'client 2'] },
);

/** Monitored queue: a queue device that publishes a copy of all that goes through it. */

import { type Message, MonitoredQueue, Reply, Request, Subscriber } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** Runs the device until `signal` aborts. */
export async function device(
  { clients, servers, copies }: { clients: string; servers: string; copies: string },
  { signal, log }: Run,
): Promise<void> {
  const queue = new MonitoredQueue({
    in: clients,
    out: servers,
    monitor: copies,
    prefixes: ['in', 'out'],
    where: 'process',
  });
  signal.addEventListener('abort', () => void queue.stop());
  await queue.start();
  log(`clients may come to ${queue.endpoints.in[0]}`);
  log(`servers may come to ${queue.endpoints.out[0]}`);
  log(`copies are at ${queue.endpoints.monitor[0]}`);
  await queue.join();
}

/** Answers every request. */
export async function server(
  { requests }: { requests: string },
  { signal, log }: Run,
  name: string,
): Promise<void> {
  const socket = new Reply();
  closeOnAbort(signal, socket);
  socket.connect(requests);
  for await (const [request] of socket) {
    log(`Received - ${request}`);
    await socket.send(`Response from server #${name}`);
  }
}

/** Asks once, and shows the reply as a list of parts. */
export async function client(
  { service }: { service: string },
  { signal, log }: Run,
  name: string,
): Promise<void> {
  const socket = new Request();
  closeOnAbort(signal, socket);
  socket.connect(service);
  await socket.send(`Request #1 from client#${name}`);
  log(`Received - ${list(await socket.receive())}`);
  socket.close();
}

/** Shows the copies of the first two requests and their replies: prefix, routing id, empty part, body. */
export async function monitor(
  { copies }: { copies: string },
  { signal, log }: Run,
): Promise<Message[][]> {
  const socket = new Subscriber();
  closeOnAbort(signal, socket);
  socket.connect(copies);
  socket.subscribe();
  // The subscription is sent at the end of the handshake: before any request of a client that connects later.
  await socket.waitFor('handshake', { signal });
  log('Collecting updates from server...');

  const seen: Message[][] = [];
  while (seen.length < 4) {
    const message = await socket.receive();
    seen.push(message);
    log(`Monitoring Client: ${list(message)}`);
  }
  socket.close();
  return seen;
}

/** Parts that are no text, such as a ROUTER's ids, in hexadecimal. */
function list(message: Message[]): string {
  const parts = message.map((part) => (part[0] === 0 ? `0x${part.toString('hex')}` : `'${part}'`));
  return `[${parts.join(', ')}]`;
}

await perform(
  import.meta,
  {
    device: (run) => {
      const ends = { clients: local(5559), servers: local(5560), copies: local(5562) };
      return device(ends, run);
    },
    server: (run, [name = '1']) => server({ requests: local(5560) }, run, name),
    monitor: async (run) => {
      await monitor({ copies: local(5562) }, run);
    },
    client: (run, [name = '1']) => client({ service: local(5559) }, run, name),
  },
  {
    // The monitor misses copies of requests that were sent before it was connected.
    first: ['device', 'monitor'],
    beside: ['device', 'server 1'],
    until: ['monitor', 'client 1', 'client 2'],
  },
);

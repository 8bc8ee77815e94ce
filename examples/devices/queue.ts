/** Queue device: clients on one side, servers on the other, and neither knows how many there are. */

import { Context, Dealer, proxy, Reply, Request, Router } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** Passes requests on and replies back until `signal` aborts, and leaves both ports free. */
export async function device(
  { clients, servers }: { clients: string; servers: string },
  { signal, log }: Run,
  serverCount = 2,
): Promise<void> {
  const context = new Context();
  const frontend = new Router({ context });
  const backend = new Dealer({ context });
  closeOnAbort(signal, frontend, backend);
  try {
    await backend.bind(servers);
    log(`servers may come to ${backend.lastEndpoint}`);
    // Requests could wait for servers in the device as well; this way all servers get their share from the first request on.
    await backend.waitFor('handshake', { peers: serverCount, signal });
    await frontend.bind(clients);
    log(`clients may come to ${frontend.lastEndpoint}`);
    await proxy(frontend, backend, { signal });
  } finally {
    frontend.close();
    backend.close();
    await context.close();
    log('bringing down the device');
  }
}

/** Answers the requests that come through the device. It connects, so that any number of servers may be started. */
export async function server(
  { requests }: { requests: string },
  { signal, log }: Run,
  name: string,
): Promise<void> {
  const socket = new Reply();
  closeOnAbort(signal, socket);
  socket.connect(requests);

  for await (const [request] of socket) {
    log(`Received request: ${request}`);
    await socket.send(`World from server ${name}`);
  }
}

/** Asks nine times. */
export async function client(
  { service }: { service: string },
  { signal, log }: Run,
  name: string,
): Promise<void> {
  const socket = new Request();
  closeOnAbort(signal, socket);
  socket.connect(service);

  for (let request = 1; request < 10; request++) {
    log(`Sending request ${request} ...`);
    await socket.send(`Hello from ${name}`);
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
  { beside: ['device', 'server 1', 'server 2'], until: ['client 1'] },
);

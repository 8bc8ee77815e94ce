/** Request and reply: a client that asks several servers in turn. */

import { Reply, Request } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** Answers every request with its name, until `signal` aborts. */
export async function server(
  { requests }: { requests: string },
  { signal, log }: Run,
  name: string,
): Promise<void> {
  const socket = new Reply();
  closeOnAbort(signal, socket);
  await socket.bind(requests);
  log(`listening on ${socket.lastEndpoint}`);

  for await (const [request] of socket) {
    log(`Received request: ${request}`);
    await socket.send(`World from ${name}`);
  }
}

/** Asks nine times. A REQ connected to several servers takes them in turn. */
export async function client(
  { servers }: { servers: readonly string[] },
  { signal, log }: Run,
): Promise<void> {
  const socket = new Request();
  closeOnAbort(signal, socket);
  for (const server of servers) socket.connect(server);
  // Without this the server that connects first would get the first requests alone.
  await socket.waitFor('handshake', { peers: servers.length });

  for (let request = 1; request < 10; request++) {
    log(`Sending request ${request} ...`);
    await socket.send('Hello');
    const [reply] = await socket.receive();
    log(`Received reply ${request} [ ${reply} ]`);
  }
  socket.close();
}

await perform(
  import.meta,
  {
    server: (run, [port = '5556']) => server({ requests: local(port) }, run, port),
    client: (run, ports) => {
      const servers = (ports.length > 0 ? ports : ['5556', '5546']).map(local);
      return client({ servers }, run);
    },
  },
  { beside: ['server 5556', 'server 5546'], until: ['client 5556 5546'] },
);

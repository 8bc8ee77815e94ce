/** Four servers and a client, each in a process of its own. */

import { Reply, Request } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

const PORTS = ['5550', '5552', '5554', '5556'];

/** Requests that each server answers before it ends. */
const SHARE = 5;

/** Answers five requests and ends. */
export async function server(
  { requests }: { requests: string },
  { signal, log }: Run,
  name: string,
): Promise<void> {
  const socket = new Reply();
  closeOnAbort(signal, socket);
  await socket.bind(requests);
  log(`listening on ${socket.lastEndpoint}`);

  for (let number = 0; number < SHARE; number++) {
    const [request] = await socket.receive();
    log(`Received request #${number}: ${request}`);
    await socket.send(`World from ${name}`);
  }
  socket.close();
}

/** Asks all servers in turn, as many times as they answer. */
export async function client(
  { servers }: { servers: readonly string[] },
  { signal, log }: Run,
): Promise<void> {
  const socket = new Request();
  closeOnAbort(signal, socket);
  for (const server of servers) socket.connect(server);
  await socket.waitFor('handshake', { peers: servers.length });

  for (let number = 0; number < SHARE * servers.length; number++) {
    log(`Sending request ${number} ...`);
    await socket.send('Hello');
    const [reply] = await socket.receive();
    log(`Received reply ${number} [ ${reply} ]`);
  }
  socket.close();
}

await perform(
  import.meta,
  {
    server: (run, [port = '5550']) => server({ requests: local(port) }, run, port),
    client: (run, ports) => client({ servers: (ports.length > 0 ? ports : PORTS).map(local) }, run),
  },
  { until: [...PORTS.map((port) => `server ${port}`), `client ${PORTS.join(' ')}`] },
);

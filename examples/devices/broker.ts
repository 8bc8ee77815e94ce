/** Broker: the queue device written by hand, to see that nothing is hidden in it. */

import { Dealer, Reply, Request, Router } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** Passes requests to the services and replies back to the clients, each as a whole message. */
export async function broker(
  { clients, services }: { clients: string; services: string },
  { signal, log }: Run,
): Promise<void> {
  const frontend = new Router();
  const backend = new Dealer();
  closeOnAbort(signal, frontend, backend);
  await frontend.bind(clients);
  log(`clients may come to ${frontend.lastEndpoint}`);
  await backend.bind(services);
  log(`services may come to ${backend.lastEndpoint}`);
  await Promise.all([pass(frontend, backend), pass(backend, frontend)]);
}

/**
 * A message from a REQ is [routing id, empty, ...request] here: the ROUTER puts the id in front, the REP keeps
 * it, and the reply finds its way back by it. While `to` has no room, nothing is taken from `from`.
 */
async function pass(from: Router | Dealer, to: Router | Dealer): Promise<void> {
  for await (const message of from) await to.send(message);
}

/** Answers with the parts of the request in reverse. */
export async function service(
  { requests }: { requests: string },
  { signal, log }: Run,
): Promise<void> {
  const socket = new Reply();
  closeOnAbort(signal, socket);
  socket.connect(requests);
  for await (const parts of socket) {
    log(`Received request: ${parts.map(String)}`);
    await socket.send(parts.reverse());
  }
}

/** Asks nine times, in a message of two parts. */
export async function client({ broker }: { broker: string }, { signal, log }: Run): Promise<void> {
  const socket = new Request();
  closeOnAbort(signal, socket);
  socket.connect(broker);
  for (let request = 1; request < 10; request++) {
    await socket.send(['Hello', String(request)]);
    const reply = await socket.receive();
    log(`Received reply ${request} [ ${reply.map(String)} ]`);
  }
  socket.close();
}

await perform(
  import.meta,
  {
    broker: (run) => broker({ clients: local(5559), services: local(5560) }, run),
    service: (run) => service({ requests: local(5560) }, run),
    client: (run) => client({ broker: local(5559) }, run),
  },
  { beside: ['broker', 'service'], until: ['client'] },
);

/** A server that dies before it has answered: how a client gets stuck, and how it does not. */

import { Reply, Request, type SocketError } from 'zeromq-pure';
import { closeOnAbort, perform, type Run } from '../role.ts';

/** How long a client waits for its reply, in milliseconds. */
const PATIENCE = 250;

/** Loses a server twice: under a REQ as it is, and under one that may ask again. */
export async function restart({ service }: { service: string }, run: Run): Promise<void> {
  run.log('a plain REQ');
  await outlive(service, new Request({ receiveTimeout: PATIENCE, sendTimeout: 0 }), run);

  run.log('a REQ with relaxed and correlate');
  const options = { relaxed: true, correlate: true };
  await outlive(service, new Request({ receiveTimeout: PATIENCE, ...options }), run);
}

/** Asks a server that receives the request and dies, then the server that replaces it. */
async function outlive(service: string, client: Request, { signal, log }: Run): Promise<void> {
  closeOnAbort(signal, client);
  const first = new Reply();
  closeOnAbort(signal, first);
  await first.bind(service);
  const endpoint = first.lastEndpoint!;
  client.connect(endpoint);
  await client.send('Hello');
  await first.receive();
  await first[Symbol.asyncDispose]();
  log('  the server has taken the request and died');

  const second = new Reply();
  closeOnAbort(signal, second);
  await second.bind(endpoint);
  await client.waitFor('handshake');
  const serving = serve(second);
  log('  another server is there');

  // The request was delivered to the server that died: nobody sends it again.
  await attempt('receive', async () => `${await client.receive()}`);
  await attempt('send again', async () => client.send('Hello again'));
  await attempt('receive', async () => `${await client.receive()}`);

  client.linger = 0;
  client.close();
  await second[Symbol.asyncDispose]();
  await serving;

  async function attempt(what: string, call: () => Promise<unknown>): Promise<void> {
    const outcome = await call().catch((error: SocketError) => error.code);
    log(`  ${what}: ${outcome ?? 'accepted'}`);
  }
}

async function serve(socket: Reply): Promise<void> {
  for await (const [request] of socket) await socket.send(`${request}, too`);
}

await perform(
  import.meta,
  { restart: (run) => restart({ service: 'tcp://127.0.0.1:5556' }, run) },
  { until: ['restart'] },
);

/** Forwarder device: any number of publishers, any number of subscribers, and one address for all. */

import { setInterval } from 'node:timers/promises';
import { Publisher, proxy, Subscriber } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** Passes every message on to those that have subscribed to it. */
export async function device(
  { publishers, subscribers }: { publishers: string; subscribers: string },
  { signal, log }: Run,
): Promise<void> {
  const frontend = new Subscriber();
  const backend = new Publisher();
  closeOnAbort(signal, frontend, backend);
  await backend.bind(subscribers);
  log(`subscribers may come to ${backend.lastEndpoint}`);
  await frontend.bind(publishers);
  log(`publishers may come to ${frontend.lastEndpoint}`);
  // Every message comes this far. With XSUB and XPUB instead, publishers drop what has no subscriber.
  frontend.subscribe();
  await proxy(frontend, backend, { signal });
}

/** Publishes on topics 1 to 9 in turn, every `interval` milliseconds. */
export async function server(
  { updates }: { updates: string },
  { signal, log }: Run,
  name: string,
  interval = 5,
): Promise<void> {
  const socket = new Publisher();
  closeOnAbort(signal, socket);
  socket.connect(updates);
  await socket.waitFor('subscription', { signal });

  let count = 0;
  for await (const _ of setInterval(interval, undefined, { signal })) {
    const message = `${(count++ % 9) + 1} server#${name}`;
    log(message);
    await socket.send(message);
  }
}

/** Collects ten updates of topic 9. */
export async function subscriber(
  { updates }: { updates: string },
  { signal, log }: Run,
): Promise<void> {
  const socket = new Subscriber();
  closeOnAbort(signal, socket);
  socket.connect(updates);
  socket.subscribe('9');
  log('Collecting updates from server...');

  for (let update = 0; update < 10; update++) {
    const [message] = await socket.receive();
    log(String(message));
  }
  socket.close();
}

await perform(
  import.meta,
  {
    device: (run) => device({ publishers: local(5559), subscribers: local(5560) }, run),
    server: (run, [name = '1']) => server({ updates: local(5559) }, run, name),
    subscriber: (run) => subscriber({ updates: local(5560) }, run),
  },
  { beside: ['device', 'server 1', 'server 2'], until: ['subscriber'] },
);

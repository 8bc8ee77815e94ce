/** Publish and subscribe: two weather stations, and a listener that wants one topic of both. */

import { setInterval } from 'node:timers/promises';
import { Publisher, Subscriber } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** Publishes an update every `interval` milliseconds, whether anybody listens or not. */
export async function server(
  { updates }: { updates: string },
  { signal, log }: Run,
  interval = 20,
): Promise<void> {
  const socket = new Publisher();
  closeOnAbort(signal, socket);
  await socket.bind(updates);
  log(`listening on ${socket.lastEndpoint}`);

  // A station reports by the clock, and waits for no subscriber.
  for await (const _ of setInterval(interval, undefined, { signal })) {
    const topic = between(9_999, 10_005);
    const value = between(1, 215) - 80;
    log(`${topic} ${value}`);
    // Without a subscriber to its topic a message is dropped here, and costs no network traffic.
    await socket.send(`${topic} ${value}`);
  }
}

/** Collects five updates of `topic`, from whichever server they come, and their average. */
export async function client(
  { servers }: { servers: readonly string[] },
  { signal, log }: Run,
  topic = '10001',
): Promise<void> {
  const socket = new Subscriber();
  closeOnAbort(signal, socket);
  for (const server of servers) socket.connect(server);
  // A subscription is a prefix: "10001" would also let "100010 7" in.
  socket.subscribe(topic);
  log('Collecting updates from weather servers...');

  let total = 0;
  for (let update = 1; update <= 5; update++) {
    const [message] = await socket.receive();
    const [found, value] = String(message).split(' ');
    log(`${found} ${value}`);
    total += Number(value);
  }
  log(`Average messagedata value for topic '${topic}' was ${total / 5}F`);
  socket.close();
}

/** A random whole number from `low` up to, not including, `high`. */
function between(low: number, high: number): number {
  return low + Math.floor(Math.random() * (high - low));
}

await perform(
  import.meta,
  {
    server: (run, [port = '5556']) => server({ updates: local(port) }, run),
    client: (run, ports) => {
      const servers = (ports.length > 0 ? ports : ['5556', '5546']).map(local);
      return client({ servers }, run);
    },
  },
  { beside: ['server 5556', 'server 5546'], until: ['client 5556 5546'] },
);

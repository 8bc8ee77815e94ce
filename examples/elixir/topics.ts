/** Topics: a publisher with four of them, and a subscriber that wants one. */

import { Publisher, Subscriber } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';

/** Publishes three rounds on each topic, when `subscriberCount` subscribers have asked, then `end`. */
export async function publisher(
  { news }: { news: string },
  { signal, log }: Run,
  subscriberCount = 1,
): Promise<void> {
  const socket = new Publisher();
  closeOnAbort(signal, socket);
  await socket.bind(news);
  log(`listening on ${socket.lastEndpoint}`);
  await socket.waitFor('subscription', { peers: subscriberCount, signal });

  for (let round = 1; round <= 3; round++) {
    for (const topic of ['a', 'b', 'abc', 'c', 'd']) await socket.send(`${topic} ${round}`);
  }
  await socket.send('end');
  socket.close();
}

/** Shows the messages whose topic begins with `topic`, "abc" as well as "a", until `end`. */
export async function subscriber(
  { news }: { news: string },
  { signal, log }: Run,
  topic = 'a',
): Promise<void> {
  const socket = new Subscriber();
  closeOnAbort(signal, socket);
  // Both subscriptions before connecting, so that they arrive together.
  socket.subscribe(topic, 'end');
  socket.connect(news);
  for await (const [message] of socket) {
    if (String(message) === 'end') break;
    log(String(message));
  }
  socket.close();
}

await perform(
  import.meta,
  {
    publisher: (run) => publisher({ news: local(5555) }, run),
    subscriber: (run, [topic = 'a']) => subscriber({ news: local(5555) }, run, topic),
  },
  { until: ['publisher', 'subscriber a'] },
);

/** Polling: waits for messages on two sockets at once, until one receives the command to stop. */

import { Poller, Pull, Subscriber } from 'zeromq-pure';
import { closeOnAbort, local, perform, type Run } from '../role.ts';
import { commander, publisher } from './servers.ts';

/** Obeys commands and shows updates on topic 9 until the command `Exit`. */
export async function client(
  { commands, updates }: { commands: string; updates: string },
  { signal, log }: Run,
): Promise<void> {
  const orders = new Pull();
  const news = new Subscriber();
  closeOnAbort(signal, orders, news);
  orders.connect(commands);
  news.connect(updates);
  news.subscribe('9');

  // The socket that has a message is served, and neither can starve the other.
  const poller = new Poller<Pull | Subscriber>(orders, news);
  log(`ready at once: ${(await poller.poll({ timeout: 0 })).length}`);
  for await (const { socket, message } of poller) {
    if (socket === news) {
      log(`Processing ... ${message}`);
      continue;
    }
    log(`Received control command: ${message}`);
    if (String(message) === 'Exit') break;
  }
  log('Received exit command, client will stop receiving messages');
  orders.close();
  news.close();
}

await perform(
  import.meta,
  {
    commander: (run) => commander({ commands: local(5556) }, run),
    publisher: (run) => publisher({ updates: local(5558) }, run),
    client: (run) => client({ commands: local(5556), updates: local(5558) }, run),
  },
  { beside: ['publisher'], until: ['commander', 'client'] },
);

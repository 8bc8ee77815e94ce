/** Callbacks: two sockets, each of which calls a function with its messages, until one receives the command to stop. */

import { once } from 'node:events';
import { type Message, MessageEmitter, Pull, Subscriber } from 'zeromq-pure';
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

  const [ordered, heard] = [new MessageEmitter(orders), new MessageEmitter(news)];
  ordered.on('message', (message) => {
    log(`Received control command: ${list(message)}`);
    if (String(message[0]) !== 'Exit') return;
    log('Received exit command, client will stop receiving messages');
    orders.close();
    news.close();
  });
  heard.on('message', (message) => log(`Processing ... ${list(message)}`));
  await Promise.all([once(ordered, 'close'), once(heard, 'close')]);
  log('Worker has stopped processing messages.');
}

/** A message is a list of parts, even with one part: ['Continue']. */
function list(message: Message[]): string {
  return `[${message.map((part) => `'${part}'`).join(', ')}]`;
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

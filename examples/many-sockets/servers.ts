/** The two servers that the programs of this folder listen to at once. */

import { setInterval } from 'node:timers/promises';
import { Publisher, Push } from 'zeromq-pure';
import { closeOnAbort, type Run } from '../role.ts';

/** Sends `Continue` six times, then `Exit`: one command every `interval` milliseconds. */
export async function commander(
  { commands }: { commands: string },
  { signal, log }: Run,
  interval = 50,
): Promise<void> {
  const socket = new Push();
  closeOnAbort(signal, socket);
  await socket.bind(commands);
  log(`listening on ${socket.lastEndpoint}`);

  let count = 0;
  for await (const _ of setInterval(interval, undefined, { signal })) {
    await socket.send(count < 6 ? 'Continue' : 'Exit');
    if (++count === 7) break;
  }
  socket.close();
}

/** Publishes on topics 8 and 9 every `interval` milliseconds, with and without subscribers. */
export async function publisher(
  { updates }: { updates: string },
  { signal, log }: Run,
  interval = 10,
): Promise<void> {
  const socket = new Publisher();
  closeOnAbort(signal, socket);
  await socket.bind(updates);
  log(`listening on ${socket.lastEndpoint}`);

  let count = 0;
  for await (const _ of setInterval(interval, undefined, { signal })) {
    const message = `${8 + (count++ % 2)} server#1`;
    log(message);
    await socket.send(message);
  }
}

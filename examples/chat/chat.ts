/** A chat with rooms, served by two processes that share them through a hub. */

import { once } from 'node:events';
import { Hub } from 'zeromq-pure/layer';
import { local, perform, type Run } from '../role.ts';
import { server } from './server.ts';

/** Holds the rooms together. Knows nothing of chats. */
export async function hub(
  { pull, pub }: { pull: string; pub: string },
  { signal, log }: Run,
): Promise<void> {
  await using running = new Hub({ pull, pub });
  await running.start();
  log(`listening on ${running.stats().pull} and ${running.stats().pub}`);
  if (!signal.aborted) await once(signal, 'abort');
}

await perform(
  import.meta,
  {
    hub: (run, [pull = local(5570), pub = local(5571)]) => hub({ pull, pub }, run),
    server: (run, [port = '8001', push = local(5570), pub = local(5571)]) =>
      server({ port: Number(port), push, pub }, run),
  },
  { first: ['hub'], beside: ['hub'], until: ['server 8001', 'server 8002'] },
);

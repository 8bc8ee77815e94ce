/** A chat with rooms, served by two processes that share them through a hub, or through a RabbitMQ broker. */

import { once } from 'node:events';
import { Hub } from 'zeromq-pure/layer';
import { local, perform, type Run } from '../role.ts';
import { server } from './server.ts';

/** The hub that joins the rooms of all servers. It knows nothing of chats. */
export async function hub(bind: string, { signal, log }: Run): Promise<void> {
  await using running = new Hub({ bind });
  await running.start();
  log(`listening on ${running.stats().bind}`);
  if (!signal.aborted) await once(signal, 'abort');
}

await perform(
  import.meta,
  {
    hub: (run, [at = local(5570)]) => hub(at, run),
    server: (run, [port = '8001', at = local(5570)]) =>
      server({ port: Number(port), hub: at }, run),
  },
  { first: ['hub'], beside: ['hub'], until: ['server 8001', 'server 8002'] },
);

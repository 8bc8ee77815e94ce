/** One server of the chat: the page, and a WebSocket for each guest. Any number of them share the rooms. */

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { type ChannelLayer, DedicatedLayer } from 'zeromq-pure/layer';
import { RabbitmqLayer } from 'zeromq-pure/layer/rabbitmq';
import { PROJECT } from '../project.ts';
import type { Run } from '../role.ts';
import { Guest, type News } from './guest.ts';

/** Where a server listens, and where the hub is: `tcp://…`, or a RabbitMQ broker, `amqp://…`. */
export interface ServerPlace {
  readonly port: number;
  readonly hub: string;
}

/** Serves until `signal` aborts. */
export async function server({ port, hub }: ServerPlace, { signal, log }: Run): Promise<void> {
  await using layer = layerAt(hub);
  const what = layer instanceof RabbitmqLayer ? 'broker' : 'hub';
  layer.events.on('connect', ({ restarted }) =>
    log(restarted ? `a new ${what}` : `the ${what} is there`),
  );
  layer.events.on('disconnect', () => log(`the ${what} is gone`));
  layer.events.on('refused', ({ address, error }) =>
    log(`no ${what} can be used at ${address}: ${error.message}`),
  );
  await layer.ready({ signal });

  const page = await readFile(join(PROJECT, 'examples/chat/page.html'));
  const http = createServer((request, response) => {
    const found = request.method === 'GET' && request.url === '/';
    response.writeHead(found ? 200 : 404, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:",
    });
    response.end(found ? page : 'not here');
  });
  const sockets = new WebSocketServer({ server: http, maxPayload: 8_192 });
  const guests = new Set<Promise<void>>();
  sockets.on('connection', (socket) => {
    const guest = Guest.welcome(socket, layer).finally(() => guests.delete(guest));
    guests.add(guest);
  });

  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  log(`listening on http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
  if (!signal.aborted) await once(signal, 'abort');
  for (const socket of sockets.clients) socket.close(1001);
  // Guests that do not answer are not waited for.
  const patience = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
  }, 1_000);
  await Promise.all(guests);
  clearTimeout(patience);
  sockets.close();
  http.close();
}

function layerAt(address: string): ChannelLayer<News> {
  if (/^amqps?:/.test(address)) return new RabbitmqLayer<News>({ url: address });
  return new DedicatedLayer<News>({ hub: address });
}

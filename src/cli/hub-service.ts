/** Service: how a running hub answers questions about its health and counters. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Reply } from '../index.ts';
import type { Hub } from '../layer/index.ts';
import { UsageError } from './arguments.ts';

/** One way to ask; `address` is where it really listens. */
export interface Service {
  readonly name: 'control' | 'http';
  readonly address: string;
  close(): Promise<void>;
}

/** The counters, for a line of log. */
export function figuresOf(hub: Hub): Record<string, unknown> {
  const { id: _id, pull: _pull, pub: _pub, uptime, ...rest } = hub.stats();
  return { uptime: inSeconds(uptime), ...rest };
}

/** A REP at `endpoint`, for one question at a time: `health` or `stats`. */
export async function answerAt(endpoint: string, hub: Hub): Promise<Service> {
  const reply = new Reply({ linger: 0 });
  try {
    await reply.bind(endpoint);
  } catch (error) {
    reply.close();
    throw error;
  }
  const answering = (async () => {
    for await (const [question] of reply) {
      const answer = answerTo(String(question).trim(), hub);
      await reply.sendJson(answer ?? { error: 'ask for health or stats' });
    }
  })();
  return {
    name: 'control',
    address: reply.lastEndpoint ?? endpoint,
    close: async () => {
      reply.close();
      // Closing in the middle of an answer is no failure.
      await answering.catch(() => {});
    },
  };
}

/** A web server at `[HOST:]PORT`, on this machine only unless told otherwise: `/health`, `/stats`. */
export async function serveAt(address: string, hub: Hub): Promise<Service> {
  const colon = address.lastIndexOf(':');
  const port = Number(address.slice(colon + 1));
  const host = colon < 0 ? '127.0.0.1' : address.slice(0, colon);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(`--http must be [HOST:]PORT, not "${address}"`);
  }
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const answer = answerTo(path.slice(1), hub);
    response.writeHead(answer === undefined ? 404 : 200, {
      'content-type': 'application/json',
      connection: 'close',
    });
    response.end(`${JSON.stringify(answer ?? { error: 'ask for /health or /stats' })}\n`);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    name: 'http',
    address: `${host}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerTo(question: string, hub: Hub): object | undefined {
  const stats = hub.stats();
  if (question === 'stats') return { ...stats, uptime: inSeconds(stats.uptime) };
  if (question !== 'health') return undefined;
  const { uptime, peers } = stats;
  return { healthy: !hub.closed, uptime: inSeconds(uptime), peers };
}

/** What people and monitoring read is in seconds. */
function inSeconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}

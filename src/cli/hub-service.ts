/** HubService: how a running hub answers questions about its health and counters. */

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, isIP, isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import { Reply } from '../index.ts';
import type { Hub } from '../layer/index.ts';
import { UsageError } from './arguments.ts';
import type { CurveOptions } from './security.ts';

/** One way to ask a hub; `address` is where it listens, with the real port. */
export interface Service {
  readonly name: 'control' | 'http';
  readonly address: string;
  close(): Promise<void>;
}

/** The counters of `hub` for a line of the log; `uptime` in seconds. */
export function figuresOf(hub: Hub): Record<string, unknown> {
  const {
    id: _,
    bind: _bind,
    endpoints: _endpoints,
    pull: _pull,
    pub: _pub,
    ...rest
  } = hub.stats();
  return { ...rest, uptime: inSeconds(rest.uptime) };
}

/**
 * Binds a REP at `endpoint` that answers `health` and `stats`, one question at a time. With `security` only peers that it lets
 * in are answered; one that sends more than `QUESTION_MAX` octets is disconnected.
 */
export async function answerAt(
  endpoint: string,
  hub: Hub,
  security: CurveOptions = {},
): Promise<Service> {
  // The envelope counts as a part of a request.
  const reply = new Reply({
    linger: 0,
    maxMessageSize: QUESTION_MAX,
    maxMessageParts: 2,
    ...security,
  });
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
      // The socket was closed in the middle of an answer, which is no failure.
      await answering.catch(() => {});
    },
  };
}

/**
 * Starts a web server with `/health` and `/stats`, for GET and HEAD. The `Host` of a request must be an IP address, a name of
 * this machine, or `host`: a page of another site could otherwise read them by a name that resolves to here (DNS rebinding).
 */
export async function serveAt({ host, port }: HostAndPort, hub: Hub): Promise<Service> {
  const server = createServer((request, response) => {
    const { status, body } = webAnswer(request, host, hub);
    response.writeHead(status, {
      'content-type': 'application/json',
      connection: 'close',
      ...(status === 405 && { allow: 'GET, HEAD' }),
    });
    response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    name: 'http',
    address: `${isIPv6(host) ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Where the web server listens. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Parses `[HOST:]PORT`, where an IPv6 address may be in brackets. Without HOST: 127.0.0.1. @throws UsageError */
export function hostAndPort(address: string): HostAndPort {
  const colon = address.lastIndexOf(':');
  const digits = address.slice(colon + 1);
  const port = Number(digits);
  if (!/^\d+$/.test(digits) || port > 65_535) {
    throw new UsageError(`--http must be [HOST:]PORT, not "${address}"`);
  }
  const host = address.slice(0, Math.max(colon, 0)).replace(/^\[(.*)\]$/, '$1');
  return { host: host === '' ? '127.0.0.1' : host, port };
}

function webAnswer(
  { method, url = '', headers }: IncomingMessage,
  host: string,
  hub: Hub,
): { status: number; body: object } {
  if (!isOurs(headers.host, host)) {
    return {
      status: 421,
      body: { error: 'ask by address, by localhost or by the name of this machine' },
    };
  }
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, body: { error: 'ask with GET' } };
  const answer = answerTo(url.split('?')[0]!.slice(1), hub);
  if (answer === undefined) return { status: 404, body: { error: 'ask for /health or /stats' } };
  return { status: 200, body: answer };
}

/** Whether the `Host` of a request is an IP address, a name of this machine, or `host`, at which it listens. */
function isOurs(header: string | undefined, host: string): boolean {
  // HTTP/1.0 has no Host, and no browser speaks it.
  if (header === undefined) return true;
  const name = header.replace(/:\d*$/, '').toLowerCase();
  if (isIP(name.replace(/^\[(.*)\]$/, '$1')) > 0) return true;
  return ['localhost', hostname().toLowerCase(), host.toLowerCase()].includes(name);
}

function answerTo(question: string, hub: Hub): object | undefined {
  const stats = hub.stats();
  if (question === 'stats') return { ...stats, uptime: inSeconds(stats.uptime) };
  if (question !== 'health') return undefined;
  const { uptime, peers } = stats;
  return { healthy: !hub.closed, uptime: inSeconds(uptime), peers };
}

/** Answers are in seconds, as people and monitoring expect. */
function inSeconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}

/** Octets of the longest question. */
const QUESTION_MAX = 1024;

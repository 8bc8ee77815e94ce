/** SOCKS: opens a stream to a peer through a SOCKS5 proxy (`ZMQ_SOCKS_PROXY`). */

import type net from 'node:net';
import { dial, type OpenStream } from './dial.ts';
import { negotiate } from './negotiate.ts';
import { SocksExchange, type SocksRequest } from './socks-exchange.ts';

/** The way to a proxy. */
export interface SocksRoute {
  /** The proxy as the user has named it, for messages. */
  readonly name: string;
  /** How to connect to it. */
  readonly options: net.NetConnectOpts;
  /** Milliseconds that the proxy has for its answers, its own attempt to connect included; 0 = no limit. */
  readonly patience: number;
}

/**
 * As `dial`, through a proxy: resolves once the proxy relays. Rejects, with the stream destroyed, with an error that
 * names the proxy.
 */
export async function dialBySocks(
  { name, options, patience }: SocksRoute,
  request: SocksRequest,
  signal: AbortSignal,
): Promise<OpenStream> {
  try {
    const open = await dial(options, signal);
    await negotiate(open, new SocksExchange(request), signal, patience);
    return open;
  } catch (error) {
    const { code, errno, message } = error as NodeJS.ErrnoException;
    const named = new Error(`SOCKS proxy ${name}: ${message}`, { cause: error });
    throw Object.assign(named, { code, ...(errno !== undefined && { errno }) });
  }
}

/** SOCKS: opens a stream to a peer by way of a SOCKS5 proxy (`ZMQ_SOCKS_PROXY`). */

import type net from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { dial, type OpenStream } from './dial.ts';
import { SocksError, SocksExchange, type SocksRequest } from './socks-exchange.ts';

/** The way to a proxy. */
export interface SocksRoute {
  /** The proxy as the user has named it, for messages. */
  readonly name: string;
  /** How to connect to it. */
  readonly options: net.NetConnectOpts;
  /** Milliseconds that it has for its answers, its own attempt to connect included; 0 = for ever. */
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
    await converse(open, new SocksExchange(request), signal, patience);
    return open;
  } catch (error) {
    const { code, errno, message } = error as NodeJS.ErrnoException;
    const named = new Error(`SOCKS proxy ${name}: ${message}`, { cause: error });
    throw Object.assign(named, { code, ...(errno !== undefined && { errno }) });
  }
}

async function converse(
  { stream, inlet }: OpenStream,
  exchange: SocksExchange,
  signal: AbortSignal,
  patience: number,
): Promise<void> {
  const heard = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const received = (chunk: Buffer): void => {
        try {
          const answer = exchange.receive(chunk);
          if (answer.length > 0) stream.write(answer);
        } catch (error) {
          reject(error);
          return;
        }
        if (!exchange.done) return;
        // Nothing is read before the next reader is there.
        stream.pause();
        inlet.unread(exchange.rest);
        resolve();
      };
      const once = { once: true, signal: heard.signal };
      inlet.serve({ place: undefined, placed() {}, received });
      // Without the inlet it comes this way.
      stream.on('data', received);
      stream.on('close', closed);
      signal.addEventListener('abort', () => reject(signal.reason), once);
      heard.signal.addEventListener('abort', () => {
        stream.off('data', received);
        stream.off('close', closed);
      });
      if (patience > 0) timer = setTimeout(() => reject(silent(patience)), patience).unref();
      stream.write(exchange.first());
      stream.resume();

      function closed(): void {
        reject(new SocksError('ECONNRESET', 'closes the connection without an answer'));
      }
    });
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    heard.abort();
  }
}

function silent(patience: number): SocksError {
  return new SocksError('ETIMEDOUT', `no answer within ${patience} ms`);
}

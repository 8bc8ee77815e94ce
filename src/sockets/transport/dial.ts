/** Dial: opens a stream to a peer, read by an inlet from its first octet. */

import net from 'node:net';
import type { Framing } from '../../zmtp/index.ts';
import { Inlet } from './inlet.ts';

/** A connection that is open, and whatever reads it. */
export interface OpenStream {
  readonly stream: net.Socket;
  readonly inlet: Inlet;
  /** Where the peer is, as an endpoint text; default: the address of the endpoint. */
  readonly address?: string;
  /** How frames are written on it; default: as ZMTP 3.1 does. */
  readonly framing?: Framing;
}

/**
 * Resolves when the connection is there; rejects, with the stream destroyed, when it cannot be, or `signal` aborts.
 * Whoever goes on negotiating (a proxy, an upgrade) does so on what this resolves with.
 * @throws whatever `net.connect` throws
 */
export function dial(options: net.NetConnectOpts, signal: AbortSignal): Promise<OpenStream> {
  const inlet = new Inlet();
  const stream = net.connect({ ...options, onread: inlet.onread });
  stream.unref();
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      stream.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    // Stays: an error before the link listens must not end the process.
    stream.on('error', (error) => {
      signal.removeEventListener('abort', abort);
      stream.destroy();
      reject(error);
    });
    stream.once('connect', () => {
      signal.removeEventListener('abort', abort);
      resolve({ stream, inlet });
    });
  });
}

/** An accepted connection, which must not have been read from and is replaced by what comes back. */
export function readAccepted(accepted: net.Socket): OpenStream {
  const inlet = new Inlet();
  return { stream: inlet.adopt(accepted), inlet };
}

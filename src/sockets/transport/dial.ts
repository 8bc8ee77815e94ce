/** Dial: opens a stream to a peer, read by an inlet from its first octet. */

import net from 'node:net';
import type { Framing } from '../../zmtp/index.ts';
import { Inlet } from './inlet.ts';
import { waitOn } from './stream-wait.ts';

/** A connection that is open, and whatever reads it. */
export interface OpenStream {
  readonly stream: net.Socket;
  readonly inlet: Inlet;
  /** How frames are written on it; default: as ZMTP 3.1 does. */
  readonly framing?: Framing;
}

/**
 * Resolves when the connection is there; rejects, with the stream destroyed, when it cannot be, or `signal` aborts,
 * and with whatever `net.connect` throws.
 * What is negotiated first (with a proxy, for an upgrade) is so on what this resolves with.
 */
export async function dial(options: net.NetConnectOpts, signal: AbortSignal): Promise<OpenStream> {
  const inlet = new Inlet();
  const stream = net.connect({ ...options, onread: inlet.onread });
  // The system has a time-out of its own.
  const limits = { signal, patience: 0, awaited: 'connection' };
  await waitOn(stream, limits, (resolve) => {
    stream.once('connect', resolve);
  });
  return { stream, inlet };
}

/** An accepted connection, which must not have been read from and is replaced by what comes back. */
export function readAccepted(accepted: net.Socket): OpenStream {
  const inlet = new Inlet();
  return { stream: inlet.adopt(accepted), inlet };
}

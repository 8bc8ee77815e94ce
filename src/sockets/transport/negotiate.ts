/** Negotiate: runs an exchange (a SOCKS proxy, an upgrade to WebSocket) over a stream, before ZMTP begins. */

import type { OpenStream } from './dial.ts';
import type { Exchange } from './exchange.ts';
import { failed, waitOn } from './stream-wait.ts';

/**
 * Resolves when `exchange` is done: octets behind it are back in the inlet, and the stream is paused. Rejects, with the
 * stream destroyed, when it fails, when the stream ends, when `signal` aborts, and after `patience` ms (0 = never).
 */
export async function negotiate(
  { stream, inlet }: OpenStream,
  exchange: Exchange,
  signal: AbortSignal,
  patience: number,
): Promise<void> {
  const limits = { signal, patience, awaited: 'answer' };
  await waitOn(stream, limits, (resolve, reject) => {
    const received = (chunk: Buffer): void => {
      // A read that was under way when the stream was paused may still end.
      if (exchange.done) {
        inlet.unread(chunk);
        return;
      }
      try {
        const answer = exchange.receive(chunk);
        if (answer.length > 0) stream.write(answer);
      } catch (error) {
        const { farewell } = error as { farewell?: Buffer };
        if (farewell !== undefined) stream.write(farewell);
        reject(error);
        return;
      }
      if (!exchange.done) return;
      // Nothing is read until the next reader is there.
      stream.pause();
      inlet.unread(exchange.rest);
      resolve();
    };
    const closed = (): void => {
      reject(failed('ECONNRESET', 'closes the connection without an answer'));
    };
    // It may have ended before anybody listened.
    if (stream.destroyed) closed();
    inlet.serve({ place: undefined, placed() {}, received });
    // A stream that the inlet does not read itself emits `data`.
    stream.on('data', received);
    stream.on('close', closed);
    const first = exchange.first();
    if (first.length > 0) stream.write(first);
    stream.resume();
    return () => {
      stream.off('data', received);
      stream.off('close', closed);
    };
  });
}

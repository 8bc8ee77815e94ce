/** Negotiate: has an exchange over a stream, before the protocol of the socket begins. */

import { clearTimeout, setTimeout } from 'node:timers';
import type { SocketErrorCode } from '../errors.ts';
import type { OpenStream } from './dial.ts';
import type { Exchange } from './exchange.ts';

/**
 * Resolves when `exchange` is done: what came after it is back in the inlet, and the stream is paused. Rejects, with the
 * stream destroyed, when it fails, when the stream ends, when `signal` aborts, and after `patience` ms (0 = never).
 */
export async function negotiate(
  { stream, inlet }: OpenStream,
  exchange: Exchange,
  signal: AbortSignal,
  patience: number,
): Promise<void> {
  const heard = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      if (signal.aborted) throw signal.reason;
      // It may have ended before anybody listened.
      if (stream.destroyed) closed();
      const received = (chunk: Buffer): void => {
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
      stream.on('error', reject);
      signal.addEventListener('abort', () => reject(signal.reason), once);
      heard.signal.addEventListener('abort', () => {
        stream.off('data', received);
        stream.off('close', closed);
      });
      if (patience > 0) timer = setTimeout(() => reject(silent(patience)), patience).unref();
      const first = exchange.first();
      if (first.length > 0) stream.write(first);
      stream.resume();

      function closed(): void {
        reject(failed('ECONNRESET', 'closes the connection without an answer'));
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

function silent(patience: number): Error {
  return failed('ETIMEDOUT', `no answer within ${patience} ms`);
}

/** No SocketError, which would say that nothing was opened. */
function failed(code: SocketErrorCode, message: string): Error {
  return Object.assign(new Error(message), { code });
}

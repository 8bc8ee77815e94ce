/** Stream wait: waits for what a stream is to bring (a connection, TLS, an answer), until it fails, is too late, or is not wanted. */

import type { Socket as Stream } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import type { SocketErrorCode } from '../errors.ts';

/** What ends a wait early. */
export interface WaitLimits {
  readonly signal: AbortSignal;
  /** Milliseconds; 0 = no limit. */
  readonly patience: number;
  /** What is missing after that, for the message of the error. */
  readonly awaited: string;
}

/**
 * Resolves as `begin` does. Rejects, with `stream` destroyed, when `begin` rejects or throws, when `stream` fails, when the
 * signal aborts (with its reason), and with `ETIMEDOUT` after `patience`. Calls what `begin` returns when the wait has ended.
 */
export async function waitOn(
  stream: Stream,
  { signal, patience, awaited }: WaitLimits,
  begin: (resolve: () => void, reject: (error: unknown) => void) => (() => void) | undefined,
): Promise<void> {
  let abort: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let settled: (() => void) | undefined;
  stream.unref();
  try {
    await new Promise<void>((resolve, reject) => {
      if (signal.aborted) throw signal.reason;
      abort = () => reject(signal.reason);
      signal.addEventListener('abort', abort);
      // Stays: an error before the next reader listens must not end the process.
      stream.on('error', reject);
      const late = (): void => reject(failed('ETIMEDOUT', `no ${awaited} within ${patience} ms`));
      if (patience > 0) timer = setTimeout(late, patience).unref();
      settled = begin(resolve, reject);
    });
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    if (abort !== undefined) signal.removeEventListener('abort', abort);
    settled?.();
  }
}

/** An error with a code. No SocketError, which would say that nothing was opened. */
export function failed(code: SocketErrorCode, message: string): Error {
  return Object.assign(new Error(message), { code });
}

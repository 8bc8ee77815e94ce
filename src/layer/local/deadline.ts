/** Deadline: ends a wait by its time-out or its signal, and checks both. */

import { Deadline } from '../../base/deadline.ts';
import type { WaitOptions } from '../carrier/carrier.ts';
import { LayerError } from '../errors.ts';

/** @throws LayerError `ERR_INVALID_OPTION` for a time-out that is no number from 0, the reason of a signal that has aborted */
export function checkWait({ timeout, signal }: WaitOptions): void {
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0)) {
    throw new LayerError(
      'ERR_INVALID_OPTION',
      `timeout is ${String(timeout)}, expected milliseconds from 0 or Infinity`,
    );
  }
  signal?.throwIfAborted();
}

/**
 * Calls `end` once, with the reason: `ERR_TIMEOUT` after `timeout` milliseconds, or that of `signal`. The returned function
 * cancels that. `what`: what did not answer, for the text of the error.
 */
export function deadline(
  { timeout, signal }: WaitOptions,
  what: string,
  end: (reason: unknown) => void,
): () => void {
  // Most waits have no end: a hundred thousand of them are memory that each collection goes over.
  if (signal === undefined && (timeout ?? Number.POSITIVE_INFINITY) === Number.POSITIVE_INFINITY) {
    return NOTHING;
  }
  const timer = new Deadline(timeout ?? Number.POSITIVE_INFINITY, () => {
    cancel();
    end(timedOut(what, timeout ?? 0));
  });
  const cancel = (): void => {
    timer.clear();
    signal?.removeEventListener('abort', abort);
  };
  const abort = (): void => {
    cancel();
    end(signal?.reason);
  };
  signal?.addEventListener('abort', abort, { once: true });
  return cancel;
}

/** The error of a wait that was too long. */
export function timedOut(what: string, timeout: number): LayerError {
  return new LayerError('ERR_TIMEOUT', `nothing from ${what} within ${timeout} ms`);
}

const NOTHING = (): void => {};

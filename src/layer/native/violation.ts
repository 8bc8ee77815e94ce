/** Violation: the error for a process that breaks the protocol, which costs it the connection. */

import { LayerError } from '../errors.ts';

export function violation(why: string): LayerError {
  return new LayerError('ERR_PROTOCOL', why);
}

/** The error for a process that has more than `limit` of `what`. */
export function tooMany(what: string, limit: number): LayerError {
  return violation(`more than ${limit} ${what}`);
}

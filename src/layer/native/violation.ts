/** Violation: a process breaks a rule, which costs it the connection. */

import { LayerError } from '../errors.ts';

export function violation(why: string): LayerError {
  return new LayerError('ERR_PROTOCOL', why);
}

/** It has more than `limit` of `what`. */
export function tooMany(what: string, limit: number): LayerError {
  return violation(`more than ${limit} ${what}`);
}

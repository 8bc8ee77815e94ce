/** Capacity: how many messages may wait in a channel, by its name. */

import { LayerError } from '../errors.ts';
import { globMatcher } from './glob.ts';

/**
 * Rules in order, the first that matches a name wins. A string is a glob (`*`, `?`, `[a-z]`, `[!a-z]`) over the whole
 * name; a regular expression matches from the start of the name, as Python's `re.match` does.
 */
export type ChannelCapacity =
  | Readonly<Record<string, number>>
  | ReadonlyMap<string | RegExp, number>
  | readonly (readonly [pattern: string | RegExp, capacity: number])[];

/** Looks up the capacity of channel names, and remembers it. */
export class Capacities {
  readonly #default: number;
  readonly #rules: { readonly matches: (name: string) => boolean; readonly capacity: number }[];
  readonly #known = new Map<string, number>();

  /** @throws LayerError `ERR_INVALID_OPTION` */
  constructor(capacity: number, rules: ChannelCapacity = {}) {
    this.#default = checkCapacity('capacity', capacity);
    const entries =
      rules instanceof Map || Array.isArray(rules)
        ? [...(rules as Iterable<readonly [string | RegExp, number]>)]
        : Object.entries(rules);
    this.#rules = entries.map(([pattern, value]) => ({
      matches: matcher(pattern),
      capacity: checkCapacity(`channelCapacity of ${pattern}`, value),
    }));
  }

  of(name: string): number {
    if (this.#rules.length === 0) return this.#default;
    let capacity = this.#known.get(name);
    if (capacity !== undefined) return capacity;
    capacity = this.#rules.find((rule) => rule.matches(name))?.capacity ?? this.#default;
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(name, capacity);
    return capacity;
  }
}

function matcher(pattern: string | RegExp): (name: string) => boolean {
  if (typeof pattern === 'string') return globMatcher(pattern);
  // A copy: flags g and y would make `test` remember where it was.
  const regExp = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  return (name) => regExp.exec(name)?.index === 0;
}

function checkCapacity(what: string, value: unknown): number {
  if (typeof value === 'number' && (value === Number.POSITIVE_INFINITY || Number.isInteger(value)))
    if (value >= 1) return value;
  throw new LayerError('ERR_INVALID_OPTION', `${what} is ${value}, expected an integer above 0`);
}

const KNOWN_MAX = 10_000;

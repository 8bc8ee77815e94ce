/** Purge: takes the prefixes of a peer that is gone out of an index, without keeping the event loop from others for long. */

import type { PrefixIndex, Removed } from './prefix-index.ts';

/**
 * Remove all prefixes of `owner`: the first few thousand now, as many more each time that `later` calls, meanwhile the index still
 * finds it. One that has not ended may come back and subscribe again: of that one, all at once.
 * @param later does what it is given in another turn of the event loop
 * @param onRemoved hears of each, see `PrefixIndex.removeAll`
 * @param onTurn is called after each later turn
 */
export function purge<T extends { readonly ended: boolean }>(
  index: PrefixIndex<T>,
  owner: T,
  later: (work: () => void) => void,
  onRemoved?: Removed,
  onTurn?: () => void,
): void {
  if (index.removeAll(owner, onRemoved, owner.ended ? SLICE : undefined)) return;
  const turn = (): void => {
    if (!index.removeAll(owner, onRemoved, SLICE)) later(turn);
    onTurn?.();
  };
  later(turn);
}

/** One or two milliseconds' worth. */
const SLICE = 4096;

/** Purge: removes the prefixes of a peer that is gone from an index, in slices that do not block the event loop for long. */

import type { PrefixIndex, Removed } from './prefix-index.ts';

/**
 * Removes all prefixes of `owner`: 4096 now, and as many in each turn that `later` calls; until then the index still finds it.
 * An owner that has not `ended` may reconnect and subscribe again: its prefixes are all removed now.
 * @param later calls its argument in another turn of the event loop
 * @param onRemoved is called for each prefix, see `PrefixIndex.removeAll`
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

/** Prefixes removed in one turn: one or two milliseconds of work. */
const SLICE = 4096;

/** Movement: whether a figure differs between two versions that were measured by turns, or only looks so. */

import { spreadOf } from './statistics.ts';

/** What became of a figure. */
export interface Movement {
  /** The median of the ratios, round by round: the second version to the first. */
  readonly ratio: number;
  /** Between these the median is with a certainty of 99 %: order statistics, which assume nothing about the noise. */
  readonly low: number;
  readonly high: number;
  /** It is off 1 beyond noise, and by more than is worth a word. */
  readonly moved: boolean;
}

/** Of values round by round; rounds that one of them has not are left out. NaN where none is left. */
export function movementOf(
  before: readonly (number | undefined)[],
  after: readonly (number | undefined)[],
): Movement {
  const ratios: number[] = [];
  before.forEach((value, round) => {
    const other = after[round];
    if (value !== undefined && other !== undefined && value !== 0) ratios.push(other / value);
  });
  if (ratios.length === 0) return { ratio: NaN, low: NaN, high: NaN, moved: false };
  ratios.sort((a, b) => a - b);
  const ratio = spreadOf(ratios).median;
  const rank = certainRank(ratios.length);
  if (rank < 0) return { ratio, low: 0, high: Number.POSITIVE_INFINITY, moved: false };
  const [low, high] = [ratios[rank]!, ratios[ratios.length - 1 - rank]!];
  const outside = low > 1 + WORTH || high < 1 - WORTH;
  return { ratio, low, high, moved: outside };
}

/**
 * The place in `count` sorted values from which to the same place from the end the median is with 99 %: each value is above or below
 * it like a coin falls. −1 where there are too few.
 */
function certainRank(count: number): number {
  let [term, sum, rank] = [0.5 ** count, 0, -1];
  for (let i = 0; i < count / 2; i++) {
    sum += term;
    if (sum > UNCERTAIN / 2) break;
    rank = i;
    term = (term * (count - i)) / (i + 1);
  }
  return rank;
}

/** Many figures are compared in one run: one in twenty would be off by chance every time. */
const UNCERTAIN = 0.01;
const WORTH = 0.02;

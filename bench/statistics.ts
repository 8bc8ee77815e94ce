/** Statistics: what several rounds say together. */

/** Of several rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted[sorted.length - 1]! };
}

/**
 * `ours` to `theirs`, round by round: what disturbed the machine in one round disturbed both. Rounds that one of
 * them has not (undefined) are left out; undefined when there are none left.
 */
export function ratioOf(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
): Spread | undefined {
  const ratios: number[] = [];
  ours.forEach((our, round) => {
    const their = theirs[round];
    if (our !== undefined && their !== undefined && their !== 0) ratios.push(our / their);
  });
  return ratios.length === 0 ? undefined : spreadOf(ratios);
}

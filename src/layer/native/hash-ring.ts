/** HashRing: which of several hubs a name belongs to. Adding one moves few names. */

import { createHash } from 'node:crypto';

export class HashRing {
  readonly #points: readonly { readonly at: number; readonly index: number }[];
  readonly #size: number;

  /** @param ids what identifies each hub, such as its address; their order does not matter */
  constructor(ids: readonly string[]) {
    this.#size = ids.length;
    this.#points = ids
      .flatMap((id, index) =>
        Array.from({ length: POINTS }, (_, point) => ({ at: hash(`${id}#${point}`), index })),
      )
      .sort((a, b) => a.at - b.at);
  }

  /** The index of the hub of `name`. */
  of(name: string): number {
    if (this.#size === 1) return 0;
    const at = hash(name);
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#points[middle]!.at < at) low = middle + 1;
      else high = middle;
    }
    return (this.#points[low] ?? this.#points[0]!).index;
  }
}

const POINTS = 100;

function hash(text: string): number {
  return createHash('sha1').update(text).digest().readUInt32BE(0);
}

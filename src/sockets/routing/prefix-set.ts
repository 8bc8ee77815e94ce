/** PrefixSet: prefixes with a count each, and whether a topic begins with one of them. The SUB side. */

import { type PrefixNode, PrefixTree, step } from './prefix-tree.ts';

export class PrefixSet implements Iterable<Uint8Array> {
  readonly #tree = new PrefixTree<number>();
  #size = 0;

  /** How many distinct prefixes there are. */
  get size(): number {
    return this.#size;
  }

  /** Count `prefix` once more (copied when new). True when it is new. */
  add(prefix: Uint8Array): boolean {
    const node = this.#tree.place(prefix);
    if (node.value !== undefined) {
      node.value++;
      return false;
    }
    node.value = 1;
    this.#size++;
    return true;
  }

  /** Count `prefix` once less: `last` = it is gone now, `unknown` = it was not there. */
  remove(prefix: Uint8Array): 'last' | 'still' | 'unknown' {
    const node = this.#tree.find(prefix);
    if (node?.value === undefined) return 'unknown';
    if (--node.value > 0) return 'still';
    this.#tree.erase(node);
    this.#size--;
    return 'last';
  }

  /** Whether `topic` begins with one of the prefixes. Hot. */
  matches(topic: Uint8Array): boolean {
    let node: PrefixNode<number> | undefined = this.#tree.root;
    for (; node !== undefined; node = step(node, topic)) {
      if (node.value !== undefined) return true;
    }
    return false;
  }

  /** Each distinct prefix: a view, good until the set changes. */
  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    for (const node of this.#tree.nodes()) yield node.prefix;
  }
}

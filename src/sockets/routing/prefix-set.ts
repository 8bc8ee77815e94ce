/** PrefixSet: prefixes with a count each, and whether a topic begins with one of them. Used by SUB, XSUB and DISH. */

import { type PrefixNode, PrefixTree, step } from './prefix-tree.ts';

export class PrefixSet implements Iterable<Uint8Array> {
  readonly #tree = new PrefixTree<number>();
  #size = 0;

  /** How many distinct prefixes there are. */
  get size(): number {
    return this.#size;
  }

  /** Raises the count of `prefix` by one. True when it is new; then it is copied. */
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

  /** Lowers the count of `prefix` by one: `last` = it is gone now, `still` = it is not, `unknown` = it was not there. */
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

  /** Each distinct prefix: a view, valid until the set changes. */
  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    for (const node of this.#tree.nodes()) yield node.prefix;
  }
}

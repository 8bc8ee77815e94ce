/** PrefixIndex: which owners have subscribed to which prefixes, and so which owners a topic goes to. Used by PUB and XPUB. */

import { type PrefixNode, PrefixTree, step } from './prefix-tree.ts';

/** Called with each removed prefix: a view, valid during the call, and whether no owner has it any more. */
export type Removed = (prefix: Uint8Array, last: boolean) => void;

/** Owners per prefix are a set: a prefix added twice by one owner is gone after one removal. */
export class PrefixIndex<T extends object> {
  readonly #tree = new PrefixTree<T[]>();
  /** The nodes of each owner's prefixes: to look up whether it has one, and to find all of them when it leaves. */
  readonly #held = new Map<T, Set<PrefixNode<T[]>>>();
  #size = 0;

  /** How many distinct prefixes there are. */
  get size(): number {
    return this.#size;
  }

  /** How many prefixes `owner` has. */
  countOf(owner: T): number {
    return this.#held.get(owner)?.size ?? 0;
  }

  /** How many owners have exactly `prefix`. */
  ownersOf(prefix: Uint8Array): number {
    return this.#tree.find(prefix)?.value?.length ?? 0;
  }

  /**
   * Adds a prefix: `first` = no owner had it, `more` = others had it, `known` = `owner` itself had it. The prefix is copied; one
   * that is `given` (nothing else refers to its octets) may be kept instead if it is long.
   */
  add(prefix: Uint8Array, owner: T, given = false): 'first' | 'more' | 'known' {
    const node = this.#tree.place(prefix, given);
    let nodes = this.#held.get(owner);
    if (nodes === undefined) {
      nodes = new Set();
      this.#held.set(owner, nodes);
    } else if (nodes.has(node)) return 'known';
    nodes.add(node);
    if (node.value !== undefined) {
      node.value.push(owner);
      return 'more';
    }
    node.value = [owner];
    this.#size++;
    return 'first';
  }

  /** Removes a prefix: `last` = no owner has it any more, `still` = others have it, `unknown` = `owner` did not have it. */
  remove(prefix: Uint8Array, owner: T): 'last' | 'still' | 'unknown' {
    const node = this.#tree.find(prefix);
    const nodes = this.#held.get(owner);
    if (node === undefined || nodes === undefined || !nodes.delete(node)) return 'unknown';
    if (nodes.size === 0) this.#held.delete(owner);
    return this.#withdraw(node, owner) ? 'last' : 'still';
  }

  /**
   * Removes all prefixes of `owner`, or the first `limit`, in the order it added them. `onRemoved` must not change the index.
   * Returns true when none is left.
   */
  removeAll(owner: T, onRemoved?: Removed, limit: number = Number.POSITIVE_INFINITY): boolean {
    const nodes = this.#held.get(owner);
    if (nodes === undefined) return true;
    let count = 0;
    for (const node of nodes) {
      if (count++ === limit) return false;
      nodes.delete(node);
      if (onRemoved !== undefined) onRemoved(node.prefix, node.value?.length === 1);
      this.#withdraw(node, owner);
    }
    this.#held.delete(owner);
    return true;
  }

  /**
   * Writes to `found`, from its start, the owners of all prefixes of `topic`, and returns how many. An owner
   * occurs once for each prefix it has; entries of `found` beyond the count are stale. Hot: allocates nothing.
   */
  match(topic: Uint8Array, found: T[]): number {
    let count = 0;
    let node: PrefixNode<T[]> | undefined = this.#tree.root;
    for (; node !== undefined; node = step(node, topic)) {
      const owners = node.value;
      if (owners === undefined) continue;
      for (let i = 0; i < owners.length; i++) found[count++] = owners[i]!;
    }
    return count;
  }

  /** True when `owner` was the last one at `node`. */
  #withdraw(node: PrefixNode<T[]>, owner: T): boolean {
    const owners = node.value!; // nobody is listed as having a node without owners
    if (owners.length > 1) {
      const last = owners.pop()!;
      if (last !== owner) owners[owners.indexOf(owner)] = last;
      return false;
    }
    this.#tree.erase(node);
    this.#size--;
    return true;
  }
}

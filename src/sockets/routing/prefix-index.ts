/** PrefixIndex: which owners want which prefixes, and so which owners a topic goes to. The PUB side. */

import { type PrefixNode, PrefixTree, step } from './prefix-tree.ts';

/** Hears of a prefix that is removed: a view of it, good for the duration of the call, and whether nobody has it any more. */
export type Removed = (prefix: Uint8Array, last: boolean) => void;

/** Owners per prefix are a set: a prefix added twice by one owner is gone after one removal. */
export class PrefixIndex<T extends object> {
  readonly #tree = new PrefixTree<T[]>();
  /** Where each owner's prefixes are: to know at once whether it has one, and to find them when it leaves. */
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
   * Add a prefix: `first` = nobody had it, `more` = others had, `known` = `owner` itself had. It is copied; one that is `given`
   * away, of megabytes, may be kept.
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

  /** Remove a prefix: `last` = nobody has it any more, `still` = others have, `unknown` = `owner` had not. */
  remove(prefix: Uint8Array, owner: T): 'last' | 'still' | 'unknown' {
    const node = this.#tree.find(prefix);
    const nodes = this.#held.get(owner);
    if (node === undefined || nodes === undefined || !nodes.delete(node)) return 'unknown';
    if (nodes.size === 0) this.#held.delete(owner);
    return this.#withdraw(node, owner) ? 'last' : 'still';
  }

  /**
   * Remove all prefixes of `owner`, or the first `limit`, in the order it added them. `onRemoved` must not change the index.
   * True when none is left.
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
   * Write to `found`, from its start, the owners of all prefixes of `topic`, and return how many. An owner
   * comes once for each prefix it has; what was in `found` behind them is left there. Hot: allocates nothing.
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

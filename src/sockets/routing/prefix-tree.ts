/**
 * PrefixTree: a radix tree of octet prefixes, what PrefixIndex and PrefixSet are made of. No recursion
 * anywhere: a subscription may be megabytes long, and a stack may not.
 */

/** A place in the tree where a prefix ends (`value` is defined) or where prefixes part. */
export class PrefixNode<V> {
  /**
   * The octets on the way to this node, and perhaps beyond it: only the first `end` count. A leaf owns its key; any other
   * node borrows the key of one of its children, so that each prefix is stored once at most, and
   * splitting or uniting nodes copies nothing.
   */
  key: Uint8Array;
  end: number;
  /** The octet that tells this node from its siblings: `key[parent.end]`. */
  octet: number;
  parent: PrefixNode<V> | undefined;
  /** By `octet`, ascending: `adopt` changes it. */
  children: PrefixNode<V>[];
  /** The octet of the first child; 0 where there is none. Siblings often have consecutive octets, which saves a search. */
  low: number;
  value: V | undefined;

  constructor(key: Uint8Array, end: number, octet: number, parent: PrefixNode<V> | undefined) {
    this.key = key;
    this.end = end;
    this.octet = octet;
    this.parent = parent;
    this.children = NONE;
    this.low = 0;
    this.value = undefined;
  }

  /** Sets `children`, which the caller keeps in ascending order. */
  adopt(children: PrefixNode<V>[]): void {
    this.children = children;
    this.low = children.length > 0 ? children[0]!.octet : 0;
  }

  /** The prefix that ends here: a view, valid until the tree changes. */
  get prefix(): Uint8Array {
    return this.key.subarray(0, this.end);
  }
}

export class PrefixTree<V> {
  /** Where the empty prefix ends: always there. */
  readonly root: PrefixNode<V> = new PrefixNode<V>(new Uint8Array(0), 0, 0, undefined);

  /** The node where `prefix` ends, if one has been placed there. */
  find(prefix: Uint8Array): PrefixNode<V> | undefined {
    let node: PrefixNode<V> | undefined = this.root;
    while (node !== undefined && node.end < prefix.length) node = step(node, prefix);
    return node;
  }

  /**
   * The node where `prefix` ends, created if need be: then the caller must give it a value. Copies `prefix`; one that is `given`
   * (nothing else refers to its octets) may be kept instead.
   */
  place(prefix: Uint8Array, given = false): PrefixNode<V> {
    let node = this.root;
    while (node.end < prefix.length) {
      const octet = prefix[node.end]!;
      const position = positionOf(node, octet);
      const child = node.children[position];
      if (child === undefined || child.octet !== octet) {
        return addLeaf(node, position, given ? kept(prefix) : new Uint8Array(prefix));
      }
      const limit = Math.min(child.end, prefix.length);
      const end = commonEnd(child.key, prefix, node.end + 1, limit);
      node = end === child.end ? child : fork(child, end, position);
    }
    return node;
  }

  /** Removes the value of `node`, and the node with it unless prefixes part there. */
  erase(node: PrefixNode<V>): void {
    node.value = undefined;
    const parent = node.parent;
    if (parent === undefined || node.children.length > 1) return;
    if (node.children.length === 1) {
      unite(node, parent);
      return;
    }
    parent.adopt(without(parent.children, positionOf(parent, node.octet)));
    let above = parent;
    if (above.children.length === 1 && above.value === undefined && above.parent !== undefined) {
      above = above.parent;
      unite(parent, above);
    }
    rekey(above, node.key);
  }

  /** All nodes that have a value, a prefix before its extensions, siblings by octet. */
  *nodes(): Generator<PrefixNode<V>, void, undefined> {
    const waiting: PrefixNode<V>[] = [this.root];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (node.value !== undefined) yield node;
      for (let i = node.children.length - 1; i >= 0; i--) waiting.push(node.children[i]!);
    }
  }
}

/** The child of `node` that `topic` leads through, or undefined: one step down. Hot. */
export function step<V>(node: PrefixNode<V>, topic: Uint8Array): PrefixNode<V> | undefined {
  const children = node.children;
  let at = node.end;
  if (children.length === 0 || at >= topic.length) return undefined;
  const octet = topic[at]!;
  const child = children[positionOf(node, octet)];
  if (child === undefined || child.octet !== octet) return undefined;
  const end = child.end;
  if (end > topic.length) return undefined;
  const key = child.key;
  if (end - at > LONG) return commonEnd(key, topic, at, end) === end ? child : undefined;
  for (at++; at < end; at++) if (key[at] !== topic[at]) return undefined;
  return child;
}

/** The index of the child with `octet`, or the index at which it would be inserted. */
function positionOf<V>({ children, low: first }: PrefixNode<V>, octet: number): number {
  const guess = octet - first;
  if (guess >= 0 && guess < children.length && children[guess]!.octet === octet) return guess;
  let low = 0;
  let high = children.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (children[middle]!.octet < octet) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Length of the common beginning of two keys, at most `limit`; the first `from` octets are known to be the same. */
function commonEnd(one: Uint8Array, other: Uint8Array, from: number, limit: number): number {
  let at = from;
  while (limit - at > LONG && sameOctets(one, other, at, at + LONG)) at += LONG;
  while (at < limit && one[at] === other[at]) at++;
  return at;
}

function sameOctets(one: Uint8Array, other: Uint8Array, start: number, end: number): boolean {
  return Buffer.compare(one.subarray(start, end), other.subarray(start, end)) === 0;
}

/** `prefix` in memory that holds little else: it is usually a view of a large chunk, which the subscription would keep alive. */
function kept(prefix: Uint8Array): Uint8Array {
  if (prefix.length < LONG) return new Uint8Array(prefix);
  const { buffer, byteOffset, length } = prefix;
  const wasted = buffer.byteLength - length;
  return wasted > length >> 3 ? new Uint8Array(prefix) : new Uint8Array(buffer, byteOffset, length);
}

function addLeaf<V>(parent: PrefixNode<V>, position: number, key: Uint8Array): PrefixNode<V> {
  const leaf = new PrefixNode<V>(key, key.length, key[parent.end]!, parent);
  const wasLeaf = parent.children.length === 0;
  const former = parent.key;
  parent.adopt(withInserted(parent.children, position, leaf));
  // No longer a leaf, it borrows a key now; the nodes that borrowed its own borrow the same one.
  if (wasLeaf && parent.parent !== undefined) rekey(parent, former);
  return leaf;
}

/** A new node between `child` and its parent, ending at `end`. */
function fork<V>(child: PrefixNode<V>, end: number, position: number): PrefixNode<V> {
  const parent = child.parent!; // found among the children of a node
  const middle = new PrefixNode<V>(child.key, end, child.octet, parent);
  parent.children[position] = middle;
  child.parent = middle;
  child.octet = child.key[end]!;
  middle.adopt([child]);
  return middle;
}

/** Puts the only child of `node` in the place of `node`. */
function unite<V>(node: PrefixNode<V>, parent: PrefixNode<V>): void {
  const child = node.children[0]!; // the caller has counted
  child.octet = node.octet;
  child.parent = parent;
  parent.children[positionOf(parent, node.octet)] = child;
}

/**
 * Gives other keys to the nodes from `lowest` upwards that borrowed `former`, whose leaf is gone or is a leaf no more;
 * otherwise a removed prefix of megabytes would stay in memory for a short one.
 */
function rekey<V>(lowest: PrefixNode<V>, former: Uint8Array): void {
  let node: PrefixNode<V> | undefined = lowest;
  for (; node !== undefined && node.key === former; node = node.parent) {
    const child = node.children[0];
    node.key = child === undefined ? new Uint8Array(node.prefix) : child.key;
  }
}

/** Exact in size, unlike what `splice` leaves: most nodes have very few children. */
function withInserted<V>(
  children: readonly PrefixNode<V>[],
  position: number,
  child: PrefixNode<V>,
): PrefixNode<V>[] {
  if (children.length === 0) return [child];
  const grown: PrefixNode<V>[] = new Array(children.length + 1);
  for (let i = 0; i < position; i++) grown[i] = children[i]!;
  grown[position] = child;
  for (let i = position; i < children.length; i++) grown[i + 1] = children[i]!;
  return grown;
}

function without<V>(children: PrefixNode<V>[], position: number): PrefixNode<V>[] {
  if (children.length === 1) return NONE;
  children.splice(position, 1);
  return children;
}

/** Octets from which on a native comparison costs less than a loop. */
const LONG = 4096;
/** The children of every leaf; never written to. */
const NONE: never[] = [];

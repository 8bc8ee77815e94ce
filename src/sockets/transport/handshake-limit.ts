/** HandshakeLimit: how many connections from one address may begin a handshake within a second. */

/**
 * Counts for a second, or for as many addresses as it may hold, then begins anew. Around that an address may have twice its number.
 * The IPv6 addresses of one /64 count as one: whoever has one of them mostly has all.
 */
export class HandshakeLimit {
  readonly #perSecond: number;
  readonly #counts = new Map<string, number>();
  #since = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether a connection from `address` may begin at `now`, in milliseconds; it is counted if so. */
  admits(address: string, now: number): boolean {
    if (now - this.#since >= SECOND) this.#begin(now);
    const holder = holderOf(address);
    const count = this.#counts.get(holder) ?? 0;
    if (count >= this.#perSecond) return false;
    // Memory is bounded, and nobody turned away for it: who has so many addresses is held by no limit per address.
    if (count === 0 && this.#counts.size >= ADDRESSES_MAX) this.#begin(now);
    this.#counts.set(holder, count + 1);
    return true;
  }

  /** Addresses that are counted now. */
  get size(): number {
    return this.#counts.size;
  }

  #begin(now: number): void {
    this.#counts.clear();
    this.#since = now;
  }
}

/** What counts as one: an IPv4 address, or the first half of an IPv6 address, as Node writes it. */
function holderOf(address: string): string {
  if (!address.includes(':')) return address;
  const [front = '', back = ''] = address.split('::');
  const groups = front === '' ? [] : front.split(':');
  const rest = back === '' ? [] : back.split(':');
  while (groups.length + rest.length < 8) groups.push('0');
  return [...groups, ...rest].slice(0, 4).join(':');
}

const SECOND = 1000;

/** Some 130 octets each. */
export const ADDRESSES_MAX = 10_000;

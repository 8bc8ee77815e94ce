/** HandshakeLimit: how many connections from one address may begin a handshake within a second. */

/** Counts for a second, then begins anew: what it holds is what came within that second. */
export class HandshakeLimit {
  readonly #perSecond: number;
  readonly #counts = new Map<string, number>();
  #since = Number.NEGATIVE_INFINITY;

  /** `perSecond`: 0 = no limit. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** May one from `address` begin at `now`, in milliseconds? Those that may not are not counted. */
  admits(address: string, now: number): boolean {
    if (this.#perSecond === 0) return true;
    if (now - this.#since >= SECOND) {
      this.#counts.clear();
      this.#since = now;
    }
    const count = this.#counts.get(address) ?? 0;
    if (count >= this.#perSecond) return false;
    this.#counts.set(address, count + 1);
    return true;
  }
}

const SECOND = 1000;

/** Letter: one encoded message in this process, with what its carrier and its readers need to know of it. */

/** What became of a letter: somebody read it; it expired; or it was neither, as in a full or cleared channel. */
export type Settlement = 'read' | 'expired' | 'dropped';

/** One message, and the channels of this process that hold it. */
export class Letter {
  /** As the codec made it, and encrypted where keys are given. */
  readonly payload: Uint8Array;
  /** When it expires, by the clock of this process: `CarrierHost.expiryOf`. */
  readonly expiresAt: number;
  /** Its place in the order of the hub or producer; 0 where that does not matter. */
  readonly sequence: number;
  /** Key of the process that sent it; empty for this one, or where it is not known. */
  readonly from: string;
  /** The group it was sent to, which its encryption is bound to; undefined if it was sent to a channel. */
  readonly group: string | undefined;
  /** For the carrier, to find again what it has to acknowledge. The layer does not look at it. */
  token: unknown = undefined;
  /** @internal The message, once somebody has decoded it; null if that failed. */
  value: object | null | undefined = undefined;
  /** @internal More than one channel gets it: each reader is given a copy of `value`. */
  shared = false;
  #holders = 0;
  #settlement: Settlement = 'dropped';

  constructor(
    payload: Uint8Array,
    expiresAt: number,
    sequence = 0,
    from = '',
    group: string | undefined = undefined,
  ) {
    this.payload = payload;
    this.expiresAt = expiresAt;
    this.sequence = sequence;
    this.from = from;
    this.group = group;
  }

  /** @internal What became of it in all channels: `read` if it was read in one of them. */
  get settlement(): Settlement {
    return this.#settlement;
  }

  /** @internal One more channel holds it. Hot. */
  hold(): void {
    this.#holders++;
  }

  /** @internal A channel lets go of it; true if that was the last one. Hot. */
  letGo(how: Settlement): boolean {
    if (how === 'read' || (how === 'expired' && this.#settlement === 'dropped')) {
      this.#settlement = how;
    }
    return --this.#holders === 0;
  }
}

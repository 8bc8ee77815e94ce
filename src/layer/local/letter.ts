/** Letter: one message on its way, encoded, with what the ways need to know of it. */

export class Letter {
  /** As the codec made it, and encrypted where keys are given. */
  readonly payload: Uint8Array;
  /** Seconds on this process's clock. */
  expiresAt: number;
  /** Its place in the order of the hub or producer; 0 where that does not matter. */
  readonly sequence: number;
  /** The process that sent it; empty for this one. */
  readonly from: string;
  /** The name it was encrypted for: the group it came by, or undefined for the channel. */
  readonly group: string | undefined;
  /** The message, once somebody has decoded it; null if that failed. For the layer. */
  value: object | null | undefined = undefined;
  /** More than one channel gets it: each reader is given a copy of `value`. */
  shared = false;

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
}

/** IdGenerator: routing ids for peers that announce none. */

/**
 * `00` and a 4-octet big-endian counter, the shape libzmq gives them. The leading zero keeps them
 * apart from the ids that peers may announce; the random start makes ids of two sockets differ.
 */
export class IdGenerator {
  #counter: number;

  /** `random` as `Math.random`: at least 0, below 1. */
  constructor(random: () => number) {
    this.#counter = randomUint32(random);
  }

  /** A new id. The counter wraps after 2³² ids: a caller that keeps old ones has to check that the new one is free. */
  next(): Buffer {
    const id = Buffer.alloc(5);
    id.writeUInt32BE(this.#counter, 1);
    this.#counter = (this.#counter + 1) >>> 0;
    return id;
  }

  /** Whether `id` has the shape of a generated one. */
  static made(id: Buffer): boolean {
    return id.length === 5 && id[0] === 0;
  }
}

/** A whole number from 0 to 2³² − 1 out of `random`. */
export function randomUint32(random: () => number): number {
  return Math.floor(random() * 2 ** 32) >>> 0;
}

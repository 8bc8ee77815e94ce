/** Chance that can be had again: numbers from a seed, and octets changed by them. */

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A copy of `octets` with up to four changes: an octet set, a stretch cut, doubled or put in, the end cut off. */
export function mutated(octets: Buffer, random: () => number): Buffer {
  let result = Buffer.from(octets);
  const at = (): number => Math.floor(random() * (result.length + 1));
  for (let n = 1 + Math.floor(random() * 4); n > 0; n--) {
    const [start, end] = [at(), at()].sort((a, b) => a - b) as [number, number];
    switch (Math.floor(random() * 5)) {
      case 0:
        if (start < result.length) result[start] = Math.floor(random() * 256);
        break;
      case 1:
        result = Buffer.concat([
          result.subarray(0, start),
          result.subarray(Math.min(end, start + 40)),
        ]);
        break;
      case 2:
        result = Buffer.concat([result.subarray(0, end), result.subarray(start)]);
        break;
      case 3:
        result = Buffer.concat([
          result.subarray(0, start),
          Buffer.from(Array.from({ length: 1 + Math.floor(random() * 20) }, () => random() * 256)),
          result.subarray(start),
        ]);
        break;
      default:
        result = result.subarray(0, end);
    }
    result = Buffer.from(result);
  }
  return result;
}

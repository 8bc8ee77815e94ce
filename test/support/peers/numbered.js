// Numbered messages with a checksum: [...prefix, 'source/number', body, crc32 of both in hex], and the
// tally a receiver keeps of them. The Python peer makes and checks the same octets.

import { crc32 } from 'node:zlib';

/** `size` octets of xorshift32 noise, different for each `number`. */
export function noise(size, seed = 1, number = 0) {
  const twice = block(seed);
  const offset = (number * 7_919) % BLOCK;
  if (size <= BLOCK) return twice.subarray(offset, offset + size);
  const body = Buffer.allocUnsafe(size);
  for (let at = 0, index = 0; at < size; at += BLOCK, index++) {
    twice.copy(body, at, offset, offset + Math.min(BLOCK, size - at));
    // Each block says which it is, so that two of them swapped are noticed.
    if (size - at >= 4) body.writeUInt32BE(index, at);
  }
  return body;
}

/** Message `number` of `source`. */
export function numbered(source, number, size = 16, seed = 1) {
  const label = Buffer.from(`${source}/${number}`);
  const body = noise(size, seed, number);
  return [label, body, checksum(label, body)];
}

/** Counts numbered messages and what is wrong with them. */
export class Tally {
  count = 0;
  bad = 0;
  duplicates = 0;
  reordered = 0;
  gaps = 0;
  sources = {};
  #seen = new Map();

  /** Takes the last three parts of a message; returns its number, -1 if the message is damaged. */
  add(parts) {
    this.count++;
    const [label, body, sum] = parts.slice(-3);
    if (sum === undefined || checksum(label, body) !== sum.toString('latin1')) {
      this.bad++;
      return -1;
    }
    const text = label.toString();
    const slash = text.lastIndexOf('/');
    const source = text.slice(0, slash);
    const number = Number(text.slice(slash + 1));
    const known = this.sources[source];
    if (known === undefined) {
      this.sources[source] = { first: number, last: number, count: 1 };
      this.#seen.set(source, new Set([number]));
      return number;
    }
    const seen = this.#seen.get(source);
    known.count++;
    if (seen.has(number)) this.duplicates++;
    else if (number < known.last) this.reordered++;
    else this.gaps += number - known.last - 1;
    seen.add(number);
    if (number > known.last) known.last = number;
    return number;
  }

  /** The counters as plain data. */
  summary() {
    const { count, bad, duplicates, reordered, gaps, sources } = this;
    return { count, bad, duplicates, reordered, gaps, sources };
  }
}

function checksum(label, body) {
  return crc32(body, crc32(label)).toString(16).padStart(8, '0');
}

function block(seed) {
  const known = blocks.get(seed);
  if (known !== undefined) return known;
  const made = Buffer.allocUnsafe(2 * BLOCK);
  let state = seed >>> 0 || 1;
  for (let at = 0; at < BLOCK; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    made.writeUInt32LE(state >>> 0, at);
  }
  made.copy(made, BLOCK, 0, BLOCK);
  blocks.set(seed, made);
  return made;
}

const BLOCK = 65_536;
const blocks = new Map();

/** Counting words: the work itself, without any messages. */

/** How often each word was seen. */
export type Counts = Map<string, number>;

/** A run of letters and digits of any script; "don't" is two words, and that is fine here. */
const WORD = /[\p{L}\p{N}]+/gu;

/** Adds the words of `line`, in lower case, to `counts`. Returns how many there were. */
export function countWords(line: string, counts: Counts): number {
  const words = line.toLowerCase().match(WORD) ?? [];
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return words.length;
}

/** Adds `more` to `counts`. */
export function addCounts(counts: Counts, more: Iterable<readonly [string, number]>): void {
  for (const [word, count] of more) counts.set(word, (counts.get(word) ?? 0) + count);
}

/** The `n` most frequent words, the most frequent first; equals in the order of the alphabet. */
export function topWords(counts: Counts, n: number): [string, number][] {
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, n);
}

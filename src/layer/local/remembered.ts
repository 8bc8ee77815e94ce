/** Remembered: what was found out about names lately, since nearly all messages repeat them. */

/**
 * `find`, which depends on the name alone, with a memory for the names of lately. What it found is the same string again for the
 * same name, so that it is hashed only once.
 */
export function remembered(find: (name: string) => string): (name: string) => string {
  let young = new Map<string, string>();
  let old = new Map<string, string>();
  return (name) => {
    const known = young.get(name);
    if (known !== undefined) return known;
    const found = old.get(name) ?? find(name);
    if (young.size >= NAMES_MAX) {
      old = young;
      young = new Map();
    }
    young.set(name, found);
    return found;
  };
}

/** Names in each of the two generations: some 2 MiB, where all are of full length. */
const NAMES_MAX = 4096;

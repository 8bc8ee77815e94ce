/**
 * Unknown options: setting a property that does not exist on a socket or context is usually a typing error. zeromq.js refuses
 * them all; here the fields of a subclass are possible.
 */

/** Prototypes of this package's classes: their instances have no further fields. */
const closedPrototypes = new WeakSet<object>();

/** Makes setting a property that does not exist throw, on instances of exactly this class. */
export function refuseUnknown(prototype: object): void {
  closedPrototypes.add(prototype);
}

/**
 * Intercepts setting a property that does not exist on instances of `base`: a class given to `refuseUnknown` refuses it, a
 * subclass only a name that is similar to one of its options. Fields that a class declares are defined rather than set, and pass.
 */
export function guardUnknown(base: object): void {
  const guard = new Proxy(Object.create(Object.getPrototypeOf(base)) as object, {
    set(target, name, value, receiver) {
      if (typeof name === 'string') {
        const meant = similarOption(receiver, name);
        const closed = closedPrototypes.has(Object.getPrototypeOf(receiver));
        if (closed || meant !== undefined) throw unknownOption(name, meant);
      }
      return Reflect.set(target, name, value, receiver);
    },
  });
  Object.setPrototypeOf(base, guard);
}

/** The error for an option `name` that does not exist, with the one that was probably meant. */
export function unknownOption(name: string, meant?: string): TypeError {
  const hint = meant === undefined ? '' : `, did you mean ${meant}?`;
  return new TypeError(
    `Cannot add property ${name}, object is not extensible: no such option${hint}`,
  );
}

/** The option of `holder` from which `name` differs in case, or by a letter or two where it is long. */
export function similarOption(holder: object, name: string): string | undefined {
  const lower = name.toLowerCase();
  let prototype: object | null = holder;
  while (prototype !== null && prototype !== Object.prototype) {
    const found = Object.entries(Object.getOwnPropertyDescriptors(prototype)).find(
      ([option, { set }]) => set !== undefined && isSimilar(lower, option.toLowerCase()),
    );
    if (found !== undefined) return found[0];
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}

function isSimilar(name: string, option: string): boolean {
  const slips = option.length >= LONG ? 2 : option.length >= MIDDLE ? 1 : 0;
  return Math.abs(name.length - option.length) <= slips && distance(name, option) <= slips;
}

/** Letters to add, take away or change to make `b` out of `a` (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** Length of names from which two letters may differ, and one: shorter names are too close to other words. */
const LONG = 10;
const MIDDLE = 8;

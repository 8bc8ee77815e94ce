/** Option accessors: the properties `socket.linger` and so on, over values that the instance guards. */

import type { OptionTable } from './option-table.ts';
import { CONTEXT, CONTEXT_OPTIONS, OPTIONS } from './option-table.ts';
import type { ContextOptions, OptionValues } from './options.ts';
import { refuseUnknown } from './unknown-option.ts';

/** Method that gives the value kept under a name; it may throw, say on a closed socket. */
export const readOption: unique symbol = Symbol('readOption');

/** Method that keeps a value, already checked, under a name; it may throw or warn. */
export const writeOption: unique symbol = Symbol('writeOption');

/** What the accessors need of the object they are on. */
export interface OptionHolder<V = OptionValues> {
  [readOption]<K extends keyof V>(name: K): V[K];
  [writeOption]<K extends keyof V>(name: K, value: V[K]): void;
}

/**
 * Gives `prototype`, of an {@link OptionHolder}, accessors for the socket options in `names`, but for those that it inherits.
 * Setting one throws what its row's `parse` throws, then what `writeOption` does.
 */
export function defineOptions(prototype: object, names: readonly (keyof OptionValues)[]): void {
  define(prototype, OPTIONS, names);
}

/** Gives `prototype` accessors for all options of a context, as {@link defineOptions}. */
export function defineContextOptions(prototype: object): void {
  define<ContextOptions>(prototype, CONTEXT_OPTIONS, CONTEXT);
}

/**
 * Make setting the getters `names` of `prototype` itself throw the text of zeromq.js, which says `Socket`
 * whatever the class of the object.
 */
export function refuseWrites(
  prototype: object,
  names: readonly string[],
  className: string = 'Socket',
): void {
  for (const name of names) {
    Object.defineProperty(prototype, name, {
      ...Object.getOwnPropertyDescriptor(prototype, name),
      set() {
        throw new TypeError(
          `Cannot set property ${name} of #<${className}> which has only a getter`,
        );
      },
    });
  }
}

/** Checks `value` and has `holder` keep it, or what it makes together with what was kept before. Throws as {@link defineOptions} says. */
export function setOption<V, K extends keyof V>(
  holder: OptionHolder<V>,
  table: OptionTable<V>,
  name: K,
  value: unknown,
): void {
  const { parse, add } = table[name];
  const parsed = parse(value, String(name));
  holder[writeOption](name, add === undefined ? parsed : add(holder[readOption](name), parsed));
}

/** What the property shows for the value kept: a routing id is kept as octets and read as a string. */
export function showOption<K extends keyof OptionValues>(name: K, value: OptionValues[K]): unknown {
  return show(OPTIONS, name, value);
}

function define<V extends object>(
  prototype: object,
  table: OptionTable<V>,
  names: readonly (keyof V)[],
): void {
  refuseUnknown(prototype);
  for (const name of names) {
    if (name in prototype) continue;
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: OptionHolder<V>) {
        return show(table, name, this[readOption](name));
      },
      set(this: OptionHolder<V>, value: unknown) {
        setOption(this, table, name, value);
      },
    });
  }
}

function show<V, K extends keyof V>(table: OptionTable<V>, name: K, value: V[K]): unknown {
  const spec = table[name];
  return spec.show === undefined ? value : spec.show(value);
}

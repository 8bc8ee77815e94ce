/** Option accessors: the properties `socket.linger` and so on, which read and write values that the instance stores. */

import type { OptionTable } from './option-table.ts';
import { CONTEXT, CONTEXT_OPTIONS, OPTIONS } from './option-table.ts';
import type { ContextOptions, OptionValues } from './options.ts';
import { refuseUnknown } from './unknown-option.ts';

/** Key of the method that returns the value stored under a name; it may throw, for example on a closed socket. */
export const readOption: unique symbol = Symbol('readOption');

/** Key of the method that stores a value, already checked, under a name; it may throw or warn. */
export const writeOption: unique symbol = Symbol('writeOption');

/** What the accessors need of the object that they are defined on. */
export interface OptionHolder<V = OptionValues> {
  [readOption]<K extends keyof V>(name: K): V[K];
  [writeOption]<K extends keyof V>(name: K, value: V[K]): void;
}

/**
 * Defines accessors on `prototype`, of an {@link OptionHolder}, for the socket options in `names`, except for inherited ones.
 * Setting an option throws what `parse` of its row throws, then what `writeOption` throws.
 */
export function defineOptions(prototype: object, names: readonly (keyof OptionValues)[]): void {
  define(prototype, OPTIONS, names);
}

/** Defines accessors on `prototype` for all options of a context, as {@link defineOptions} does. */
export function defineContextOptions(prototype: object): void {
  define<ContextOptions>(prototype, CONTEXT_OPTIONS, CONTEXT);
}

/**
 * Makes setting one of the getters `names` of `prototype` throw, with the text of zeromq.js, which says `Socket` whatever the
 * class of the object.
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

/**
 * Checks `value` and stores it in `holder`, combined with the value before where the row has `add`. Throws as {@link
 * defineOptions} says.
 */
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

/** What the property returns for a stored value: a routing id is stored as octets and read as a string. */
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

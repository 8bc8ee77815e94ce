/** Class call: a class that is called without `new` refuses it with the sentence of zeromq.js, whose classes are an addon's. */

/**
 * A function that takes the place of the class `inner`, with its name, prototype and statics: `new`, `extends` and `instanceof` are
 * as with `inner`, and a call throws a TypeError. Objects of a subclass take about fifteen microseconds longer to make.
 */
export function refuseCalls<C extends object>(inner: C): C {
  const make = inner as unknown as new (...args: unknown[]) => object;
  function outer(...args: unknown[]): object {
    if (new.target === undefined) {
      throw new TypeError("Class constructors cannot be invoked without 'new'");
    }
    // As the target itself, the class: for any other function than a subclass, V8 shapes each object anew.
    return new.target === outer ? new make(...args) : Reflect.construct(make, args, new.target);
  }
  Object.defineProperties(outer, Object.getOwnPropertyDescriptors(inner));
  Object.defineProperty(make.prototype, 'constructor', { value: outer });
  return outer as unknown as C;
}

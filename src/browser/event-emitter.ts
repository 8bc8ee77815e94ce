/** EventEmitter: those methods of Node's that this package, and programs that listen to its events, use. */

type Listener = (...values: never[]) => void;

/** Calls listeners in the order in which they were added. `Events`: the values of each event, by its name. */
export class EventEmitter<
  Events extends Record<keyof Events, unknown[]> = Record<PropertyKey, never[]>,
> {
  readonly #listeners = new Map<unknown, Listener[]>();
  /** Each listener of `once`, by the wrapper that is called in its place. */
  readonly #wrapped = new WeakMap<Listener, Listener>();

  on<Name extends keyof Events>(name: Name, listener: (...values: Events[Name]) => void): this;
  on(name: unknown, listener: Listener): this;
  on(name: unknown, given: unknown): this {
    const listener = given as Listener;
    if (this.#listeners.has('newListener')) this.emit('newListener', name, listener);
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    return this;
  }

  addListener<Name extends keyof Events>(
    name: Name,
    listener: (...values: Events[Name]) => void,
  ): this;
  addListener(name: unknown, listener: Listener): this;
  addListener(name: unknown, given: unknown): this {
    return this.on(name as never, given as never);
  }

  once<Name extends keyof Events>(name: Name, listener: (...values: Events[Name]) => void): this;
  once(name: unknown, listener: Listener): this;
  once(name: unknown, given: unknown): this {
    const listener = given as Listener;
    const wrapper: Listener = (...values) => {
      this.off(name as never, wrapper as never);
      listener.apply(this, values);
    };
    this.#wrapped.set(wrapper, listener);
    return this.on(name as never, wrapper as never);
  }

  off<Name extends keyof Events>(name: Name, listener: (...values: Events[Name]) => void): this;
  off(name: unknown, listener: Listener): this;
  off(name: unknown, given: unknown): this {
    const listeners = this.#listeners.get(name) ?? [];
    const at = listeners.findLastIndex(
      (each) => each === given || this.#wrapped.get(each) === given,
    );
    if (at < 0) return this;
    this.#listeners.set(name, listeners.toSpliced(at, 1));
    if (this.#listeners.has('removeListener')) this.emit('removeListener', name, given);
    return this;
  }

  removeListener<Name extends keyof Events>(
    name: Name,
    listener: (...values: Events[Name]) => void,
  ): this;
  removeListener(name: unknown, listener: Listener): this;
  removeListener(name: unknown, given: unknown): this {
    return this.off(name as never, given as never);
  }

  /** Removes the listeners of the event `name`; without a name, of all events. */
  removeAllListeners(name?: unknown): this {
    if (name === undefined) this.#listeners.clear();
    else this.#listeners.delete(name);
    return this;
  }

  listenerCount(name: unknown): number {
    return this.#listeners.get(name)?.length ?? 0;
  }

  /** Calls the listeners of `name`, and returns whether there are any. @throws the value of an `error` that has none */
  emit(name: unknown, ...values: unknown[]): boolean {
    const listeners = this.#listeners.get(name) ?? [];
    if (listeners.length === 0 && name === 'error') throw values[0];
    for (const listener of listeners) listener.apply(this, values as never[]);
    return listeners.length > 0;
  }
}

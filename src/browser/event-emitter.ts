/** EventEmitter: that of Node, as far as this package and the programs that listen to its events use it. */

type Listener = (...values: never[]) => void;

/** Calls those who listen, in the order in which they came. */
export class EventEmitter {
  readonly #listeners = new Map<unknown, Listener[]>();
  /** By the wrapper that is called in its place. */
  readonly #wrapped = new WeakMap<Listener, Listener>();

  on(name: unknown, listener: Listener): this {
    if (this.#listeners.has('newListener')) this.emit('newListener', name, listener);
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    return this;
  }

  addListener(name: unknown, listener: Listener): this {
    return this.on(name, listener);
  }

  once(name: unknown, listener: Listener): this {
    const wrapper: Listener = (...values) => {
      this.off(name, wrapper);
      listener.apply(this, values);
    };
    this.#wrapped.set(wrapper, listener);
    return this.on(name, wrapper);
  }

  off(name: unknown, listener: Listener): this {
    const listeners = this.#listeners.get(name) ?? [];
    const at = listeners.findLastIndex(
      (each) => each === listener || this.#wrapped.get(each) === listener,
    );
    if (at < 0) return this;
    this.#listeners.set(name, listeners.toSpliced(at, 1));
    if (this.#listeners.has('removeListener')) this.emit('removeListener', name, listener);
    return this;
  }

  removeListener(name: unknown, listener: Listener): this {
    return this.off(name, listener);
  }

  /** Of `name`, or of all names. */
  removeAllListeners(name?: unknown): this {
    if (name === undefined) this.#listeners.clear();
    else this.#listeners.delete(name);
    return this;
  }

  listenerCount(name: unknown): number {
    return this.#listeners.get(name)?.length ?? 0;
  }

  /** Whether anybody was called. @throws what is emitted as `error` while nobody listens to that */
  emit(name: unknown, ...values: unknown[]): boolean {
    const listeners = this.#listeners.get(name) ?? [];
    if (listeners.length === 0 && name === 'error') throw values[0];
    for (const listener of listeners) listener.apply(this, values as never[]);
    return listeners.length > 0;
  }
}

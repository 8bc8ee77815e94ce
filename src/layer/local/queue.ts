/** Queue: first in, first out, with a way back in at the front. */

export class Queue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  at(index: number): T | undefined {
    return this.#items[this.#head + index];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head > 32 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Removes and returns the last item. */
  pop(): T | undefined {
    return this.length === 0 ? undefined : this.#items.pop();
  }

  /** Puts `item` before the first item for which `after` is true. */
  insert(item: T, after: (other: T) => boolean): void {
    let at = this.#head;
    while (at < this.#items.length && !after(this.#items[at]!)) at++;
    this.#items.splice(at, 0, item);
  }

  /** Removes the items for which `unwanted` is true, and returns them in order. */
  remove(unwanted: (item: T) => boolean): T[] {
    const removed: T[] = [];
    const kept: T[] = [];
    for (let i = this.#head; i < this.#items.length; i++) {
      const item = this.#items[i]!;
      if (unwanted(item)) removed.push(item);
      else kept.push(item);
    }
    this.#items = kept;
    this.#head = 0;
    return removed;
  }
}

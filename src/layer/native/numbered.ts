/** Numbered: items by ascending number, in pages, since a map of single items costs several times as much. */

export class Numbered<T> {
  readonly #pages = new Map<number, Page<T>>();
  /** The page that was found last. */
  #page: Page<T> | undefined;
  #size = 0;
  #last = 0;

  get size(): number {
    return this.#size;
  }

  /** All items by ascending number; they may be removed meanwhile. */
  *items(): IterableIterator<T> {
    for (const { items } of this.#pages.values()) {
      for (const item of items) if (item !== undefined) yield item;
    }
  }

  /** Adds `item`; `number` is above all before it. Hot. */
  add(number: number, item: T): void {
    this.#last = number;
    const index = Math.floor(number / PAGE);
    const page = this.#find(index) ?? this.#turn(index);
    page.items[number % PAGE] = item;
    page.count++;
    this.#size++;
  }

  get(number: number): T | undefined {
    return this.#find(Math.floor(number / PAGE))?.items[number % PAGE];
  }

  /** Removes an item; false if there is none with this number. Hot. */
  remove(number: number): boolean {
    const page = this.#find(Math.floor(number / PAGE));
    if (page?.items[number % PAGE] === undefined) return false;
    page.items[number % PAGE] = undefined;
    this.#size--;
    page.count--;
    // The page that is being filled stays, else one message at a time would make a page for each.
    if (page.count > 0 || page.index === Math.floor(this.#last / PAGE)) return true;
    this.#pages.delete(page.index);
    this.#page = undefined;
    return true;
  }

  clear(): void {
    this.#pages.clear();
    this.#page = undefined;
    this.#size = 0;
  }

  #find(index: number): Page<T> | undefined {
    if (this.#page?.index === index) return this.#page;
    const page = this.#pages.get(index);
    if (page !== undefined) this.#page = page;
    return page;
  }

  /** Begins a new page; deletes the one that was filled before if it is empty. */
  #turn(index: number): Page<T> {
    const before = this.#filling;
    if (before?.count === 0) this.#pages.delete(before.index);
    const page = { index, items: new Array<T | undefined>(PAGE).fill(undefined), count: 0 };
    this.#pages.set(index, page);
    this.#page = page;
    this.#filling = page;
    return page;
  }

  #filling: Page<T> | undefined;
}

/** Items with consecutive numbers. */
interface Page<T> {
  readonly index: number;
  readonly items: (T | undefined)[];
  /** How many items it holds. */
  count: number;
}

/** Numbers in one page. */
const PAGE = 64;

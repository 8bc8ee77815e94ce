/** Mailboxes: the channels of one process, each with unread messages or with readers that wait. */

import { Box, type Parcel, type Reader, type Route, Spread } from './box.ts';
import type { Letter, Settlement } from './letter.ts';
import { hasPrefix, routeOf } from './names.ts';
import { Queue } from './queue.ts';

/** What became of a message: handed to a waiting reader, kept for one, refused for lack of room, or too old. */
export type Delivery = 'read' | 'kept' | 'full' | 'expired';

/** The owner of mailboxes: what they ask it, and tell it. */
export interface MailboxesHost {
  /** The capacity of a channel, in messages, by its full name. */
  capacityOf(channel: string): number;
  /** `count` messages of `channel` expired unread. */
  expired(channel: string, count: number): void;
  /** The last channel that held `letter` has let go of it. Hot. */
  settled(letter: Letter, how: Settlement): void;
  /** With `tracking`: counts of routes have changed since `takeChanged`. Told once, until that is called. Hot. */
  levelsChanged(): void;
}

export class Mailboxes {
  readonly #host: MailboxesHost;
  readonly #boxes = new Map<string, Box>();
  readonly #routes = new Map<string, Route>();
  #letterCount = 0;
  #readerCount = 0;
  /** The most messages unread in all boxes. */
  readonly #limit: number;
  /** Whether some route was filled to half its capacity since this was set to false. */
  pressed = false;
  /** Whether `takeChanged` will be asked. */
  tracking = false;
  #changed: Route[] = [];

  constructor(host: MailboxesHost, limit: number = Number.POSITIVE_INFINITY) {
    this.#host = host;
    this.#limit = limit;
  }

  /** Channels with messages or readers. */
  get size(): number {
    return this.#boxes.size;
  }

  /** With `tracking`: the routes whose count has changed since the last time. */
  takeChanged(): { readonly name: string; readonly count: number }[] {
    const changed = this.#changed;
    this.#changed = [];
    for (const route of changed) route.changed = false;
    return changed;
  }

  /** The channels of `route` that have messages or readers. */
  channelsOf(route: string): string[] {
    return [...(this.#routes.get(route)?.boxes ?? [])].map((box) => box.channel);
  }

  /** Messages that wait, each once for every channel it waits in. */
  get letterCount(): number {
    return this.#letterCount;
  }

  get readerCount(): number {
    return this.#readerCount;
  }

  /** Unread messages of all channels with `route`; one that waits in several counts once. */
  countOf(route: string): number {
    return this.#routes.get(route)?.count ?? 0;
  }

  /** Unread messages of all routes that pass. */
  counts(wanted: (route: string) => boolean): [route: string, count: number][] {
    return [...this.#routes.values()]
      .filter(({ name, count }) => count > 0 && wanted(name))
      .map(({ name, count }) => [name, count]);
  }

  /** How many readers wait at `channel`. */
  readersOf(channel: string): number {
    return this.#boxes.get(channel)?.readers ?? 0;
  }

  /**
   * Puts a message into a channel. `capacity`: that of its route, by default the host's; Infinity for a message that was
   * counted elsewhere. `others`: messages of the route that wait elsewhere.
   */
  put(channel: string, letter: Letter, now: number, capacity?: number, others = 0): Delivery {
    const box = this.#boxes.get(channel);
    if (box?.readers) return this.#hand(box, letter);
    const room = capacity ?? this.#host.capacityOf(channel);
    if (room !== Number.POSITIVE_INFINITY) {
      const route = box?.route ?? this.#route(channel);
      const full = this.#isFull(route, room, others, now);
      this.#tidy(route);
      if (full) {
        letter.hold();
        this.#letGo(letter, 'dropped');
        return 'full';
      }
    }
    this.#keep(this.#open(channel), { letter, left: 0 }, room);
    return 'kept';
  }

  /** `letter`, meant for `channel`, was too old when it came. */
  tooOld(channel: string, letter: Letter): 'expired' {
    letter.hold();
    this.#letGo(letter, 'expired');
    this.#host.expired(channel, 1);
    return 'expired';
  }

  /** Begins to put `letter` into many channels; it is held until `endSpread`. */
  beginSpread(letter: Letter): Spread {
    letter.hold();
    return new Spread(letter);
  }

  /** Puts it into one of them; it counts at most once in each route. Hot: once per member. */
  spreadTo(spread: Spread, channel: string, now: number): void {
    const { letter } = spread;
    const box = this.#boxes.get(channel);
    if (box?.readers) {
      this.#hand(box, letter);
      spread.delivered++;
      return;
    }
    const route = box?.route.name ?? routeOf(channel);
    if (route !== spread.lastRoute) {
      if (spread.lastRoute !== undefined) {
        spread.parcels ??= new Map();
        spread.parcels.set(spread.lastRoute, spread.lastParcel!);
      }
      spread.lastRoute = route;
      spread.lastParcel = spread.parcels?.get(route);
      if (spread.lastParcel === undefined)
        spread.lastParcel = this.#hasRoom(channel, now) ? { letter, left: 0 } : null;
    }
    if (!spread.lastParcel) {
      spread.skipped.push(channel);
      return;
    }
    this.#keep(this.#open(channel), spread.lastParcel, this.#host.capacityOf(channel));
    spread.delivered++;
  }

  /** Ends what `beginSpread` began: it was put into all its channels. */
  endSpread(spread: Spread): void {
    this.#letGo(spread.letter, 'dropped');
  }

  /** Hands `letter` to a reader that waits at `channel`; false if none does. */
  offer(channel: string, letter: Letter): boolean {
    const box = this.#boxes.get(channel);
    if (!box?.readers) return false;
    this.#hand(box, letter);
    return true;
  }

  /** Puts a letter that was taken back to its place in the order; the capacity is not checked. */
  giveBack(channel: string, letter: Letter, now: number): void {
    if (letter.expiresAt <= now) {
      this.#host.expired(channel, 1);
      return;
    }
    if (this.offer(channel, letter)) return;
    this.#keep(this.#open(channel), { letter, left: 0 }, Number.POSITIVE_INFINITY, true);
  }

  /** The next message of `channel`, if there is one. */
  take(channel: string, now: number): Letter | undefined {
    const box = this.#boxes.get(channel);
    if (box === undefined) return undefined;
    let letter: Letter | undefined;
    let expiredCount = 0;
    for (let parcel = box.parcels?.shift(); parcel !== undefined; parcel = box.parcels?.shift()) {
      const alive = parcel.letter.expiresAt > now;
      this.#release(box, parcel, alive ? 'read' : 'expired');
      if (alive) {
        letter = parcel.letter;
        break;
      }
      expiredCount++;
    }
    this.#close(box);
    if (expiredCount > 0) this.#host.expired(channel, expiredCount);
    return letter;
  }

  /** Takes out up to `count` messages of `channel`, the last first, as if they had never been put there. */
  takeBack(channel: string, count: number): Letter[] {
    const letters: Letter[] = [];
    const box = this.#boxes.get(channel);
    if (box === undefined) return letters;
    while (letters.length < count) {
      const parcel = box.parcels?.pop();
      if (parcel === undefined) break;
      this.#uncount(box, parcel);
      parcel.letter.letGo('dropped');
      letters.push(parcel.letter);
    }
    this.#close(box);
    return letters;
  }

  /** Has `reader` wait for the next message of `channel`, which has none now. Readers are served in the order in which they came. */
  wait(channel: string, reader: Reader): void {
    const box = this.#open(channel);
    box.add(reader);
    this.#readerCount++;
  }

  /** Stops waiting; false if `reader` was not waiting. */
  cancel(channel: string, reader: Reader): boolean {
    const box = this.#boxes.get(channel);
    if (!box?.remove(reader)) return false;
    this.#readerCount--;
    this.#close(box);
    return true;
  }

  /** Rejects the readers that wait at `channel`. */
  reject(channel: string, reason: unknown): void {
    const waiting: Reader[] = [];
    for (let at = this.#boxes.get(channel)?.first; at !== undefined; at = at.after)
      waiting.push(at);
    for (const reader of waiting) reader.cancel(reason);
  }

  /** Rejects all readers that wait. */
  rejectAll(reason: unknown): void {
    for (const channel of [...this.#boxes.keys()]) this.reject(channel, reason);
  }

  /** Removes expired messages. */
  sweep(now: number): void {
    for (const box of this.#boxes.values()) this.#expire(box, now);
  }

  /** Drops all messages of channels with `prefix`, or of all channels; readers go on waiting. Returns how many were dropped. */
  clear(prefix?: string): number {
    const before = this.#letterCount;
    for (const box of this.#boxes.values()) {
      if (prefix !== undefined && !hasPrefix(box.channel, prefix)) continue;
      for (let parcel = box.parcels?.shift(); parcel !== undefined; parcel = box.parcels?.shift()) {
        this.#release(box, parcel, 'dropped');
      }
      this.#close(box);
    }
    return before - this.#letterCount;
  }

  /** Channels where readers wait, and how many. */
  waiting(): [channel: string, count: number][] {
    const waiting: [string, number][] = [];
    for (const { channel, readers } of this.#boxes.values()) {
      if (readers > 0) waiting.push([channel, readers]);
    }
    return waiting;
  }

  /** The channels with most messages, most first. */
  largest(count: number): [channel: string, letterCount: number][] {
    return [...this.#boxes.values()]
      .map((box): [string, number] => [box.channel, box.parcels?.length ?? 0])
      .filter(([, length]) => length > 0)
      .sort((a, b) => b[1] - a[1])
      .slice(0, count);
  }

  #hand(box: Box, letter: Letter): 'read' {
    const reader = box.first!;
    box.remove(reader);
    this.#readerCount--;
    this.#close(box);
    letter.hold();
    reader.take(letter);
    this.#letGo(letter, 'read');
    return 'read';
  }

  #keep(box: Box, parcel: Parcel, capacity: number, inOrder = false): void {
    if (parcel.left++ === 0) {
      box.route.count++;
      this.#note(box.route);
    }
    this.#letterCount++;
    parcel.letter.hold();
    if (box.route.count * 2 >= capacity) this.pressed = true;
    box.route.firstExpiry = Math.min(box.route.firstExpiry, parcel.letter.expiresAt);
    box.parcels ??= new Queue();
    if (inOrder) {
      box.parcels.insert(parcel, (other) => other.letter.sequence > parcel.letter.sequence);
    } else {
      box.parcels.push(parcel);
    }
  }

  #release(box: Box, parcel: Parcel, how: Settlement): void {
    this.#uncount(box, parcel);
    this.#letGo(parcel.letter, how);
  }

  #uncount(box: Box, parcel: Parcel): void {
    this.#letterCount--;
    if (--parcel.left === 0) {
      box.route.count--;
      this.#note(box.route);
    }
  }

  #letGo(letter: Letter, how: Settlement): void {
    if (letter.letGo(how)) this.#host.settled(letter, letter.settlement);
  }

  #note(route: Route): void {
    if (!this.tracking || route.changed) return;
    route.changed = true;
    if (this.#changed.push(route) === 1) this.#host.levelsChanged();
  }

  #hasRoom(channel: string, now: number): boolean {
    const route = this.#boxes.get(channel)?.route ?? this.#route(channel);
    const full = this.#isFull(route, this.#host.capacityOf(channel), 0, now);
    this.#tidy(route);
    return !full;
  }

  /** Expired messages take up no room: they are looked for before a message is refused. */
  #isFull(route: Route, capacity: number, others: number, now: number): boolean {
    if (route.count + others < capacity && this.#letterCount < this.#limit) return false;
    if (route.firstExpiry <= now) {
      route.firstExpiry = Number.POSITIVE_INFINITY;
      for (const box of [...route.boxes]) {
        this.#expire(box, now);
        for (let i = 0; i < (box.parcels?.length ?? 0); i++) {
          const { expiresAt } = box.parcels!.at(i)!.letter;
          route.firstExpiry = Math.min(route.firstExpiry, expiresAt);
        }
      }
    }
    return route.count + others >= capacity || this.#letterCount >= this.#limit;
  }

  #expire(box: Box, now: number): void {
    if (!box.parcels?.length) return;
    const dead = box.parcels.remove(({ letter }) => letter.expiresAt <= now);
    for (const parcel of dead) this.#release(box, parcel, 'expired');
    this.#close(box);
    if (dead.length > 0) this.#host.expired(box.channel, dead.length);
  }

  #route(channel: string): Route {
    const name = routeOf(channel);
    let route = this.#routes.get(name);
    if (route === undefined) {
      route = {
        name,
        count: 0,
        changed: false,
        boxes: new Set(),
        firstExpiry: Number.POSITIVE_INFINITY,
      };
      this.#routes.set(name, route);
    }
    return route;
  }

  /** The box of `channel`, which is created if there is none. */
  #open(channel: string): Box {
    const known = this.#boxes.get(channel);
    if (known !== undefined) return known;
    const route = this.#route(channel);
    const box = new Box(channel, route);
    this.#boxes.set(channel, box);
    route.boxes.add(box);
    return box;
  }

  /** Deletes a box in which nothing waits. */
  #close(box: Box): void {
    if (box.readers > 0 || box.parcels?.length) return;
    this.#boxes.delete(box.channel);
    box.route.boxes.delete(box);
    this.#tidy(box.route);
  }

  #tidy(route: Route): void {
    if (route.boxes.size === 0) this.#routes.delete(route.name);
  }
}

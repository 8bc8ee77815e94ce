/** Exchange: what a hub does, without its sockets. Who reads which channel, what is full, who has to hear what. */

import { randomBytes } from 'node:crypto';
import type { Reader } from '../local/box.ts';
import { Letter } from '../local/letter.ts';
import type { LocalState } from '../local/local-state.ts';
import { routeOf } from '../local/names.ts';
import {
  COMMON_TOPIC,
  type FromHub,
  groupTopic,
  type Header,
  HeaderWriter,
  inboxTopic,
  Kind,
  packAddress,
  relay,
  type ToHub,
  unpackAddress,
  unpackExcept,
} from './protocol.ts';
import { RETAIN_TIME, Retained } from './retained.ts';

/** Where messages leave the exchange. */
export interface ExchangeHost {
  publish(parts: (string | Buffer)[]): void;
}

/**
 * Channels of this process live in the mailboxes of `local`, and so do those that any process may read. A channel that another
 * process has made is handed to it as messages come, and counted until it says that they were read.
 */
export class Exchange {
  /** Another one after each start. */
  readonly id: string = randomBytes(8).toString('hex');
  readonly #local: LocalState;
  readonly #host: ExchangeHost;
  readonly #header: HeaderWriter;
  readonly #peers = new Map<string, Peer>();
  readonly #owners = new Map<string, OwnedRoute>();
  readonly #senders = new Map<string, Sender>();
  readonly #touched = new Set<Sender>();
  readonly #flushes = new Map<number, Flush>();
  readonly #retained = new Retained();
  /** What owners of channels may not have heard of, oldest first. */
  readonly #ended: End[] = [];
  #endCount = 0;
  /** Group messages so far. */
  #sequence = 0;
  /** Messages for channels kept here, so far. */
  #place = 0;
  #flushCount = 0;
  #peerCount = 0;

  constructor(local: LocalState, host: ExchangeHost) {
    this.#local = local;
    this.#host = host;
    this.#header = new HeaderWriter(local.key);
  }

  /** Processes that listen now. */
  get peerCount(): number {
    return this.#peerCount;
  }

  /** Messages handed to other processes that have not said they were read. */
  get outstandingCount(): number {
    let count = 0;
    for (const route of this.#owners.values()) count += outstanding(route);
    return count;
  }

  // — from this process —

  /** False: the channel is full. */
  send(channel: string, payload: Uint8Array, ttl: number, now: number): boolean {
    const capacity = this.#local.settings.capacities.of(this.#local.bare(channel));
    const head = this.#header.write(Kind.send, 0, ttl, 0);
    return this.#send(channel, payload, ttl, capacity, head, undefined, now);
  }

  groupSend(
    group: string,
    payload: Uint8Array,
    except: Buffer | undefined,
    ttl: number,
    now: number,
  ): void {
    this.#groupSend(group, asBuffer(payload), except, undefined, ttl, now);
  }

  /** Resolves when all processes that listen have forgotten everything. */
  flush(prefix: string): Promise<void> {
    return new Promise((resolve) => this.#flush(prefix, resolve));
  }

  /** A message that a reader here gave back. */
  giveBack(channel: string, letter: Letter, now: number): void {
    this.#local.boxes.giveBack(channel, letter, now);
  }

  /** End a membership, wherever it is kept; process `from` has ended its own, and may have begun another since. */
  leave(group: string, channel: string, from?: string): void {
    this.#local.groups.discard(group, channel);
    const owner = this.#owners.get(routeOf(channel))?.peer;
    const isOwners = owner !== undefined && owner.key === from;
    if (isOwners || !this.#local.isForeign(channel)) return;
    const end: End = { number: ++this.#endCount, at: this.#local.now(), group, channel };
    this.#ended.push(end);
    if (owner?.present) this.#tellEnd(owner.topic, end);
  }

  // — from other processes —

  /** A process has pushed `parts` after the header. */
  push(head: Buffer, header: Header, parts: readonly Buffer[], now: number): void {
    const sender = this.#sender(header.from, header.number - 1);
    if (header.number <= sender.last) return;
    this.#touched.add(sender);
    if (header.number > sender.last + 1) {
      this.#gap(sender, sender.last + 1, header.number - 1);
    }
    sender.last = header.number;
    const [name, payload, except] = parts;
    if (name === undefined || payload === undefined || header.kind === Kind.mark) return;
    const text = name.toString('latin1');
    if (header.kind === Kind.group) {
      this.#local.counters.groupSent++;
      this.#groupSend(text, payload, except, head, header.ttl, now);
    } else if (this.#send(text, payload, header.ttl, header.extra, head, undefined, now)) {
      this.#local.counters.sent++;
    } else {
      this.#local.counters.full++;
      this.#local.events.emit('full', { channel: text });
      sender.refused.push(header.number);
      if (sender.refused.length > REFUSED_MAX) sender.refused.shift();
      sender.fresh.push(header.number);
    }
  }

  /** Everything there was to read for now has been read: tell the senders. */
  confirm(): void {
    for (const sender of this.#touched) {
      const held = this.#local.boxes.letterCount;
      this.#tell(sender.topic, { t: 'ack', n: sender.last, refused: sender.fresh, held });
      sender.fresh = [];
    }
    this.#touched.clear();
  }

  /** What a process said; unknown words are ignored, whatever it is. */
  control(from: string, message: ToHub, now: number): void {
    switch (message.t) {
      case 'hello':
        this.#hello(from, message, now);
        break;
      case 'sync':
        this.#tell(inboxTopic(from), { t: 'synced', id: message.id });
        break;
      case 'own':
        for (const route of message.routes) this.#own(from, route, 0, 0, now);
        break;
      case 'want':
        for (const [channel, delta] of message.c) this.#want(from, channel, delta, now);
        break;
      case 'join':
        for (const [group, channel, capacity] of message.m) {
          this.#join(group, channel, capacity, now);
        }
        break;
      case 'leave':
        for (const [group, channel] of message.m) this.leave(group, channel, from);
        break;
      case 'level':
        if (message.hub !== this.id) break;
        for (const [name, last, unread] of message.r) {
          const route = this.#owners.get(name);
          if (route?.peer.key !== from) continue;
          route.last = last;
          route.unread = unread;
        }
        break;
      case 'flush': {
        const topic = inboxTopic(from);
        this.#flush(message.prefix, () => this.#tell(topic, { t: 'flushed', id: message.id }));
        break;
      }
      case 'flushed':
        this.#flushed(message.id, from);
        break;
      case 'bye':
        this.gone(from);
        break;
      default:
        message satisfies never;
    }
  }

  /** A process gives a message back that it had asked for. */
  back(address: string, payload: Buffer, header: Header, now: number): void {
    const [channel, group] = unpackAddress(address);
    const expiresAt = now + header.ttl;
    const letter = new Letter(own(payload), expiresAt, header.number, header.from, group);
    this.#local.boxes.giveBack(channel, letter, now);
  }

  /** Nobody listens to the inbox of `key` any more. */
  gone(key: string): void {
    this.#leave(key, false);
  }

  sweep(now: number): void {
    this.#retained.trim(now);
    for (const [key, sender] of this.#senders) {
      if (this.#peers.has(key)) sender.seen = now;
      else if (now - sender.seen > FORGET_TIME) this.#senders.delete(key);
    }
    this.#forgetCapacities();
    const kept = this.#ended.findIndex(({ at }) => now - at <= FORGET_TIME);
    this.#ended.splice(0, kept < 0 ? this.#ended.length : kept);
    for (const [name, route] of this.#owners) {
      if (!this.#peers.has(route.peer.key) && now - route.peer.since > FORGET_TIME) {
        this.#owners.delete(name);
      }
    }
  }

  /** `group`: by which the message came, which says what it was encrypted for. */
  #send(
    channel: string,
    payload: Uint8Array,
    ttl: number,
    capacity: number,
    head: Buffer,
    group: string | undefined,
    now: number,
  ): boolean {
    const mark = channel.indexOf('!');
    const route = mark < 0 ? undefined : this.#owners.get(channel.slice(0, mark + 1));
    if (route?.peer.present) {
      if (outstanding(route) >= capacity) return false;
      this.#hand(route, channel, asBuffer(payload), ttl, head, group);
      return true;
    }
    this.#local.catchUp(channel);
    const others = route === undefined ? 0 : outstanding(route);
    const from = head.toString('hex', 4, 12);
    const letter = new Letter(own(payload), now + ttl, ++this.#place, from, group);
    if (this.#local.boxes.put(channel, letter, now, capacity, others) === 'full') return false;
    this.#local.counters.delivered++;
    return true;
  }

  #hand(
    route: OwnedRoute,
    channel: string,
    payload: Buffer,
    ttl: number,
    head: Buffer,
    group: string | undefined,
  ): void {
    const header = relay(head, Kind.direct, ++route.handed, ttl, 0);
    this.#host.publish([route.peer.topic, header, packAddress(channel, group), payload]);
  }

  #groupSend(
    group: string,
    payload: Buffer,
    except: Buffer | undefined,
    head: Buffer | undefined,
    ttl: number,
    now: number,
  ): void {
    const sequence = ++this.#sequence;
    const header =
      head === undefined
        ? this.#header.write(Kind.group, sequence, ttl, 0)
        : relay(head, Kind.group, sequence, ttl, 0);
    this.#retained.add({
      sequence,
      at: now,
      expiresAt: now + ttl,
      header,
      group,
      payload,
      except,
    });
    const topic = groupTopic(group);
    this.#host.publish(
      except === undefined ? [topic, header, payload] : [topic, header, payload, except],
    );
    if (!this.#local.groups.has(group)) return;
    const from = header.toString('hex', 4, 12);
    const expiresAt = head === undefined ? this.#local.expiryOf(ttl) : now + ttl;
    const letter = new Letter(own(payload), expiresAt, ++this.#place, from, group);
    const excepted = unpackExcept(except);
    // Members that other processes have made are not in our mailboxes, but reached like any channel.
    const elsewhere: string[] = [];
    for (const channel of this.#local.groups.members(group, now)) {
      if (this.#owners.has(routeOf(channel)) && !excepted?.has(channel)) elsewhere.push(channel);
    }
    this.#local.deliverToGroup(group, letter, {
      except: elsewhere.length === 0 ? excepted : new Set([...(excepted ?? []), ...elsewhere]),
    });
    const full: string[] = [];
    for (const channel of elsewhere) {
      const capacity = this.#local.foreignCapacities.get(channel) ?? 100;
      const sent = this.#send(channel, letter.payload, ttl, capacity, header, group, now);
      if (!sent) full.push(channel);
    }
    if (full.length > 0) this.#local.skipped(group, full);
  }

  #hello(from: string, hello: Extract<ToHub, { t: 'hello' }>, now: number): void {
    this.#leave(from, true);
    const topic = inboxTopic(from);
    const peer: Peer = { key: from, topic, present: true, since: now, readers: new Map() };
    this.#peers.set(from, peer);
    this.#peerCount++;
    const known = hello.hub === this.id;
    const after = known ? hello.seq : 0;
    let missed = 0;
    if (known && hello.since > 0) {
      missed = Math.max(0, this.#retained.first(this.#sequence + 1) - 1 - hello.seq);
    }
    const routes = new Set(hello.routes.map(([route]) => route));
    const heard = known ? hello.ended : 0;
    const ended = this.#ended.filter(
      (end) => end.number > heard && routes.has(routeOf(end.channel)),
    );
    const tellEnds = (until: number) => {
      while (ended.length > 0 && ended[0]!.at <= until) this.#tellEnd(topic, ended.shift()!);
    };
    // The hello itself may have been on its way for long: too much is better than too little, and the process knows
    // when its members joined.
    const earliest = hello.since > 0 ? now - hello.since - RETAIN_TIME : now;
    for (const message of this.#retained.since(after, earliest, now)) {
      tellEnds(message.at);
      const ttl = message.expiresAt - now;
      const age = Math.round(now - message.at);
      const header = relay(message.header, Kind.replay, message.sequence, ttl, age);
      const parts = [topic, header, message.group, message.payload];
      this.#host.publish(message.except === undefined ? parts : [...parts, message.except]);
    }
    tellEnds(Number.POSITIVE_INFINITY);
    const sender = this.#sender(from, hello.acked);
    sender.seen = now;
    if (!known && sender.first > hello.acked) this.#gap(sender, hello.acked + 1, sender.first);
    sender.first = hello.acked;
    this.#tell(topic, {
      t: 'welcome',
      hub: this.id,
      seq: this.#sequence,
      ended: this.#endCount,
      sync: hello.sync,
      acked: sender.last,
      refused: sender.refused.filter((number) => number > hello.acked),
      held: this.#local.boxes.letterCount,
      missed,
    });
    sender.fresh = [];
    this.#touched.delete(sender);
    for (const [group, channel, capacity] of hello.members) {
      this.#join(group, channel, capacity, now);
    }
    for (const [route, last, unread] of hello.routes) {
      this.#own(from, route, known ? last : 0, unread, now);
    }
    for (const [group, channel] of hello.left) this.leave(group, channel, from);
    for (const [channel, count] of hello.wants) this.#want(from, channel, count, now);
    this.#local.events.emit('peer:join', { peer: from });
  }

  #tellEnd(topic: string, { number, group, channel }: End): void {
    this.#tell(topic, { t: 'leave', n: number, m: [[group, channel]] });
  }

  /** A process has made the channels of `route`, and reads them alone. */
  #own(from: string, name: string, last: number, unread: number, now: number): void {
    const peer = this.#peers.get(from);
    if (peer === undefined) return;
    let route = this.#owners.get(name);
    if (route === undefined) {
      route = { peer, handed: last, last, unread };
      this.#owners.set(name, route);
    } else if (route.peer !== peer) {
      this.#local.lost(route.handed - last, `on the way to process ${from}`);
      route.peer = peer;
      route.last = route.handed;
      route.unread = unread;
    }
    for (const channel of this.#local.boxes.channelsOf(name)) {
      for (;;) {
        const letter = this.#local.boxes.take(channel, now);
        if (letter === undefined) break;
        const head = new HeaderWriter(letter.from || this.#local.key);
        const ttl = letter.expiresAt - now;
        const header = head.write(Kind.send, 0, ttl, 0);
        this.#hand(route, channel, asBuffer(letter.payload), ttl, header, letter.group);
      }
    }
  }

  #want(from: string, channel: string, delta: number, now: number): void {
    const peer = this.#peers.get(from);
    if (peer === undefined) return;
    for (let i = 0; i < delta; i++) {
      const reader = new RemoteReader(peer, channel, this.#host, this.#local);
      const letter = this.#local.boxes.take(channel, now);
      if (letter === undefined) reader.wait();
      else reader.take(letter);
    }
    for (let i = 0; i < -delta; i++) {
      // Without any, a message is on its way to one who no longer wants it, and will be given back.
      const reader = peer.readers.get(channel)?.values().next().value;
      if (reader === undefined) break;
      reader.cancel();
    }
  }

  #join(group: string, channel: string, capacity: number | null, now: number): void {
    this.#local.groups.add(group, channel, now);
    this.#local.foreignCapacities.set(channel, capacity ?? Number.POSITIVE_INFINITY);
  }

  /** Of channels that are in no group any more, when they have become many. */
  #forgetCapacities(): void {
    const { foreignCapacities, groups } = this.#local;
    if (foreignCapacities.size < 2 * groups.memberCount + CAPACITIES_MIN) return;
    const members = new Set<string>();
    for (const [, channel] of groups.entries()) members.add(channel);
    for (const channel of foreignCapacities.keys())
      if (!members.has(channel)) foreignCapacities.delete(channel);
  }

  #leave(key: string, replaced: boolean): void {
    const peer = this.#peers.get(key);
    if (peer === undefined) return;
    this.#peers.delete(key);
    this.#peerCount--;
    peer.present = false;
    peer.since = this.#local.now();
    for (const readers of peer.readers.values()) {
      for (const reader of [...readers]) reader.cancel();
    }
    for (const id of [...this.#flushes.keys()]) this.#flushed(id, key);
    if (!replaced) this.#local.events.emit('peer:leave', { peer: key });
  }

  #flush(prefix: string, done: () => void): void {
    this.#local.boxes.clear(prefix);
    this.#local.groups.clear(prefix);
    this.#retained.clear();
    const id = ++this.#flushCount;
    this.#flushes.set(id, { waiting: new Set(this.#peers.keys()), done });
    this.#tell(COMMON_TOPIC, { t: 'flush', id, prefix });
    this.#flushed(id, '');
  }

  #flushed(id: number, key: string): void {
    const flush = this.#flushes.get(id);
    if (flush === undefined) return;
    flush.waiting.delete(key);
    if (flush.waiting.size > 0) return;
    this.#flushes.delete(id);
    flush.done();
  }

  #sender(key: string, before: number): Sender {
    let sender = this.#senders.get(key);
    if (sender === undefined) {
      const seen = this.#local.now();
      const topic = inboxTopic(key);
      sender = { topic, first: before, last: before, refused: [], fresh: [], seen };
      this.#senders.set(key, sender);
    }
    return sender;
  }

  /** Messages of a sender will not come: its connection broke with them on it. */
  #gap(sender: Sender, from: number, to: number): void {
    this.#local.lost(to - from + 1, 'on the way from a process');
    this.#tell(sender.topic, { t: 'gap', from, to });
  }

  #tell(topic: string, message: FromHub): void {
    const header = this.#header.write(Kind.control, 0, 0, 0);
    this.#host.publish([topic, header, JSON.stringify(message)]);
  }
}

/** A process that listens. */
interface Peer {
  readonly key: string;
  readonly topic: string;
  present: boolean;
  /** When it came, or, if it is not present, when it left. */
  since: number;
  readonly readers: Map<string, Set<RemoteReader>>;
}

/** Channels that one process has made. */
interface OwnedRoute {
  peer: Peer;
  /** Messages handed to it. */
  handed: number;
  /** The last of those that it has. */
  last: number;
  /** Those, and of groups, that nobody there has read. */
  unread: number;
}

/** A process that pushes. */
interface Sender {
  readonly topic: string;
  /** The number before the first one seen here. */
  first: number;
  last: number;
  /** Numbers of what was refused, and of what it has not been told. */
  readonly refused: number[];
  fresh: number[];
  seen: number;
}

interface Flush {
  readonly waiting: Set<string>;
  readonly done: () => void;
}

/** A reader in another process, who waits in our mailboxes like those here. */
class RemoteReader implements Reader {
  readonly #peer: Peer;
  readonly #channel: string;
  readonly #host: ExchangeHost;
  readonly #local: LocalState;

  constructor(peer: Peer, channel: string, host: ExchangeHost, local: LocalState) {
    this.#peer = peer;
    this.#channel = channel;
    this.#host = host;
    this.#local = local;
  }

  wait(): void {
    let readers = this.#peer.readers.get(this.#channel);
    if (readers === undefined) {
      readers = new Set();
      this.#peer.readers.set(this.#channel, readers);
    }
    readers.add(this);
    this.#local.boxes.wait(this.#channel, this);
  }

  take(letter: Letter): void {
    this.#forget();
    const ttl = letter.expiresAt - this.#local.now();
    const writer = new HeaderWriter(letter.from || this.#local.key);
    const header = writer.write(Kind.letter, letter.sequence, ttl, 0);
    const address = packAddress(this.#channel, letter.group);
    this.#host.publish([this.#peer.topic, header, address, asBuffer(letter.payload)]);
  }

  cancel(): void {
    this.#forget();
    this.#local.boxes.cancel(this.#channel, this);
  }

  #forget(): void {
    const readers = this.#peer.readers.get(this.#channel);
    if (readers?.delete(this) && readers.size === 0) this.#peer.readers.delete(this.#channel);
  }
}

/** A membership that another process than its channel's has ended. */
interface End {
  readonly number: number;
  readonly at: number;
  readonly group: string;
  readonly channel: string;
}

function outstanding(route: OwnedRoute): number {
  return Math.max(0, route.handed - route.last) + route.unread;
}

function asBuffer(octets: Uint8Array): Buffer {
  return Buffer.isBuffer(octets)
    ? octets
    : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}

/** What waits should not hold the whole chunk that it came in. */
function own(payload: Uint8Array): Uint8Array {
  return payload.byteLength * 2 < payload.buffer.byteLength ? Buffer.from(payload) : payload;
}

const REFUSED_MAX = 1000;
const CAPACITIES_MIN = 1000;
/** Milliseconds that a process which left is remembered. */
const FORGET_TIME = 300_000;

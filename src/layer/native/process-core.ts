/** ProcessCore: what a process says to one hub and hears from it, without its socket. */

import { denied, LayerError } from '../errors.ts';
import { ownerOf } from '../local/keys.ts';
import { Letter } from '../local/letter.ts';
import type { LocalState } from '../local/local-state.ts';
import { routeOf } from '../local/names.ts';
import { Credits } from './credits.ts';
import { toRanges } from './fields.ts';
import { ClockOffset, clockOf, Outgoing, recordsOf } from './messages.ts';
import { encode, type FromHub, type RecordOf, VERSION } from './records.ts';
import { Requests } from './requests.ts';
import { Sends } from './sends.ts';
import { Waits } from './waits.ts';

/** Where a process speaks. */
export interface ProcessCoreHost {
  /** For events. */
  readonly address: string;
  transmit(message: Buffer[]): void;
  /** There is something to be said: `flushOut` is to be called; `soon` in this tick, else within a few milliseconds. */
  wake(soon: boolean): void;
  /** The hub breaks the rules, or speaks another version: connect anew. */
  expel(): void;
}

/** What a letter of this hub carries. */
class Token {
  readonly core: ProcessCore;
  readonly number: number;
  readonly kind: 'direct' | 'letter' | 'group';
  readonly channel: string;

  constructor(core: ProcessCore, number: number, kind: Token['kind'], channel: string) {
    this.core = core;
    this.number = number;
    this.kind = kind;
    this.channel = channel;
  }
}

export class ProcessCore {
  readonly #local: LocalState;
  readonly #host: ProcessCoreHost;
  /** Which names are this hub's: with several hubs each has some. */
  readonly #mine: (name: string) => boolean;
  readonly #out = new Outgoing();
  readonly sends: Sends;
  readonly #requests: Requests;
  readonly #credits: Credits;
  readonly #waits: Waits;
  #clock = new ClockOffset();
  #state: 'connecting' | 'greeting' | 'joined' = 'connecting';
  /** The hub that answered last. */
  #hub = '';
  #session = 0;
  /** The last number that it has handed over, and that we have told it. */
  #received = 0;
  #receivedTold = 0;
  /** What it handed over and is here unread. */
  readonly #kept = new Map<number, Token>();
  /** Not here any more, and not told. */
  #settled: number[] = [];
  #back: number[] = [];
  /** Given back, and the hub may not have heard of it. */
  #returned = new Set<number>();
  /** Of channels of our own: unread messages that were sent to them, by their route. */
  readonly #directs = new Map<string, number>();
  readonly #levels = new Map<string, number>();
  #levelsDue = new Map<string, number>();
  /** Members that other processes read: to be said again to another hub. */
  readonly #foreign = new Map<string, [group: string, channel: string, capacity: number]>();
  #closed = false;

  constructor(local: LocalState, host: ProcessCoreHost, mine: (name: string) => boolean) {
    this.#local = local;
    this.#host = host;
    this.#mine = mine;
    const say = (record: Buffer): void => this.#say(record);
    this.sends = new Sends(local, say);
    this.#requests = new Requests(local, say);
    this.#waits = new Waits(local, {
      say: (channel, count) => this.#say(encode('waits', { channel, count })),
      wake: () => host.wake(true),
    });
    this.#credits = new Credits(local, {
      grant: (channel, count) => this.#say(encode('grant', { channel, count })),
      back: (letters) => this.#giveBack(letters),
      wake: () => host.wake(true),
    });
  }

  get joined(): boolean {
    return this.#state === 'joined';
  }

  // — the connection —

  /** There is a connection. */
  connected(): void {
    if (this.#closed) return;
    this.#state = 'greeting';
    this.#out.clear();
    this.#clock = new ClockOffset();
    const kept = [...this.#kept.keys()].sort(ascending);
    const hello = encode('hello', {
      version: VERSION,
      secret: this.#local.secret,
      hub: this.#hub,
      session: this.#session,
      received: this.#received,
      acked: this.sends.acked,
      kept: toRanges(kept),
      back: toRanges([...this.#returned].sort(ascending)),
    });
    // What is in neither has been settled.
    this.#settled = [];
    this.#back = [];
    for (const message of greeting(hello, this.#local.now())) this.#host.transmit(message);
  }

  /** It broke. */
  lost(): void {
    if (this.#state === 'joined') this.#local.disconnected({ address: this.#host.address });
    this.#state = 'connecting';
    this.#out.clear();
    this.sends.lost();
    this.#credits.reset(false);
  }

  /** An attempt to connect has failed. */
  absent(): void {
    if (this.#state !== 'joined') this.#requests.absent();
  }

  /** One message. */
  heard(parts: readonly Buffer[]): void {
    if (this.#closed || this.#state === 'connecting') return;
    try {
      const now = this.#local.now();
      const theirs = clockOf(parts[0]);
      this.#clock.observe(theirs, now);
      const lag = now - this.#clock.toOurs(theirs);
      const records = recordsOf(parts, 'hub');
      for (let record = records.next(); record !== undefined; record = records.next()) {
        this.#record(record, lag);
      }
      if (this.#received !== this.#receivedTold) this.#host.wake(false);
    } catch (error) {
      if (!(error instanceof LayerError)) throw error;
      this.#local.undecodable('', error);
      this.lost();
      this.#host.expel();
    }
  }

  /** Say what there is to say. */
  flushOut(): void {
    if (this.#state !== 'joined') return;
    this.#credits.settle();
    this.#waits.settle();
    const first: Buffer[] = [];
    if (this.#back.length > 0) {
      const numbers = toRanges(this.#back.sort(ascending));
      first.push(encode('back', { received: this.#received, numbers }));
      this.#forgetReturned(this.#back);
      this.#back = [];
    }
    if (this.#settled.length > 0 || this.#received !== this.#receivedTold) {
      const numbers = toRanges(this.#settled.sort(ascending));
      first.push(encode('settled', { received: this.#received, numbers }));
      this.#settled = [];
    }
    this.#receivedTold = this.#received;
    for (const [route, count] of this.#levelsDue) {
      const unread = Math.max(0, count - (this.#directs.get(route) ?? 0));
      if (unread === (this.#levels.get(route) ?? 0)) continue;
      if (unread === 0) this.#levels.delete(route);
      else this.#levels.set(route, unread);
      first.push(encode('level', { route, unread }));
    }
    this.#levelsDue = new Map();
    if (first.length === 0 && this.#out.empty) return;
    this.#out.unshift(first);
    for (const message of this.#out.take(this.#local.now())) this.#host.transmit(message);
  }

  // — the layer —

  want(channel: string): void {
    const owner = ownerOf(channel);
    if (owner === undefined) this.#credits.want(channel);
    else if (owner === this.#local.key) this.#waits.changed(channel);
  }

  unwant(channel: string): void {
    this.#credits.unwant(channel);
    this.#waits.changed(channel);
  }

  /** A letter is out of all channels here. Hot. */
  static settled(letter: Letter): void {
    const { token } = letter;
    if (token instanceof Token) token.core.#settledHere(token);
  }

  /** Unread messages of a route. */
  level(route: string, count: number): void {
    if (ownerOf(route) !== this.#local.key) return;
    this.#levelsDue.set(route, count);
    this.#waits.level(route, count);
    this.#host.wake(this.#local.boxes.pressed);
  }

  /** Make `channel` a member; resolves when the hub knows, or, if `lenient`, when there is none. */
  join(group: string, channel: string, lenient: boolean): Promise<void> {
    const key = `${group}\n${channel}`;
    if (this.#local.isOwn(channel)) {
      this.#local.addMember(group, channel);
      // Also where it has others: an end by somebody else may be on its way here, and is older than this.
      return this.#requests.ask('subscribe', { before: 0, group }, lenient, {
        begins: key,
        undo: () => this.#removeMember(group, channel),
      });
    }
    const capacity = Math.min(0xffff_ffff, this.#local.capacityOf(channel));
    this.#foreign.set(key, [group, channel, capacity]);
    const undo = (): void => {
      this.#foreign.delete(key);
    };
    return this.#requests.ask('join', { group, channel, capacity }, lenient, { undo });
  }

  leave(group: string, channel: string, lenient: boolean): Promise<void> {
    this.#removeMember(group, channel);
    this.#foreign.delete(`${group}\n${channel}`);
    const done = this.#requests.ask('leave', { group, channel }, lenient);
    if (!this.#local.isOwn(channel)) return done;
    done.catch(() => {});
    return RESOLVED;
  }

  /** The last member here is gone. */
  emptied(group: string): void {
    this.#requests.ask('unsubscribe', { group }, true).catch(() => {});
  }

  flush(prefix: string): Promise<void> {
    return this.#requests.ask('flush', { prefix }, false);
  }

  sync(lenient: boolean): Promise<void> {
    return this.#requests.ask('sync', {}, lenient);
  }

  foreignMembers(): Iterable<[group: string, channel: string, capacity: number]> {
    return this.#foreign.values();
  }

  sweep(now: number): void {
    this.sends.sweep(now);
  }

  /** Now and then: what is not used goes back. */
  idle(now: number): void {
    if (this.joined) this.#credits.sweep(now);
  }

  /** Say goodbye; what nobody has read of ordinary channels goes to others. */
  close(): void {
    if (this.#closed) return;
    const letters = this.#credits.takeAll();
    if (this.joined) {
      this.#giveBack(letters);
      this.#say(encode('bye', { received: this.#received }));
      this.flushOut();
    } else this.#local.lost(letters.length, 'unread when the layer was closed');
    this.#closed = true;
    this.#requests.close();
    this.sends.close();
  }

  /** Close without a word: somebody else does from here on what this did. */
  retire(): void {
    this.#closed = true;
    this.#requests.retire();
  }

  #record(record: FromHub, lag: number): void {
    if (record.kind === 'welcome') {
      this.#welcome(record);
      return;
    }
    if (record.kind === 'refusal') {
      throw new LayerError(
        'ERR_PROTOCOL',
        `the hub speaks version ${record.version} of the protocol, this process ${VERSION}`,
      );
    }
    if (this.#state !== 'joined')
      throw new LayerError('ERR_PROTOCOL', `${record.kind} before welcome`);
    switch (record.kind) {
      case 'direct': {
        const { channel } = record;
        this.#waits.arrived(channel);
        const group = record.group === '' ? undefined : record.group;
        // As a member it gets this by the group, too.
        if (group !== undefined && this.#local.hasMember(group, channel)) {
          this.#settle(++this.#received);
          break;
        }
        const letter = this.#letter(record, 'direct', channel, group, 0);
        if (letter === undefined) break;
        this.#count(routeOf(channel), 1);
        this.#local.deliver(channel, letter, Number.POSITIVE_INFINITY);
        break;
      }
      case 'letter': {
        const { channel, place } = record;
        const group = record.group === '' ? undefined : record.group;
        if (lag > LAG_MAX) {
          // So late that the hub may have given it to somebody else.
          this.#return(++this.#received);
          break;
        }
        const letter = this.#letter(record, 'letter', channel, group, place);
        if (letter === undefined) break;
        this.#credits.arrived(channel);
        this.#local.deliver(channel, letter, Number.POSITIVE_INFINITY);
        break;
      }
      case 'group':
      case 'late': {
        const { group } = record;
        const letter = this.#letter(record, 'group', group, group, 0);
        if (letter === undefined) break;
        const except = record.except.length === 0 ? undefined : new Set(record.except);
        // Those who have joined since then were not meant.
        const sentAt = record.kind === 'late' ? this.#clock.toOurs(record.sent) : undefined;
        this.#local.deliverToGroup(group, letter, { except, sentAt });
        break;
      }
      case 'left': {
        this.#received++;
        const { group, channel } = record;
        // A membership that the hub has not heard of yet began after this.
        if (this.#requests.begins(group, channel)) break;
        this.#removeMember(group, channel);
        break;
      }
      case 'flushing':
        this.#received++;
        if (record.prefix === this.#local.settings.prefix) {
          this.#local.clear();
          this.#foreign.clear();
        }
        this.#say(encode('flushed', { flush: record.flush }));
        break;
      case 'lapsed':
        this.#settle(++this.#received);
        break;
      case 'ack':
        this.sends.ack(record);
        break;
      case 'done':
        this.#requests.done(record);
        break;
      case 'recall':
        this.#credits.recall(record.channel);
        break;
      case 'denial':
        this.#denied(record.channel);
        break;
      default:
        record satisfies never;
    }
  }

  /** What was handed over, under the next number; undefined if it has expired on its way. */
  #letter(
    { payload, expires, sender }: RecordOf<'direct' | 'letter' | 'group' | 'late'>,
    kind: Token['kind'],
    channel: string,
    group: string | undefined,
    place: number,
  ): Letter | undefined {
    const number = ++this.#received;
    const now = this.#local.now();
    const expiresAt = Math.min(this.#clock.toOurs(expires), now + this.#local.settings.localExpiry);
    if (expiresAt <= now) {
      this.#local.expired(channel, 1);
      this.#settle(number);
      if (kind === 'letter') {
        this.#credits.arrived(channel);
        this.#credits.read(channel);
      }
      return undefined;
    }
    const letter = new Letter(payload, expiresAt, place, sender, group);
    const token = new Token(this, number, kind, channel);
    letter.token = token;
    this.#kept.set(number, token);
    return letter;
  }

  /** The hub does not let this process read `channel`. */
  #denied(channel: string): void {
    this.#credits.denied(channel);
    this.#local.denied('', 'receive', channel);
    this.#local.boxes.reject(channel, denied('receive', this.#local.bare(channel)));
  }

  #removeMember(group: string, channel: string): void {
    if (this.#local.removeMember(group, channel)) this.emptied(group);
  }

  #settledHere(token: Token): void {
    if (token.kind === 'letter') this.#credits.read(token.channel);
    else if (token.kind === 'direct') this.#count(routeOf(token.channel), -1);
    // Of a hub that is gone, nobody wants to know.
    if (this.#kept.get(token.number) !== token) return;
    this.#kept.delete(token.number);
    this.#settle(token.number);
  }

  #settle(number: number): void {
    if (this.#closed) return;
    this.#settled.push(number);
    this.#host.wake(this.#settled.length >= SETTLED_MAX || this.#local.boxes.pressed);
  }

  #giveBack(letters: readonly Letter[]): void {
    for (const { token } of letters) {
      if (!(token instanceof Token) || this.#kept.get(token.number) !== token) continue;
      this.#kept.delete(token.number);
      this.#return(token.number);
    }
    this.#host.wake(true);
  }

  #return(number: number): void {
    this.#back.push(number);
    this.#returned.add(number);
  }

  /** `back` is said now; the hub has heard it when it has done what is said after it. */
  #forgetReturned(numbers: readonly number[]): void {
    const returned = this.#returned;
    const forget = (): void => {
      for (const number of numbers) returned.delete(number);
    };
    this.#requests.ask('sync', {}, false).then(forget, () => {});
  }

  #count(route: string, by: number): void {
    const count = (this.#directs.get(route) ?? 0) + by;
    if (count <= 0) this.#directs.delete(route);
    else this.#directs.set(route, count);
  }

  #welcome(welcome: RecordOf<'welcome'>): void {
    if (this.#state !== 'greeting') throw new LayerError('ERR_PROTOCOL', 'welcome twice');
    const restarted = this.#hub !== '' && this.#hub !== welcome.hub;
    const isSame = this.#hub === welcome.hub;
    this.#state = 'joined';
    this.#hub = welcome.hub;
    this.#session = welcome.session;
    this.#levels.clear();
    if (welcome.resumed === 1 && isSame) {
      this.#receivedTold = this.#received;
      if (welcome.revoked === 1) {
        for (const { token } of this.#credits.takeAll()) {
          if (!(token instanceof Token) || !this.#kept.delete(token.number)) continue;
          this.#settle(token.number);
        }
      }
      this.#sayRequests();
      this.sends.resume(welcome);
    } else {
      // A hub that has forgotten us has given to others what we had not read; one that is new has not.
      if (isSame) this.#credits.takeAll();
      this.#kept.clear();
      this.#returned = new Set();
      this.#received = 0;
      this.#receivedTold = 0;
      for (const group of this.#local.groupNames()) {
        if (this.#mine(group)) this.#say(encode('subscribe', { request: 0, before: 1, group }));
      }
      for (const [group, channel, capacity] of this.#foreign.values()) {
        this.#say(encode('join', { request: 0, group, channel, capacity }));
      }
      this.#sayRequests();
      this.sends.restart(restarted);
    }
    // Not before it has been told of our groups, so that nothing overtakes what was sent to them.
    this.#say(encode('sync', { request: 0 }));
    this.#credits.reset(true);
    this.#waits.reset();
    this.#levelsDue.clear();
    const own = (route: string): boolean => ownerOf(route) === this.#local.key;
    for (const [route, count] of this.#local.boxes.counts(own)) this.level(route, count);
    this.#host.wake(true);
    this.#local.connected({ address: this.#host.address, hub: welcome.hub, restarted });
  }

  #sayRequests(): void {
    this.#requests.joined();
  }

  /** Say `record` at the end of this tick, if the hub listens; what counts is said again when it does. */
  #say(record: Buffer): void {
    if (this.#state !== 'joined') return;
    this.#out.push(record);
    this.#host.wake(true);
  }
}

function greeting(hello: Buffer, now: number): Buffer[][] {
  const out = new Outgoing();
  out.push(hello);
  return out.take(now);
}

function ascending(a: number, b: number): number {
  return a - b;
}

const RESOLVED = Promise.resolve();
/** Messages read that are told at once. */
const SETTLED_MAX = 16;
/** Milliseconds that a message may have been on its way; less than the hub's `putBackTimeout` after a connection is lost. */
const LAG_MAX = 5000;

/** ProcessCore: what a process sends to one hub and receives from it, without its socket. */

import { denied, LayerError } from '../errors.ts';
import { ownerOf } from '../local/keys.ts';
import type { Letter } from '../local/letter.ts';
import type { LocalState } from '../local/local-state.ts';
import { routeOf } from '../local/names.ts';
import { RemoteClock } from '../local/remote-clock.ts';
import { Credits } from './credits.ts';
import { alone, versionOfRefusal } from './greeting.ts';
import { Inbound, Token, type When } from './inbound.ts';
import { Levels } from './levels.ts';
import { type ForeignMember, Memberships } from './memberships.ts';
import { clockOf, Outgoing } from './messages.ts';
import { encode, type FromHub, type RecordOf, recordsOf, VERSION } from './records.ts';
import { Requests } from './requests.ts';
import { Sends } from './sends.ts';
import { Waits } from './waits.ts';

/** The connection of a process, as its core sees it. */
export interface ProcessCoreHost {
  /** The address of the hub, for events. */
  readonly address: string;
  transmit(message: Buffer[]): void;
  /** Records have gathered: `flushOut` is to be called; `when` says how soon. */
  wake(when: When): void;
  /** Calls `level` for each route whose number of unread messages has changed. */
  levels?(): void;
  /** Connects anew, since the hub has broken the protocol or speaks another version. */
  expel(): void;
}

export class ProcessCore {
  readonly #local: LocalState;
  readonly #host: ProcessCoreHost;
  readonly #out = new Outgoing();
  readonly sends: Sends;
  readonly #requests: Requests;
  readonly #memberships: Memberships;
  readonly #credits: Credits;
  readonly #waits: Waits;
  readonly #inbound: Inbound;
  readonly #levels: Levels;
  #clock = new RemoteClock();
  #state: 'connecting' | 'greeting' | 'joined' = 'connecting';
  /** The id of the hub that answered last; empty before. */
  #hub = '';
  #session = 0;
  #closed = false;

  constructor(local: LocalState, host: ProcessCoreHost, mine: (name: string) => boolean) {
    this.#local = local;
    this.#host = host;
    const say = (record: Buffer): void => this.#say(record);
    this.sends = new Sends(local, say);
    this.#requests = new Requests(local, say);
    this.#memberships = new Memberships(local, this.#requests, say, mine);
    this.#waits = new Waits(local, {
      say: (channel, count) => this.#say(encode('waits', { channel, count })),
      wake: () => host.wake('tick'),
    });
    this.#levels = new Levels(local, {
      say: (record) => this.#out.push(record),
      route: (route, count) => this.#waits.level(route, count),
    });
    this.#inbound = new Inbound(local, {
      wake: (when) => {
        if (!this.#closed) host.wake(when);
      },
      settled: ({ kind, channel }) => {
        if (kind === 'letter') this.#credits.read(channel);
        else if (kind === 'direct') this.#levels.direct(routeOf(channel), -1);
      },
      returned: (numbers) => this.#forgetReturned(numbers),
    });
    this.#credits = new Credits(local, {
      grant: (channel, count) => this.#say(encode('grant', { channel, count })),
      back: (letters) => this.#inbound.giveBack(letters),
      wake: () => host.wake('tick'),
    });
  }

  get joined(): boolean {
    return this.#state === 'joined';
  }

  // — the connection —

  /** The connection is established: sends `hello`. */
  connected(): void {
    if (this.#closed) return;
    this.#state = 'greeting';
    this.#out.clear();
    this.#clock = new RemoteClock();
    const hello = encode('hello', {
      version: VERSION,
      secret: this.#local.secret,
      hub: this.#hub,
      session: this.#session,
      acked: this.sends.acked,
      ...this.#inbound.greet(),
    });
    this.#host.transmit(alone(hello, this.#local.now()));
  }

  /** The connection is lost. */
  lost(): void {
    if (this.#state === 'joined') this.#local.disconnected({ address: this.#host.address });
    this.#state = 'connecting';
    this.#out.clear();
    this.sends.lost();
    this.#credits.reset(false);
    this.#credits.withhold();
  }

  /** An attempt to connect has failed. */
  absent(): void {
    if (this.#state !== 'joined') this.#requests.absent();
  }

  /** Takes in a message of the hub. */
  heard(parts: readonly Buffer[]): void {
    if (this.#closed || this.#state === 'connecting') return;
    try {
      const version = this.#state === 'greeting' ? versionOfRefusal(parts) : undefined;
      if (version !== undefined) {
        const why = `the hub speaks version ${version} of the protocol, this process ${VERSION}`;
        throw new LayerError('ERR_PROTOCOL', why);
      }
      const now = this.#local.now();
      const lag = this.#clock.age(clockOf(parts[0]), now);
      const records = recordsOf(parts, 'hub');
      for (let record = records.next(); record !== undefined; record = records.next()) {
        this.#record(record, lag, now);
      }
      if (this.#inbound.isUntold) this.#host.wake('later');
    } catch (error) {
      if (!(error instanceof LayerError)) throw error;
      this.#local.undecodable('', error);
      this.lost();
      this.#host.expel();
    }
  }

  /** Sends the records that have gathered. */
  flushOut(): void {
    if (this.#state !== 'joined') return;
    this.#host.levels?.();
    this.#waits.settle();
    // After lowered credits: else the hub would hand over again what goes back. Before new ones, which later messages would use.
    this.#inbound.report((record) => this.#out.push(record));
    this.#credits.settle();
    this.#levels.settle();
    if (this.#out.empty) return;
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

  /** A letter has left all channels of this process: `Carrier.settled`. Hot. */
  static settled(letter: Letter): void {
    const { token } = letter;
    if (token instanceof Token) token.inbound.settled(token);
  }

  /** Numbers of unread messages have changed: `ProcessCoreHost.levels` is called before the hub is told. Hot. */
  levelsChanged(): void {
    this.#host.wake(this.#local.boxes.pressed ? 'tick' : 'later');
  }

  /** `count` messages of a route are unread. */
  level(route: string, count: number): void {
    this.#levels.changed(route, count);
  }

  /** See {@link Memberships.join}. */
  join(group: string, channel: string, lenient: boolean): Promise<void> {
    return this.#memberships.join(group, channel, lenient);
  }

  leave(group: string, channel: string, lenient: boolean): Promise<void> {
    return this.#memberships.leave(group, channel, lenient);
  }

  /** The last member of `group` that this process reads is gone. */
  emptied(group: string): void {
    this.#memberships.emptied(group);
  }

  flush(prefix: string): Promise<void> {
    return this.#requests.ask('flush', { prefix }, false);
  }

  sync(lenient: boolean): Promise<void> {
    return this.#requests.ask('sync', {}, lenient);
  }

  foreignMembers(): Iterable<ForeignMember> {
    return this.#memberships.foreign();
  }

  sweep(now: number): void {
    this.sends.sweep(now);
    this.#credits.expire(now);
  }

  /** To be called periodically: gives back credits that are not used. */
  idle(now: number): void {
    if (this.joined) this.#credits.sweep(now);
  }

  /** Says `bye` to the hub; unread messages of ordinary channels go to others. */
  close(): void {
    if (this.#closed) return;
    const letters = this.#credits.takeAll();
    if (this.joined) {
      this.#inbound.giveBack(letters);
      this.flushOut();
      this.#say(encode('bye', { received: this.#inbound.received }));
      this.flushOut();
    } else this.#local.lost(letters.length, 'unread when the layer was closed');
    this.#closed = true;
    this.#requests.close();
    this.sends.close();
  }

  /** Closes without telling the hub, as when another object takes over. */
  retire(): void {
    this.#credits.release(false);
    this.#closed = true;
    this.#requests.retire();
  }

  #record(record: FromHub, lag: number, now: number): void {
    if (record.kind === 'welcome') {
      this.#welcome(record);
      return;
    }
    if (this.#state !== 'joined' || record.kind === 'refusal')
      throw new LayerError('ERR_PROTOCOL', `${record.kind} before welcome`);
    switch (record.kind) {
      case 'direct': {
        const { channel } = record;
        this.#waits.arrived(channel);
        const group = record.group === '' ? undefined : record.group;
        // A member of the group gets this message by the group, too.
        if (group !== undefined && this.#local.hasMember(group, channel)) {
          this.#inbound.skip();
          break;
        }
        const clock = this.#clock;
        const letter = this.#inbound.letter(record, 'direct', channel, group, 0, clock, now);
        if (letter === undefined) break;
        this.#levels.direct(routeOf(channel), 1);
        this.#local.deliver(channel, letter, Number.POSITIVE_INFINITY);
        break;
      }
      case 'letter': {
        const { channel, place } = record;
        const group = record.group === '' ? undefined : record.group;
        // So late that the hub may have given it to somebody else, or behind others that go back.
        if (lag > LAG_MAX || this.#credits.isReturning(channel)) {
          this.#inbound.refuse();
          this.#credits.refused(channel);
          break;
        }
        const clock = this.#clock;
        const letter = this.#inbound.letter(record, 'letter', channel, group, place, clock, now);
        this.#credits.arrived(channel);
        if (letter === undefined) {
          this.#credits.read(channel);
          break;
        }
        this.#local.deliver(channel, letter, Number.POSITIVE_INFINITY);
        break;
      }
      case 'group':
      case 'late': {
        const { group } = record;
        const letter = this.#inbound.letter(record, 'group', group, group, 0, this.#clock, now);
        if (letter === undefined) break;
        const except = record.except.length === 0 ? undefined : new Set(record.except);
        // Members that joined after it was sent do not get it.
        const sentAt = record.kind === 'late' ? this.#clock.toOurs(record.sent) : undefined;
        this.#local.deliverToGroup(group, letter, { except, sentAt });
        break;
      }
      case 'left':
        this.#inbound.word();
        this.#memberships.ended(record.group, record.channel);
        break;
      case 'flushing':
        this.#inbound.word();
        if (record.prefix === this.#local.settings.prefix) {
          this.#local.clear();
          this.#memberships.flushed();
        }
        this.#say(encode('flushed', { flush: record.flush }));
        break;
      case 'lapsed':
        this.#inbound.skip();
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

  /** The hub does not let this process read `channel`. */
  #denied(channel: string): void {
    this.#credits.denied(channel);
    this.#local.denied('', 'receive', channel);
    this.#local.boxes.reject(channel, denied('receive', this.#local.bare(channel)));
  }

  /** `back` is being sent; the hub has heard it when it answers the `sync` behind it. */
  #forgetReturned(numbers: readonly number[]): void {
    const heard = this.#credits.reported();
    const forget = (): void => {
      this.#inbound.forgetReturned(numbers);
      heard();
    };
    this.#requests.ask('sync', {}, false).then(forget, () => {});
  }

  #welcome(welcome: RecordOf<'welcome'>): void {
    if (this.#state !== 'greeting') throw new LayerError('ERR_PROTOCOL', 'welcome twice');
    const restarted = this.#hub !== '' && this.#hub !== welcome.hub;
    const isSame = this.#hub === welcome.hub;
    this.#state = 'joined';
    this.#hub = welcome.hub;
    this.#session = welcome.session;
    this.#levels.reset();
    if (welcome.resumed === 1 && isSame) {
      this.#inbound.resume();
      if (welcome.revoked === 1) this.#inbound.drop(this.#credits.takeAll());
      this.#credits.release(true);
      this.#memberships.again();
      this.sends.resume(welcome);
    } else {
      // A hub that has forgotten us has given to others what we had not read; one that is new has not.
      if (isSame) this.#credits.takeAll();
      this.#inbound.restart();
      this.#credits.restart();
      this.#credits.release(false);
      this.#levels.restart();
      this.#memberships.begin(isSame ? 0 : 1);
      this.sends.restart(restarted);
    }
    this.#credits.reset(true);
    this.#waits.reset();
    this.#levels.again();
    this.#host.wake('tick');
    this.#local.connected({ address: this.#host.address, hub: welcome.hub, restarted });
  }

  /** Sends `record` at the end of this tick if the hub has answered; what must arrive is repeated when it does. */
  #say(record: Buffer): void {
    if (this.#state !== 'joined') return;
    this.#out.push(record);
    this.#host.wake('tick');
  }
}

/** Milliseconds that a letter may be on its way; a later one goes back, since the hub may have given it to another process. */
const LAG_MAX = 1500;

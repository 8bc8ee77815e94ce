/** HubCore: what a hub or producer does, without its socket. It receives records of connections, and sends records to them. */

import { randomBytes } from 'node:crypto';
import { LayerError } from '../errors.ts';
import type { HubAction } from '../events.ts';
import { keyOf } from '../local/keys.ts';
import type { Letter } from '../local/letter.ts';
import type { LocalState } from '../local/local-state.ts';
import { RemoteClock } from '../local/remote-clock.ts';
import { within } from './fields.ts';
import { framed, refusal, versionOfProcess } from './greeting.ts';
import { HubAbsent } from './hub-absent.ts';
import { HubChannels } from './hub-channels.ts';
import { HubFlushes } from './hub-flushes.ts';
import { HubGroups } from './hub-groups.ts';
import { HubRequests } from './hub-requests.ts';
import { HubSenders } from './hub-senders.ts';
import { Entry, LedgerError } from './ledger.ts';
import type { HubLimits } from './limits.ts';
import { clockOf } from './messages.ts';
import { decode, encode, type FromProcess, type RecordOf, recordsOf, VERSION } from './records.ts';
import { Session } from './session.ts';
import { tooMany, violation } from './violation.ts';

/** The connections of a hub, as its core sees them. */
export interface HubCoreHost {
  /** Sends a message; false when there is no such connection, or it does not read. */
  transmit(connection: string, message: Buffer[]): boolean;
  /** Ends the connection, and ignores what it has sent. `gone` need not be called. */
  expel(connection: string): void;
  /** Records wait to be sent: `flushOut` is to be called soon. */
  wake(): void;
  /** Whether the process behind `connection` may do `action` with `name`. Default: yes. */
  allows?(connection: string, action: HubAction, name: string): boolean;
}

export class HubCore {
  /** Identifies this run of the hub, another one after each start: 16 hexadecimal digits. */
  readonly id: string = randomBytes(8).toString('hex');
  readonly sessions: Map<string, Session> = new Map();
  readonly #connections = new Map<string, Session>();
  readonly #local: LocalState;
  readonly #host: HubCoreHost;
  readonly #limits: HubLimits;
  readonly #channels: HubChannels;
  readonly #groups: HubGroups;
  readonly #dirty = new Set<Session>();
  readonly #flushes = new HubFlushes();
  readonly #absent: HubAbsent;
  readonly #senders: HubSenders;
  readonly #requests: HubRequests;
  #sessionCount = 0;

  constructor(local: LocalState, host: HubCoreHost, limits: HubLimits) {
    this.#local = local;
    this.#host = host;
    this.#limits = limits;
    const hand = (session: Session, entry: Entry): void => this.#hand(session, entry);
    const said = {
      hand,
      say: (session: Session, record: Buffer) => this.#say(session, record),
      acknowledge: (session: Session) => this.#touch(session),
    };
    this.#channels = new HubChannels(local, this.sessions, said, limits);
    this.#groups = new HubGroups(local, this.sessions, this.#channels, hand, limits.memberships);
    this.#absent = new HubAbsent(local, this.sessions, this.#channels, this.#groups);
    const isAllowed = (session: Session, action: HubAction, name: string): boolean =>
      this.#isAllowed(session, action, name);
    this.#senders = new HubSenders(local, this.#channels, this.#groups, {
      isAllowed,
      touch: (session) => this.#touch(session),
    });
    const asked = {
      isAllowed,
      say: said.say,
      flush: (prefix: string, done: () => void) => this.flush(prefix, done),
    };
    this.#requests = new HubRequests(this.#channels, this.#groups, asked, limits);
  }

  /** Processes connected now. */
  get peerCount(): number {
    return this.#connections.size;
  }

  /** Settles when all group messages are in their members, and more may be taken in; undefined if they are. */
  get busy(): Promise<void> | undefined {
    return this.#groups.busy ?? this.#local.busy;
  }

  /** Messages handed to processes and not read yet. */
  get outstandingCount(): number {
    let count = 0;
    for (const { ledger } of this.sessions.values()) count += ledger.size;
    return count;
  }

  /** Number of channels whose capacity is remembered. */
  get capacityCount(): number {
    return this.#groups.capacityCount;
  }

  // — from this process —

  /** Returns false if the channel is full. */
  send(channel: string, payload: Uint8Array, expiresAt: number, capacity: number): boolean {
    this.#groups.catchUp(channel);
    return this.#channels.send(channel, payload, expiresAt, capacity, undefined, undefined);
  }

  groupSend(
    group: string,
    payload: Uint8Array,
    expiresAt: number,
    except: ReadonlySet<string> | undefined,
  ): void {
    this.#groups.send(group, payload, expiresAt, except, undefined);
  }

  /** Makes `channel`, which may be of any process, a member of `group`. */
  join(group: string, channel: string, capacity: number): void {
    this.#groups.join(group, channel, capacity);
  }

  /** A reader waits at an ordinary channel that has no message here. */
  want(channel: string): void {
    this.#channels.want(channel);
  }

  /** Ends a membership, wherever it is kept. */
  leave(group: string, channel: string): void {
    this.#groups.leave(group, channel, undefined);
  }

  flush(prefix: string, done: () => void): void {
    this.#local.clear(prefix);
    this.#groups.clear(prefix);
    this.#flushes.begin(
      this.#connections.values(),
      this.#local.now(),
      (session, flush) => this.#word(session, encode('flushing', { flush, prefix })),
      done,
    );
  }

  /** A letter has left the mailboxes of the hub: `Carrier.settled`. */
  settled(letter: Letter): void {
    this.#channels.released(letter);
  }

  // — from connections —

  /** Takes in a message of `connection`, which is ended if the message breaks the protocol. */
  heard(connection: string, parts: readonly Buffer[]): void {
    try {
      const session = this.#connections.get(connection);
      if (session === undefined) {
        this.#greeted(connection, parts);
        return;
      }
      session.clock.age(clockOf(parts[0]), this.#local.now());
      const records = recordsOf(parts, 'process');
      for (let record = records.next(); record !== undefined; record = records.next()) {
        if (record.kind === 'hello') throw violation('hello was said twice');
        this.#record(session, record);
        // It has said `bye`, or was disconnected.
        if (session.connection !== connection) return;
      }
    } catch (error) {
      if (!(error instanceof LayerError || error instanceof LedgerError)) throw error;
      const from = this.#connections.get(connection)?.key ?? '';
      this.#local.undecodable(from, error);
      this.gone(connection);
      this.#host.expel(connection);
    }
  }

  /** `connection` has ended. */
  gone(connection: string): void {
    const session = this.#connections.get(connection);
    if (session === undefined) return;
    this.#connections.delete(connection);
    session.connection = undefined;
    session.awaySince = this.#local.now();
    session.out.clear();
    this.#channels.uncredit(session);
    session.waits.clear();
    this.#flushes.gone(session);
    this.#local.events.emit('peer:leave', { peer: session.key });
  }

  /** Sends the records that have gathered. Asks `isOver` before each process but the first; once true, the rest is sent later. */
  flushOut(isOver: () => boolean = () => false): void {
    const now = this.#local.now();
    let isFirst = true;
    for (const session of this.#dirty) {
      if (!isFirst && isOver()) {
        this.#host.wake();
        return;
      }
      isFirst = false;
      this.#dirty.delete(session);
      const { connection } = session;
      if (connection === undefined) continue;
      this.#senders.acknowledge(session);
      for (const message of session.out.take(now)) {
        if (this.#host.transmit(connection, message)) continue;
        this.gone(connection);
        this.#host.expel(connection);
        break;
      }
    }
  }

  sweep(now: number): void {
    this.#channels.sweep();
    this.#groups.sweep(now);
    for (const session of [...this.sessions.values()]) {
      if (session.connection !== undefined) {
        if (session.held !== session.told.held) this.#touch(session);
        continue;
      }
      const away = now - session.awaySince;
      if (away >= this.#limits.putBackTimeout) this.#channels.putBack(session);
      if (away >= this.#limits.resumeTimeout)
        this.#absent.forget(session, 'unread in a process that is gone');
      else this.#absent.expire(session, now);
    }
    this.#flushes.sweep(now);
  }

  #record(session: Session, record: Exclude<FromProcess, { kind: 'hello' }>): void {
    switch (record.kind) {
      case 'send':
        this.#senders.send(session, record);
        break;
      case 'groupSend':
        this.#senders.groupSend(session, record);
        break;
      case 'skip':
        this.#senders.skip(session);
        break;
      case 'settled':
        session.ledger.receive(record.received);
        session.ledger.take(record.numbers, (entry) => this.#channels.settled(session, entry));
        this.#channels.relieved(session);
        break;
      case 'back':
        session.ledger.receive(record.received);
        session.ledger.take(record.numbers, (entry) => {
          if (entry.kind !== 'letter') throw violation('numbers has one that is no letter');
          this.#channels.back(session, entry);
        });
        break;
      case 'flushed':
        this.#flushes.answered(record.flush, session);
        break;
      case 'bye':
        session.ledger.receive(record.received);
        if (session.connection !== undefined) this.gone(session.connection);
        this.#channels.putBack(session);
        // The process has counted what it received itself.
        for (const entry of session.ledger.entries()) {
          if (entry.number <= record.received) session.ledger.remove(entry);
        }
        this.#absent.forget(session, 'on the way to a process that has left');
        break;
      default:
        this.#requests.handle(session, record);
    }
  }

  /** Takes in the first message of `connection`. */
  #greeted(connection: string, parts: readonly Buffer[]): void {
    const version = versionOfProcess(parts);
    if (version === undefined) throw violation('something was said before hello');
    if (version !== VERSION) {
      const why = `a process speaks version ${version} of the protocol, this hub ${VERSION}`;
      this.#local.undecodable('', new LayerError('ERR_PROTOCOL', why));
      this.#host.transmit(connection, refusal());
      return;
    }
    const hello = decode(framed(parts[1]!), 'process') as RecordOf<'hello'>;
    this.#hello(connection, hello, clockOf(parts[0]));
  }

  #hello(connection: string, hello: RecordOf<'hello'>, theirs: number): void {
    const key = keyOf(hello.secret);
    let session = this.sessions.get(key);
    // A session that was forgotten, and begun anew before the process heard of that, has other numbers.
    const resumed =
      session !== undefined && hello.hub === this.id && hello.session === session.number;
    if (session !== undefined && resumed) {
      if (hello.received < session.ledger.received) {
        // Sent earlier, on a connection that was given up: a later hello has overtaken it.
        this.#host.expel(connection);
        return;
      }
      // Kept messages are outstanding, so there cannot be more of them.
      const keptCount = hello.kept.reduce((sum, { count }) => sum + count, 0);
      if (keptCount > session.ledger.size) throw violation('kept has what was not handed');
      session.ledger.check(hello.received);
    }
    if (session?.connection !== undefined) {
      // Only who knows the secret gets here: the same process, whose old connection is dead.
      const old = session.connection;
      this.gone(old);
      this.#host.expel(old);
    }
    if (session !== undefined && !resumed)
      this.#absent.forget(session, 'unread in a process that is gone');
    if (session === undefined || !resumed) {
      if (this.sessions.size >= this.#limits.processes) {
        throw tooMany('processes', this.#limits.processes);
      }
      const isBack = hello.hub === this.id;
      const before = { session: isBack ? hello.session : 0, received: hello.received };
      session = new Session(key, ++this.#sessionCount, before);
      this.sessions.set(key, session);
    } else {
      const [isKept, isBack] = [within(hello.kept), within(hello.back)];
      session.ledger.receive(hello.received);
      for (const entry of session.ledger.entries()) {
        if (entry.number > hello.received || isKept(entry.number)) continue;
        const { settled } = entry;
        session.ledger.remove(entry);
        if (entry.kind === 'letter' && !settled && isBack(entry.number)) {
          this.#channels.back(session, entry);
        } else this.#channels.settled(session, entry);
      }
    }
    session.connection = connection;
    session.clock = new RemoteClock();
    session.clock.age(theirs, this.#local.now());
    this.#connections.set(connection, session);
    const { taken, refused, denied, revoked, ledger } = session;
    const welcome = {
      version: VERSION,
      hub: this.id,
      session: session.number,
      resumed: resumed ? 1 : 0,
      revoked: revoked ? 1 : 0,
      taken,
      refused: refused.takeAfter(hello.acked),
      denied: denied.takeAfter(hello.acked),
    };
    session.revoked = false;
    session.told = { taken, held: -1 };
    session.out.clear();
    this.#say(session, encode('welcome', welcome));
    for (const entry of ledger.entries()) {
      if (entry.record !== undefined && !entry.settled) this.#say(session, entry.record);
      else if (entry.number > ledger.received) this.#say(session, GIVEN_UP);
    }
    this.#local.events.emit('peer:join', { peer: key });
  }

  #hand(session: Session, entry: Entry): void {
    const { ledger } = session;
    ledger.add(entry);
    if (session.connection !== undefined) this.#say(session, entry.record!);
    if (ledger.octets <= this.#limits.octetsPerProcess && ledger.size <= MESSAGES_MAX) return;
    const { connection } = session;
    if (connection !== undefined) {
      this.gone(connection);
      this.#host.expel(connection);
    }
    this.#absent.forget(session, 'for a process that does not read');
  }

  /** Sends a record that is repeated if the connection breaks before it arrives. */
  #word(session: Session, record: Buffer): void {
    this.#hand(session, new Entry('word', '', record));
  }

  #say(session: Session, record: Buffer): void {
    if (session.connection === undefined) return;
    session.out.push(record);
    this.#touch(session);
  }

  #touch(session: Session): void {
    if (this.#dirty.size === 0) this.#host.wake();
    this.#dirty.add(session);
  }

  /** Whether `session` may do `action` with `name`; if not, counts and reports that. */
  #isAllowed({ connection, key }: Session, action: HubAction, name: string): boolean {
    if (connection === undefined || this.#host.allows === undefined) return true;
    if (this.#host.allows(connection, action, name)) return true;
    this.#local.denied(key, action, name);
    return false;
  }
}

const MESSAGES_MAX = 1_000_000;
/** Sent in place of a message that was given up, so that both sides count alike. */
const GIVEN_UP = encode('lapsed', {});

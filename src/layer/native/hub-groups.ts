/** HubGroups: which processes have members of a group, and which channels the hub itself has to deliver to. */

import { LayerError } from '../errors.ts';
import { FanOut } from '../local/fan-out.ts';
import { Groups } from '../local/groups.ts';
import { ownerOf } from '../local/keys.ts';
import { Letter } from '../local/letter.ts';
import type { LocalState } from '../local/local-state.ts';
import { hasPrefix } from '../local/names.ts';
import { type Hand, type HubChannels, owned } from './hub-channels.ts';
import { Entry } from './ledger.ts';
import { Parcel } from './parcel.ts';
import { decode, encode, type RecordOf } from './records.ts';
import { RETAIN_OCTETS, Retained } from './retained.ts';
import type { Session } from './session.ts';

export class HubGroups {
  readonly #local: LocalState;
  readonly #sessions: ReadonlyMap<string, Session>;
  readonly #channels: HubChannels;
  readonly #hand: Hand;
  readonly #membershipsMax: number;
  readonly #subscribers = new Map<string, Set<Session>>();
  /** Members that the hub delivers to: ordinary channels, and channels that another process has added. */
  readonly #others: Groups;
  readonly #fanOut: FanOut;
  /** Capacities of those members, as stated by the process that added them. */
  readonly #capacities = new Map<string, number>();
  readonly #retained: Retained;

  constructor(
    local: LocalState,
    sessions: ReadonlyMap<string, Session>,
    channels: HubChannels,
    hand: Hand,
    membershipsMax: number,
  ) {
    this.#local = local;
    this.#sessions = sessions;
    this.#channels = channels;
    this.#hand = hand;
    this.#membershipsMax = membershipsMax;
    this.#others = new Groups(local.settings.groupExpiry);
    this.#fanOut = new FanOut({ groups: this.#others, now: () => local.now() });
    this.#retained = new Retained(local.now());
  }

  /** Number of channels whose capacity is remembered. */
  get capacityCount(): number {
    return this.#capacities.size;
  }

  /** Settles when all group messages are in their channels; undefined if they are. */
  get busy(): Promise<void> | undefined {
    return this.#fanOut.busy;
  }

  /** Puts into `channel` the group messages that are on their way there, before another message is put there. */
  catchUp(channel: string): void {
    if (this.busy !== undefined) this.#fanOut.catchUp(channel);
  }

  /** Subscribes `session` to `group`; `before`: it had members before it connected to this hub, and gets retained messages. */
  subscribe(session: Session, group: string, before: boolean): void {
    if (before && !session.groups.has(group)) this.#replay(session, group);
    session.groups.add(group);
    const subscribers = this.#subscribers.get(group);
    if (subscribers === undefined) this.#subscribers.set(group, new Set([session]));
    else subscribers.add(session);
  }

  unsubscribe(session: Session, group: string): void {
    session.groups.delete(group);
    const subscribers = this.#subscribers.get(group);
    if (subscribers?.delete(session) && subscribers.size === 0) this.#subscribers.delete(group);
  }

  unsubscribeAll(session: Session): void {
    for (const group of [...session.groups]) this.unsubscribe(session, group);
  }

  /** @throws LayerError `ERR_PROTOCOL` */
  join(group: string, channel: string, capacity: number): void {
    if (this.#local.isOwn(channel)) {
      this.#local.addMember(group, channel);
      return;
    }
    if (this.#others.memberCount >= this.#membershipsMax) {
      throw new LayerError('ERR_PROTOCOL', `more than ${this.#membershipsMax} memberships`);
    }
    this.#others.add(group, channel, this.#local.now());
    this.#capacities.set(channel, capacity === U32_MAX ? Number.POSITIVE_INFINITY : capacity);
  }

  /** Ends a membership wherever it is kept, except in process `by`, which has ended it and may have begun it again. */
  leave(group: string, channel: string, by: Session | undefined): void {
    this.#others.discard(group, channel);
    this.#local.removeMember(group, channel);
    const owner = ownerOf(channel);
    if (owner === undefined) return;
    const session = this.#sessions.get(owner);
    if (session === undefined || session === by) return;
    this.#hand(session, new Entry('word', channel, encode('left', { group, channel })));
  }

  clear(prefix: string): void {
    this.#others.clear(prefix);
    this.#fanOut.clear((group) => !this.#others.has(group));
    for (const [group, subscribers] of [...this.#subscribers]) {
      if (!hasPrefix(group, prefix)) continue;
      for (const session of subscribers) session.groups.delete(group);
      this.#subscribers.delete(group);
    }
  }

  send(
    group: string,
    payload: Uint8Array,
    expiresAt: number,
    except: ReadonlySet<string> | undefined,
    sender: Session | undefined,
  ): void {
    const parcel = new Parcel(sender);
    const from = sender?.key ?? this.#local.key;
    const subscribers = this.#subscribers.get(group);
    const names = except === undefined ? [] : [...except];
    const now = this.#local.now();
    const isRetained = this.#retained.keeps(now);
    if (isRetained || subscribers !== undefined) {
      // Encoded once, whatever the number of processes.
      const fields = { group, sender: from, expires: expiresAt, except: names, payload };
      const record = encode('group', fields);
      if (isRetained) this.#retained.add({ group, expiresAt, sentAt: now, parcel, record });
      for (const session of subscribers ?? []) {
        this.#hand(session, new Entry('group', group, record, expiresAt, parcel));
      }
    }
    if (this.#local.groups.has(group)) {
      const until = Math.min(expiresAt, now + this.#local.settings.localExpiry);
      const letter = new Letter(owned(payload), until, 0, from, group);
      this.#local.deliverToGroup(group, letter, { except });
    }
    if (this.#others.has(group)) {
      this.#toOthers(group, payload, expiresAt, except, sender, parcel);
    }
  }

  /** Forgets what has expired, and, when there are many, capacities of channels that are in no group any more. */
  sweep(now: number): void {
    this.#others.sweep(now);
    this.#retained.sweep(now);
    if (this.#capacities.size < 2 * this.#others.memberCount + CAPACITIES_MIN) return;
    const members = new Set<string>();
    for (const [, channel] of this.#others.entries()) members.add(channel);
    for (const channel of this.#capacities.keys()) {
      if (!members.has(channel)) this.#capacities.delete(channel);
    }
  }

  #replay(session: Session, group: string): void {
    for (const retained of this.#retained.of(group, this.#local.now())) {
      const { parcel, expiresAt, sentAt } = retained;
      const { kind: _, ...fields } = decode(retained.record, 'hub') as RecordOf<'group'>;
      const record = encode('late', { ...fields, sent: sentAt });
      session.replayed += record.length;
      if (session.replayed > RETAIN_OCTETS) return;
      this.#hand(session, new Entry('group', group, record, expiresAt, parcel));
    }
  }

  #toOthers(
    group: string,
    payload: Uint8Array,
    expiresAt: number,
    except: ReadonlySet<string> | undefined,
    sender: Session | undefined,
    parcel: Parcel,
  ): void {
    const full: string[] = [];
    parcel.hold();
    const into = (channel: string): void => {
      const room = this.#capacities.get(channel) ?? this.#local.capacityOf(channel);
      if (!this.#channels.send(channel, payload, expiresAt, room, group, sender, parcel)) {
        full.push(channel);
      }
    };
    const end = (): void => {
      parcel.letGo();
      if (full.length > 0) this.#local.skipped(group, full);
    };
    this.#fanOut.add(group, { into, end }, except);
  }
}

const U32_MAX = 0xffff_ffff;
const CAPACITIES_MIN = 1000;

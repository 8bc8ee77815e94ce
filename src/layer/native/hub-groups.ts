/** HubGroups: which processes have members of a group, and which channels others have made members. */

import { LayerError } from '../errors.ts';
import { ownerOf } from '../local/keys.ts';
import { Letter } from '../local/letter.ts';
import type { LocalState } from '../local/local-state.ts';
import type { Hand, HubChannels } from './hub-channels.ts';
import { Parcel } from './parcel.ts';
import { encode } from './records.ts';
import type { Session } from './session.ts';

export class HubGroups {
  readonly #local: LocalState;
  readonly #sessions: ReadonlyMap<string, Session>;
  readonly #channels: HubChannels;
  readonly #hand: Hand;
  readonly #membershipsMax: number;
  readonly #subscribers = new Map<string, Set<Session>>();

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
  }

  subscribe(session: Session, group: string): void {
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
    if (this.#local.groups.memberCount >= this.#membershipsMax) {
      throw new LayerError('ERR_PROTOCOL', `more than ${this.#membershipsMax} memberships`);
    }
    this.#local.groups.add(group, channel, this.#local.now());
    const room = capacity === 0xffff_ffff ? Number.POSITIVE_INFINITY : capacity;
    this.#local.foreignCapacities.set(channel, room);
  }

  /** End a membership, wherever it is kept; `by` has ended its own already, and may have begun another since. */
  leave(group: string, channel: string, by: Session | undefined): void {
    this.#local.groups.discard(group, channel);
    const owner = ownerOf(channel);
    if (owner === undefined) return;
    const session = this.#sessions.get(owner);
    if (session === undefined || session === by) return;
    this.#hand(session, {
      kind: 'word',
      channel,
      route: '',
      expiresAt: Number.POSITIVE_INFINITY,
      parcel: undefined,
      letter: undefined,
      record: encode('left', { group, channel }),
    });
  }

  clear(prefix: string): void {
    this.#local.groups.clear(prefix);
    for (const [group, subscribers] of [...this.#subscribers]) {
      if (!group.startsWith(prefix)) continue;
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
    if (subscribers !== undefined) {
      // Encoded once, whatever the number of processes.
      const names = except === undefined ? [] : [...except];
      const record = encode('group', {
        group,
        sender: from,
        expires: expiresAt,
        except: names,
        payload,
      });
      const entry = {
        kind: 'group',
        channel: group,
        route: '',
        expiresAt,
        parcel,
        letter: undefined,
        record,
      } as const;
      for (const session of subscribers) this.#hand(session, entry);
    }
    if (this.#local.groups.has(group))
      this.#toMembersHere(group, payload, expiresAt, except, sender);
  }

  /** Of channels that are in no group any more, when they have become many. */
  sweep(): void {
    const { foreignCapacities, groups } = this.#local;
    if (foreignCapacities.size < 2 * groups.memberCount + CAPACITIES_MIN) return;
    const members = new Set<string>();
    for (const [, channel] of groups.entries()) members.add(channel);
    for (const channel of foreignCapacities.keys()) {
      if (!members.has(channel)) foreignCapacities.delete(channel);
    }
  }

  /** Members that processes have told us of, and, where this process is a layer too, its own. */
  #toMembersHere(
    group: string,
    payload: Uint8Array,
    expiresAt: number,
    except: ReadonlySet<string> | undefined,
    sender: Session | undefined,
  ): void {
    const local = this.#local;
    const elsewhere = new Set<string>();
    let ours = 0;
    for (const channel of local.groups.members(group, local.now())) {
      if (except?.has(channel)) continue;
      if (local.isOwn(channel)) ours++;
      else elsewhere.add(channel);
    }
    const full: string[] = [];
    for (const channel of elsewhere) {
      const capacity = local.foreignCapacities.get(channel) ?? local.capacityOf(channel);
      if (!this.#channels.send(channel, payload, expiresAt, capacity, group, sender)) {
        full.push(channel);
      }
    }
    if (full.length > 0) local.skipped(group, full);
    if (ours === 0) return;
    const from = sender?.key ?? local.key;
    const letter = new Letter(Buffer.from(payload), expiresAt, 0, from, group);
    const excepted = elsewhere.size === 0 ? except : new Set([...(except ?? []), ...elsewhere]);
    local.deliverToGroup(group, letter, { except: excepted });
  }
}

const CAPACITIES_MIN = 1000;

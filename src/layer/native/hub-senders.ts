/** HubSenders: takes in the messages that processes send, and acknowledges them. */

import type { LocalState } from '../local/local-state.ts';
import type { HubChannels } from './hub-channels.ts';
import type { HubGroups } from './hub-groups.ts';
import { encode, type RecordOf } from './records.ts';
import type { Session } from './session.ts';

/** What HubSenders needs of the hub. */
export interface HubSendersHost {
  isAllowed(session: Session, action: 'send' | 'groupSend', name: string): boolean;
  /** `acknowledge` is to be called soon. */
  touch(session: Session): void;
}

export class HubSenders {
  readonly #local: LocalState;
  readonly #channels: HubChannels;
  readonly #groups: HubGroups;
  readonly #host: HubSendersHost;

  constructor(local: LocalState, channels: HubChannels, groups: HubGroups, host: HubSendersHost) {
    this.#local = local;
    this.#channels = channels;
    this.#groups = groups;
    this.#host = host;
  }

  /** Takes in a message to a channel. Hot. */
  send(session: Session, record: RecordOf<'send'>): void {
    const number = this.#take(session);
    const { channel, payload } = record;
    if (!this.#host.isAllowed(session, 'send', channel)) {
      session.denied.add(number);
      return;
    }
    const expiresAt = session.clock.toOurs(record.expires);
    const capacity = record.capacity === U32_MAX ? Number.POSITIVE_INFINITY : record.capacity;
    this.#groups.catchUp(channel);
    if (this.#channels.send(channel, payload, expiresAt, capacity, undefined, session)) {
      this.#local.counters.sent++;
      return;
    }
    this.#local.counters.full++;
    this.#local.events.emit('full', { channel });
    session.refused.add(number);
  }

  /** Takes in a message to a group. Hot. */
  groupSend(session: Session, record: RecordOf<'groupSend'>): void {
    const number = this.#take(session);
    const { group, payload } = record;
    if (!this.#host.isAllowed(session, 'groupSend', group)) {
      session.denied.add(number);
      return;
    }
    this.#local.counters.groupSent++;
    const except = record.except.length === 0 ? undefined : new Set(record.except);
    this.#groups.send(group, payload, session.clock.toOurs(record.expires), except, session);
  }

  /** Counts a number whose message the process has given up. */
  skip(session: Session): void {
    this.#take(session);
  }

  /** Tells the process what became of the messages that it sent, where it does not know yet. */
  acknowledge(session: Session): void {
    const { taken, held, told } = session;
    if (taken === told.taken && held === told.held) return;
    const [refused, denied] = [session.refused.take(), session.denied.take()];
    session.out.push(encode('ack', { taken, held, refused, denied }));
    session.told = { taken, held };
  }

  #take(session: Session): number {
    this.#host.touch(session);
    return ++session.taken;
  }
}

const U32_MAX = 0xffff_ffff;

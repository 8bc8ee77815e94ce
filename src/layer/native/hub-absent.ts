/** HubAbsent: what becomes of messages to processes that have lost their connection, or are gone. */

import type { LocalState } from '../local/local-state.ts';
import type { HubChannels } from './hub-channels.ts';
import type { HubGroups } from './hub-groups.ts';
import type { Session } from './session.ts';

export class HubAbsent {
  readonly #local: LocalState;
  readonly #sessions: Map<string, Session>;
  readonly #channels: HubChannels;
  readonly #groups: HubGroups;

  constructor(
    local: LocalState,
    sessions: Map<string, Session>,
    channels: HubChannels,
    groups: HubGroups,
  ) {
    this.#local = local;
    this.#sessions = sessions;
    this.#channels = channels;
    this.#groups = groups;
  }

  /** Drops expired messages to a process that is not connected. */
  expire({ ledger }: Session, now: number): void {
    let lost = 0;
    for (const entry of ledger.entries()) {
      if (entry.settled || entry.kind === 'word' || entry.expiresAt > now) continue;
      if (entry.kind === 'direct' && entry.number > ledger.received) {
        this.#local.expired(entry.channel, 1);
      } else lost++;
      ledger.giveUp(entry);
    }
    this.#local.lost(lost, 'unread in a process that is gone');
  }

  /**
   * The process is gone: gives its messages of ordinary channels to others, keeps direct ones that have not arrived, and counts
   * the rest as lost.
   */
  forget(session: Session, why: string): void {
    this.#sessions.delete(session.key);
    this.#channels.putBack(session);
    this.#groups.unsubscribeAll(session);
    let lost = 0;
    const { ledger } = session;
    for (const entry of [...ledger.entries()]) {
      const isSettled = entry.settled;
      const isUnsent = entry.number > ledger.received;
      ledger.remove(entry);
      if (isSettled || entry.kind === 'word') continue;
      if (entry.kind === 'direct' && isUnsent) this.#channels.keep(entry, session.number);
      else lost++;
    }
    this.#local.lost(lost, why);
  }
}

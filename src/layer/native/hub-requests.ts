/** HubRequests: answers what processes ask of a hub: credits, memberships, flushes, and how full their channels are. */

import type { HubAction } from '../events.ts';
import { ownerOf } from '../local/keys.ts';
import type { HubChannels } from './hub-channels.ts';
import type { HubGroups } from './hub-groups.ts';
import type { HubLimits } from './limits.ts';
import { encode, type FromProcess, type RecordOf } from './records.ts';
import type { Session } from './session.ts';
import { tooMany, violation } from './violation.ts';

/** What HubRequests needs of the hub. */
export interface HubRequestsHost {
  isAllowed(session: Session, action: HubAction, name: string): boolean;
  say(session: Session, record: Buffer): void;
  /** Has all processes forget messages and memberships with `prefix`, and then calls `done`. */
  flush(prefix: string, done: () => void): void;
}

/** The records that HubRequests takes. */
export type Request = Extract<
  FromProcess,
  {
    kind:
      | 'level'
      | 'waits'
      | 'grant'
      | 'subscribe'
      | 'unsubscribe'
      | 'join'
      | 'leave'
      | 'sync'
      | 'flush';
  }
>;

export class HubRequests {
  readonly #channels: HubChannels;
  readonly #groups: HubGroups;
  readonly #host: HubRequestsHost;
  readonly #namesMax: number;

  constructor(
    channels: HubChannels,
    groups: HubGroups,
    host: HubRequestsHost,
    { namesPerProcess }: Pick<HubLimits, 'namesPerProcess'>,
  ) {
    this.#channels = channels;
    this.#groups = groups;
    this.#host = host;
    this.#namesMax = namesPerProcess;
  }

  /** @throws LayerError `ERR_PROTOCOL` for a record that breaks the protocol */
  handle(session: Session, record: Request): void {
    switch (record.kind) {
      case 'level':
        this.#level(session, record);
        break;
      case 'waits':
        this.#waits(session, record);
        break;
      case 'grant':
        this.#grant(session, record);
        break;
      case 'subscribe':
        if (this.#isDenied(session, 'groupAdd', record.group, record.request)) break;
        this.#checkCount(session.groups, record.group, 'groups');
        this.#groups.subscribe(session, record.group, record.before === 1);
        this.#done(session, record.request);
        break;
      case 'unsubscribe':
        this.#groups.unsubscribe(session, record.group);
        this.#done(session, record.request);
        break;
      case 'join':
        if (this.#isDenied(session, 'groupAdd', record.group, record.request)) break;
        if (++session.joins > this.#namesMax) throw tooMany('joins', this.#namesMax);
        this.#groups.join(record.group, record.channel, record.capacity);
        this.#done(session, record.request);
        break;
      case 'leave':
        if (session.joins > 0) session.joins--;
        this.#groups.leave(record.group, record.channel, session);
        this.#done(session, record.request);
        break;
      case 'sync':
        this.#channels.claim(session);
        this.#done(session, record.request);
        break;
      case 'flush':
        if (this.#isDenied(session, 'flush', record.prefix, record.request)) break;
        this.#host.flush(record.prefix, () => this.#done(session, record.request));
        break;
      default:
        record satisfies never;
    }
  }

  #level(session: Session, { route, unread }: RecordOf<'level'>): void {
    if (ownerOf(route) !== session.key) throw violation('route is another process’s');
    if (unread === 0) {
      session.levels.delete(route);
      return;
    }
    this.#checkCount(session.levels, route, 'levels');
    session.levels.set(route, unread);
  }

  #waits(session: Session, { channel, count }: RecordOf<'waits'>): void {
    if (ownerOf(channel) !== session.key) throw violation('channel is another process’s');
    if (count === 0) {
      session.waits.delete(channel);
      return;
    }
    this.#checkCount(session.waits, channel, 'waits');
    session.waits.set(channel, count);
  }

  #grant(session: Session, { channel, count }: RecordOf<'grant'>): void {
    if (ownerOf(channel) !== undefined) throw violation('channel belongs to one process');
    if (count > 0 && !this.#host.isAllowed(session, 'receive', channel)) {
      this.#host.say(session, encode('denial', { channel }));
      return;
    }
    this.#checkCount(session.credits, channel, 'channels');
    this.#channels.grant(session, channel, count);
  }

  /** @throws LayerError `ERR_PROTOCOL` if `name` is one more than the process may have */
  #checkCount(
    known: { readonly size: number; has(name: string): boolean },
    name: string,
    what: string,
  ): void {
    if (known.size >= this.#namesMax && !known.has(name)) throw tooMany(what, this.#namesMax);
  }

  #done(session: Session, request: number): void {
    this.#host.say(session, encode('done', { request, denied: 0 }));
  }

  /** Whether `action` is not allowed; if so, answers the request. */
  #isDenied(session: Session, action: HubAction, name: string, request: number): boolean {
    if (this.#host.isAllowed(session, action, name)) return false;
    this.#host.say(session, encode('done', { request, denied: 1 }));
    return true;
  }
}

/** HubChannels: hands a message to the process that owns its channel, or keeps it in a mailbox until a process takes it. */

import { Reader } from '../local/box.ts';
import { ownerOf } from '../local/keys.ts';
import { Letter } from '../local/letter.ts';
import type { LocalState } from '../local/local-state.ts';
import { routeOf } from '../local/names.ts';
import { DELTA_MAX } from './fields.ts';
import { Entry } from './ledger.ts';
import type { HubLimits } from './limits.ts';
import { Parcel } from './parcel.ts';
import { encode } from './records.ts';
import type { Session, SessionCredit } from './session.ts';

/** Hands a message to a process: enters it in the ledger of the session, and sends it. */
export type Hand = (session: Session, entry: Entry) => void;

/** What HubChannels calls to reach processes. */
export interface HubChannelsHost {
  readonly hand: Hand;
  say(session: Session, record: Buffer): void;
  /** Has the process told soon how many of its messages the hub holds. */
  acknowledge(session: Session): void;
}

export class HubChannels {
  readonly #local: LocalState;
  readonly #sessions: ReadonlyMap<string, Session>;
  readonly #host: HubChannelsHost;
  readonly #octetsMax: number;
  /** Octets on their way to a process beyond which it gets no more messages of ordinary channels for the moment. */
  readonly #ladenMark: number;
  /** Channels in the mailboxes that belong to an absent process, by its key. */
  readonly #orphans = new Map<string, Set<string>>();
  /** By ordinary channel: the sessions with unread messages, how many, and whether they were asked to give them back. */
  readonly #holders = new Map<string, Map<Session, { count: number; asked: boolean }>>();
  /** Messages accepted so far; the number of each is its place in the order. */
  #place = 0;
  /** Octets in mailboxes. */
  #octets = 0;
  /** Messages that were on their way to a process when it was forgotten, with their session and number. */
  readonly #unsure = new WeakMap<Letter, { session: number; number: number }>();

  constructor(
    local: LocalState,
    sessions: ReadonlyMap<string, Session>,
    host: HubChannelsHost,
    { octets, octetsPerProcess }: Pick<HubLimits, 'octets' | 'octetsPerProcess'>,
  ) {
    this.#local = local;
    this.#sessions = sessions;
    this.#host = host;
    this.#octetsMax = octets;
    this.#ladenMark = octetsPerProcess / 2;
  }

  /** Returns false if the channel is full. `group`: the group it was sent to, to which its encryption is bound. */
  send(
    channel: string,
    payload: Uint8Array,
    expiresAt: number,
    capacity: number,
    group: string | undefined,
    sender: Session | undefined,
    parcel: Parcel = new Parcel(sender),
  ): boolean {
    const owner = ownerOf(channel);
    const from = sender?.key ?? this.#local.key;
    if (owner !== undefined) {
      const session = this.#sessions.get(owner);
      if (session?.claimed) {
        const isFull = session.unreadOf(routeOf(channel)) >= capacity;
        if (isFull && !session.isAwaited(channel)) return false;
        session.handed(channel);
        this.#direct(session, channel, payload, expiresAt, group, from, parcel);
        return true;
      }
    }
    if (this.#octets + payload.length > this.#octetsMax) return false;
    // Group messages that are on their way to the channel were sent before this one.
    this.#local.catchUp(channel);
    const letter = new Letter(owned(payload), expiresAt, ++this.#place, from, group);
    letter.token = parcel;
    this.#holding(letter);
    if (this.#local.boxes.put(channel, letter, this.#local.now(), capacity) === 'full')
      return false;
    this.#local.counters.delivered++;
    this.#orphan(owner, channel);
    return true;
  }

  /** A letter has left the mailboxes of the hub. */
  released(letter: Letter): void {
    const { token } = letter;
    if (!(token instanceof Parcel)) return;
    token.letGo();
    this.#octets -= letter.payload.length;
  }

  /** A process takes `delta` messages more of an ordinary channel, or fewer if negative. */
  grant(session: Session, channel: string, delta: number): void {
    let credit = session.credits.get(channel);
    if (credit === undefined) {
      if (delta <= 0) return;
      credit = new RemoteReader(session, channel, this.#local, {
        take: (letter) => this.#letter(session, channel, letter),
        isLaden: () => this.#isLaden(session),
      });
      session.credits.set(channel, credit);
    }
    credit.change(delta);
    this.#serve(session, channel, credit);
    if (credit.count > 0) this.#recall(session, channel);
  }

  /** Messages on their way to the process have arrived: serves it again if it was laden. */
  relieved(session: Session): void {
    if (!session.isLaden || this.#isLaden(session)) return;
    for (const [channel, credit] of [...session.credits]) this.#serve(session, channel, credit);
  }

  /** A reader of the hub's own process waits at an empty channel: asks other processes for messages. */
  want(channel: string): void {
    this.#recall(undefined, channel);
  }

  /** The connection of the process has ended: ends its credits. */
  uncredit(session: Session): void {
    for (const credit of session.credits.values()) credit.end();
    session.credits.clear();
  }

  /** The process no longer has a message that was handed to it. */
  settled(session: Session, entry: Entry): void {
    if (entry.kind !== 'letter') return;
    const holders = this.#holders.get(entry.channel);
    const holder = holders?.get(session);
    if (holders === undefined || holder === undefined) return;
    if (--holder.count > 0) return;
    holders.delete(session);
    if (holders.size === 0) this.#holders.delete(entry.channel);
  }

  /** The process gives a message of an ordinary channel back. */
  back(session: Session, entry: Entry): void {
    this.settled(session, entry);
    this.keep(entry);
  }

  /** Puts back the messages of ordinary channels that the process holds, so that others get them. */
  putBack(session: Session): void {
    const { ledger } = session;
    for (const entry of ledger.entries()) {
      if (entry.kind !== 'letter' || entry.settled) continue;
      ledger.giveUp(entry);
      session.revoked = true;
      this.back(session, entry);
    }
  }

  /** Puts a message that was handed out back into its mailbox; `session`: where the process may have received it. */
  keep(entry: Entry, session?: number): void {
    const letter = entry.letter!;
    if (session !== undefined) this.#unsure.set(letter, { session, number: entry.number });
    const now = this.#local.now();
    if (letter.expiresAt <= now) {
      this.#local.expired(entry.channel, 1);
      return;
    }
    this.#holding(letter);
    const sender = this.#sessions.get(letter.from);
    if (sender !== undefined) this.#host.acknowledge(sender);
    this.#local.boxes.giveBack(entry.channel, letter, now);
    this.#orphan(ownerOf(entry.channel), entry.channel);
  }

  /** Hands to a process that has connected the messages that waited for it. */
  claim(session: Session): void {
    if (session.claimed) return;
    session.claimed = true;
    const channels = this.#orphans.get(session.key);
    if (channels === undefined) return;
    this.#orphans.delete(session.key);
    const now = this.#local.now();
    for (const channel of channels) {
      for (;;) {
        const letter = this.#local.boxes.take(channel, now);
        if (letter === undefined) break;
        const had = this.#unsure.get(letter);
        const { session: number, received } = session.before;
        if (had !== undefined && had.session === number && had.number <= received) continue;
        const { payload, expiresAt, group, from, token } = letter;
        this.#direct(session, channel, payload, expiresAt, group, from, token as Parcel);
      }
    }
  }

  /** Forgets channels of absent processes that hold no message. */
  sweep(): void {
    for (const [key, channels] of this.#orphans) {
      for (const channel of channels) {
        if (this.#local.boxes.countOf(routeOf(channel)) === 0) channels.delete(channel);
      }
      if (channels.size === 0) this.#orphans.delete(key);
    }
  }

  /** Whether so many octets are on their way that more could cost the process its connection. */
  #isLaden(session: Session): boolean {
    session.isLaden = session.ledger.octets > this.#ladenMark;
    return session.isLaden;
  }

  #serve(session: Session, channel: string, credit: SessionCredit): void {
    const now = this.#local.now();
    while (credit.count > 0 && !this.#isLaden(session)) {
      const letter = this.#local.boxes.take(channel, now);
      if (letter === undefined) break;
      credit.count--;
      this.#letter(session, channel, letter);
    }
    credit.settle();
  }

  #direct(
    session: Session,
    channel: string,
    payload: Uint8Array,
    expiresAt: number,
    group: string | undefined,
    from: string,
    parcel: Parcel,
  ): void {
    const record = encode('direct', {
      channel,
      group: group ?? '',
      sender: from,
      expires: expiresAt,
      payload,
    });
    const copy = record.subarray(record.length - payload.length);
    const letter = new Letter(copy, expiresAt, ++this.#place, from, group);
    letter.token = parcel;
    this.#host.hand(session, new Entry('direct', channel, record, expiresAt, parcel, letter));
  }

  #letter(session: Session, channel: string, letter: Letter): void {
    const { payload, expiresAt, group, from, sequence } = letter;
    const record = encode('letter', {
      channel,
      group: group ?? '',
      place: sequence,
      sender: from,
      expires: expiresAt,
      payload,
    });
    let holders = this.#holders.get(channel);
    if (holders === undefined) {
      holders = new Map();
      this.#holders.set(channel, holders);
    }
    const holder = holders.get(session);
    if (holder === undefined) holders.set(session, { count: 1, asked: false });
    else {
      holder.count++;
      holder.asked = false;
    }
    const parcel = letter.token as Parcel | undefined;
    this.#host.hand(session, new Entry('letter', channel, record, expiresAt, parcel, letter));
  }

  /** Asks other processes to give back messages of `channel` that they do not read. */
  #recall(session: Session | undefined, channel: string): void {
    const holders = this.#holders.get(channel);
    if (holders === undefined) return;
    for (const [holder, state] of holders) {
      if (holder === session || state.asked || holder.connection === undefined) continue;
      state.asked = true;
      this.#host.say(holder, encode('recall', { channel }));
    }
  }

  #holding(letter: Letter): void {
    (letter.token as Parcel).hold();
    this.#octets += letter.payload.length;
  }

  #orphan(owner: string | undefined, channel: string): void {
    if (owner === undefined || owner === this.#local.key) return;
    const channels = this.#orphans.get(owner);
    if (channels === undefined) this.#orphans.set(owner, new Set([channel]));
    else channels.add(channel);
  }
}

/** What a RemoteReader calls. */
interface RemoteReaderHost {
  take(letter: Letter): void;
  /** Whether the process can take no more for the moment. */
  isLaden(): boolean;
}

/** The credit of another process for one channel: it waits in the mailboxes of the hub as a local reader does. */
export class RemoteReader extends Reader {
  readonly #session: Session;
  readonly #channel: string;
  readonly #local: LocalState;
  readonly #host: RemoteReaderHost;
  count = 0;

  constructor(session: Session, channel: string, local: LocalState, host: RemoteReaderHost) {
    super();
    this.#session = session;
    this.#channel = channel;
    this.#local = local;
    this.#host = host;
  }

  change(delta: number): void {
    this.count = Math.min(DELTA_MAX, Math.max(0, this.count + delta));
  }

  take(letter: Letter): void {
    this.count--;
    this.#host.take(letter);
    this.settle();
  }

  /** Waits for the next message while there is credit, else ends. */
  settle(): void {
    if (this.count <= 0 || this.#session.connection === undefined) {
      this.end();
      this.#session.credits.delete(this.#channel);
    } else if (this.box === undefined && !this.#host.isLaden()) {
      this.#local.boxes.wait(this.#channel, this);
    }
  }

  end(): void {
    this.#local.boxes.cancel(this.#channel, this);
    this.count = 0;
  }
}

/** `payload`, copied if it is less than half of the chunk that it would hold in memory while it waits. */
export function owned(payload: Uint8Array): Uint8Array {
  return payload.byteLength * 2 < payload.buffer.byteLength ? Buffer.from(payload) : payload;
}

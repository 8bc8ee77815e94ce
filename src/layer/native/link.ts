/** Link: the way from a process to a hub or producer, and back. One XSUB, whatever the number of channels and groups. */

import { setImmediate } from 'node:timers';
import { XSubscriber } from '../../sockets/index.ts';
import type { WaitOptions } from '../carrier/carrier.ts';
import {
  type LayerSocketOptions,
  reportRefusals,
  toConnect,
} from '../connection/socket-options.ts';
import { LayerClosed, LayerError } from '../errors.ts';
import { deadline } from '../local/deadline.ts';
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
  packBack,
  readControl,
  readHeader,
  type ToHub,
  unpackAddress,
  unpackExcept,
} from './protocol.ts';

/** Who is told of what concerns messages that this process pushes. */
export interface LinkHost {
  /** The last of ours that the hub, or one before it, has confirmed. */
  readonly acked: number;
  welcome(hub: string, acked: number, refused: readonly number[], held: number): void;
  ack(number: number, refused: readonly number[], held: number): void;
  gap(from: number, to: number): void;
  /** The hub is gone. */
  lost(): void;
}

export class Link {
  readonly address: string;
  readonly #local: LocalState;
  readonly #host: LinkHost | undefined;
  readonly #socket: XSubscriber;
  readonly #header: HeaderWriter;
  readonly #inbox: string;
  /** Which names are this link's: with several hubs each has some. */
  readonly #mine: (name: string) => boolean;
  /** `absent`: an attempt to connect has failed. `joining`: connected, and not yet welcome. */
  #state: 'connecting' | 'absent' | 'joining' | 'joined' = 'connecting';
  #closed = false;
  /** The hub that answered last. */
  #hub = '';
  /** Its last group message that was here. */
  #sequence = 0;
  /** Group messages that came before the welcome. */
  #early: (() => void)[] = [];
  /** The last membership here that others are known to have ended, by its number at the hub. */
  #ended = 0;
  #syncCount = 0;
  #syncDue = false;
  readonly #syncs: Sync[] = [];
  /** The last message that the hub handed to each route made here. */
  readonly #routes = new Map<string, number>();
  /** What other processes read, and this one has put into groups: to be said again to another hub. */
  readonly #foreign = new Map<string, [group: string, channel: string, capacity: number]>();
  /** What was said last of memberships that the hub may not have heard of, oldest first. */
  readonly #unheard = new Map<string, Unheard>();
  /** Changes of how many wait, not said yet. */
  readonly #wants = new Map<string, number>();
  /** How many waited when the last hello was sent. */
  #helloWants = new Map<string, number>();
  /** Routes whose level has changed, not said yet. */
  readonly #changed = new Set<string>();
  #said: ToHub[] = [];
  #speaking = false;
  #flushes = new Map<number, () => void>();
  #levelDue = false;
  /** Speak levels another way, in order with what is sent. */
  levelsBy: ((message: ToHub) => void) | undefined;

  constructor(
    local: LocalState,
    address: string,
    options: LayerSocketOptions,
    host?: LinkHost,
    mine: (name: string) => boolean = () => true,
  ) {
    this.address = address;
    this.#local = local;
    this.#host = host;
    this.#mine = mine;
    this.#header = new HeaderWriter(local.key);
    this.#inbox = inboxTopic(local.key);
    local.changeListeners.add(this.#routeChanged);
    local.boxes.tracking = true;
    this.#socket = new XSubscriber({
      ...options,
      linger: 200,
      sendHighWaterMark: 0,
      receiveHighWaterMark: 20_000,
      reconnectInterval: 50,
      reconnectMaxInterval: 400,
    });
    this.#subscribe(COMMON_TOPIC);
    this.#subscribe(this.#inbox);
    for (const group of local.groups.names()) if (mine(group)) this.#subscribe(groupTopic(group));
    const { events } = this.#socket;
    events.on('handshake', () => this.#hello());
    events.on('disconnect', () => this.#lost());
    events.on('connect:retry', () => this.#absent());
    reportRefusals(this.#socket, local);
    this.#socket.connect(toConnect(address));
    void this.#listen();
  }

  get joined(): boolean {
    return this.#state === 'joined';
  }

  get hub(): string {
    return this.#hub;
  }

  /** A receive waits at `channel`. */
  want(channel: string): void {
    if (this.#local.isOwn(channel)) this.#own(channel);
    else this.#changeWant(channel, 1);
  }

  unwant(channel: string): void {
    if (!this.#local.isOwn(channel)) this.#changeWant(channel, -1);
  }

  /** Make `channel` a member; resolves when the hub knows, or, unless `strictly`, when there is none. */
  join(group: string, channel: string, strictly: boolean): Promise<void> {
    this.#unheardOf(group, channel, 'join');
    if (this.#local.isOwn(channel)) {
      this.#own(channel);
      if (this.#local.groups.add(group, channel, this.#local.now())) {
        this.#subscribe(groupTopic(group));
      }
    } else {
      const capacity = this.#local.settings.capacities.of(this.#local.bare(channel));
      const member: [string, string, number] = [group, channel, capacity];
      this.#foreign.set(memberKey(group, channel), member);
      this.#say({ t: 'join', m: [member] });
    }
    return this.sync(strictly);
  }

  leave(group: string, channel: string, strictly: boolean): Promise<void> {
    this.#leave(group, channel);
    this.#unheardOf(group, channel, 'leave');
    this.#foreign.delete(memberKey(group, channel));
    this.#say({ t: 'leave', m: [[group, channel]] });
    return this.#local.isOwn(channel) ? RESOLVED : this.sync(strictly);
  }

  /** The last member here has expired. */
  emptied(group: string): void {
    this.#unsubscribe(groupTopic(group));
  }

  /**
   * Resolves when the hub has seen all that was said and subscribed before. Unless `strictly`, also when there is no
   * hub: what it will have to know is said to the one that comes.
   */
  sync(strictly: boolean, options: WaitOptions = {}): Promise<void> {
    if (this.#closed) return Promise.reject(new LayerClosed());
    if (!strictly && this.#state === 'absent') return RESOLVED;
    // All calls of one tick share one question.
    if (!this.#syncDue) {
      this.#syncDue = true;
      this.#syncCount++;
      this.#speak();
    }
    return new Promise((resolve, reject) => {
      const sync: Sync = { id: this.#syncCount, strictly, resolve, reject, end: () => {} };
      sync.end = deadline(options, this.address, (reason) => {
        this.#syncs.splice(this.#syncs.indexOf(sync), 1);
        reject(reason);
      });
      this.#syncs.push(sync);
    });
  }

  flush(prefix: string): Promise<void> {
    const id = ++this.#syncCount;
    return new Promise((resolve) => {
      this.#flushes.set(id, resolve);
      this.#say({ t: 'flush', id, prefix });
    });
  }

  /** Members that other processes read: for who takes over from here. */
  foreignMembers(): Iterable<[group: string, channel: string, capacity: number]> {
    return this.#foreign.values();
  }

  /** Something was read, or put here: say so, soon. Hot. */
  levelChanged(): void {
    if (this.#levelDue) return;
    this.#levelDue = true;
    setImmediate(() => this.sayLevels());
  }

  /** Tell the hub how much is unread of what this process has made. */
  sayLevels(): void {
    if (!this.#levelDue) return;
    this.#levelDue = false;
    if (this.#state !== 'joined') return;
    const changed: [string, number, number][] = [];
    this.#local.spreadChanges();
    for (const name of this.#changed) {
      const last = this.#routes.get(name);
      if (last !== undefined) changed.push([name, last, this.#local.boxes.countOf(name)]);
    }
    this.#changed.clear();
    if (changed.length === 0) return;
    const message: ToHub = { t: 'level', hub: this.#hub, r: changed };
    if (this.levelsBy === undefined) this.#say(message);
    else this.levelsBy(message);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#state === 'joined') {
      this.#say({ t: 'bye' });
      this.#speakNow();
    }
    this.#closed = true;
    const closed = new LayerClosed();
    for (const sync of this.#syncs.splice(0)) {
      sync.end();
      sync.reject(closed);
    }
    for (const done of this.#flushes.values()) done();
    await this.#socket[Symbol.asyncDispose]();
  }

  /** Close without a word, and resolve what waits: somebody else does from here on what this link did. */
  retire(): void {
    this.#closed = true;
    this.#local.changeListeners.delete(this.#routeChanged);
    this.#local.boxes.tracking = this.#local.changeListeners.size > 0;
    this.#local.spreadChanges();
    for (const sync of this.#syncs.splice(0)) {
      sync.end();
      sync.resolve();
    }
    this.#socket.close();
  }

  readonly #routeChanged = (route: string): void => {
    if (!this.#routes.has(route)) return;
    this.#changed.add(route);
    this.levelChanged();
  };

  #own(channel: string): void {
    const route = routeOf(channel);
    if (this.#routes.has(route)) return;
    this.#routes.set(route, 0);
    this.#say({ t: 'own', routes: [route] });
  }

  #changeWant(channel: string, delta: number): void {
    // What is said in `hello` counts all who wait, so before that there is no need.
    if (this.#state !== 'joined') return;
    this.#wants.set(channel, (this.#wants.get(channel) ?? 0) + delta);
    this.#speak();
  }

  #unheardOf(group: string, channel: string, said: Unheard['said']): void {
    const key = memberKey(group, channel);
    const sync = this.#syncDue ? this.#syncCount : this.#syncCount + 1;
    this.#unheard.delete(key);
    this.#unheard.set(key, { group, channel, said, sync });
  }

  #leave(group: string, channel: string): void {
    if (this.#local.groups.discard(group, channel)) this.#unsubscribe(groupTopic(group));
  }

  #subscribe(topic: string): void {
    this.#socket.trySend(`\x01${topic}`);
  }

  #unsubscribe(topic: string): void {
    this.#socket.trySend(`\x00${topic}`);
  }

  /** Say `message` at the end of this tick; things that are said at every `hello` need no more than that. */
  #say(message: ToHub): void {
    if (message.t !== 'flush' && (this.#state === 'connecting' || this.#state === 'absent')) return;
    this.#said.push(message);
    this.#speak();
  }

  #speak(): void {
    if (this.#speaking) return;
    this.#speaking = true;
    process.nextTick(() => this.#speakNow());
  }

  #speakNow(): void {
    this.#speaking = false;
    if (this.#closed) return;
    if (this.#state !== 'joined') {
      // The welcome settles syncs that were made before it was asked for; what changes hands is said again then.
      this.#syncDue = false;
      return;
    }
    const said = this.#said;
    this.#said = [];
    for (const message of said) this.#tell(message);
    if (this.#wants.size > 0) {
      const c = [...this.#wants].filter(([, delta]) => delta !== 0);
      this.#wants.clear();
      if (c.length > 0) this.#tell({ t: 'want', c });
    }
    if (this.#syncDue) {
      this.#syncDue = false;
      this.#tell({ t: 'sync', id: this.#syncCount });
    }
  }

  #tell(message: ToHub): void {
    const head = this.#header.write(Kind.control, 0, 0, 0);
    this.#socket.trySend([Buffer.concat([head, Buffer.from(JSON.stringify(message))])]);
  }

  /** Connected: say everything that a hub has to know. */
  #hello(): void {
    if (this.#closed) return;
    this.#state = 'joining';
    const { boxes, groups } = this.#local;
    const now = this.#local.now();
    let oldest = now;
    for (const [group, , joinedAt] of groups.entries()) {
      if (this.#mine(group)) oldest = Math.min(oldest, joinedAt);
    }
    this.#wants.clear();
    this.#syncDue = false;
    this.#helloWants = this.#waiting();
    // `own`, `join`, `leave` and `want` are in the hello; the others were for a hub that may be gone.
    this.#said = this.#said.filter((message) => message.t === 'flush');
    this.#tell({
      t: 'hello',
      hub: this.#hub,
      seq: this.#sequence,
      ended: this.#ended,
      acked: this.#host?.acked ?? 0,
      sync: ++this.#syncCount,
      since: now - oldest,
      routes: [...this.#routes].map(([route, last]) => [route, last, boxes.countOf(route)]),
      wants: [...this.#helloWants],
      members: [...this.#foreign.values()],
      left: [...this.#unheard.values()]
        .filter(({ said }) => said === 'leave')
        .map(({ group, channel }) => [group, channel]),
    });
  }

  #lost(): void {
    if (this.#state === 'joined') {
      this.#local.events.emit('disconnect', { address: this.address });
      this.#host?.lost();
    }
    if (this.#closed || this.#state === 'absent') return;
    this.#state = 'connecting';
  }

  #absent(): void {
    if (this.#closed || this.#state === 'joined') return;
    this.#state = 'absent';
    for (const sync of [...this.#syncs]) {
      if (sync.strictly) continue;
      this.#syncs.splice(this.#syncs.indexOf(sync), 1);
      sync.end();
      sync.resolve();
    }
  }

  async #listen(): Promise<void> {
    while (!this.#closed) {
      let messages: Buffer[][];
      try {
        messages = await this.#socket.receiveMany();
      } catch {
        return;
      }
      for (const parts of messages) {
        if (this.#closed) return;
        try {
          this.#heard(parts);
        } catch (error) {
          this.#local.undecodable('', error as Error);
        }
        // Let readers read before their channels are full.
        const pace = this.#local.pace();
        if (pace === undefined) continue;
        this.levelChanged();
        await pace;
      }
      this.levelChanged();
    }
  }

  /** Hot: once for every message. */
  #heard(parts: readonly Buffer[]): void {
    const header = readHeader(parts[1]);
    if (typeof header === 'string') {
      this.#local.undecodable('', new LayerError('ERR_PROTOCOL', header));
      return;
    }
    const now = this.#local.now();
    switch (header.kind) {
      case Kind.group: {
        const group = parts[0]!.toString('latin1', 1, parts[0]!.length - 1);
        if (this.#state === 'joined') {
          this.#sequence = header.number;
          this.#distribute(header, group, parts[2], parts[3], now);
        } else {
          this.#early.push(() => {
            if (header.number <= this.#sequence) return;
            this.#sequence = header.number;
            this.#distribute(header, group, parts[2], parts[3], now);
          });
        }
        break;
      }
      case Kind.replay: {
        const group = parts[2]!.toString('latin1');
        const sentAt = now - header.extra;
        this.#distribute(header, group, parts[3], parts[4], sentAt);
        break;
      }
      case Kind.direct: {
        const [channel, group] = unpackAddress(parts[2]!.toString('latin1'));
        const route = routeOf(channel);
        if (this.#routes.has(route)) this.#routes.set(route, header.number);
        this.#changed.add(route);
        // As a member it gets this by the group, too.
        if (group !== undefined && this.#local.groups.hasMember(group, channel)) break;
        const letter = this.#letter(header, parts[3], group);
        this.#local.deliver(channel, letter, Number.POSITIVE_INFINITY);
        break;
      }
      case Kind.letter: {
        const [channel, group] = unpackAddress(parts[2]!.toString('latin1'));
        const letter = this.#letter(header, parts[3], group);
        if (!this.#local.offer(channel, letter))
          this.#socket.trySend([packBack(this.#header, channel, letter, now)]);
        break;
      }
      case Kind.control: {
        const message = readControl<FromHub>(parts[2] ?? EMPTY);
        if (message === undefined) throw new LayerError('ERR_PROTOCOL', 'no control message');
        this.#control(message);
        break;
      }
      default:
        throw new LayerError('ERR_PROTOCOL', `a message of kind ${header.kind}`);
    }
  }

  #distribute(
    header: Header,
    group: string,
    payload: Buffer | undefined,
    except: Buffer | undefined,
    sentAt: number,
  ): void {
    const letter = this.#letter(header, payload, group);
    const excepted = except === undefined ? undefined : unpackExcept(except);
    this.#local.deliverToGroup(group, letter, { except: excepted, sentAt });
  }

  #letter(header: Header, payload: Buffer | undefined, group: string | undefined): Letter {
    if (payload === undefined) throw new LayerError('ERR_PROTOCOL', 'a message without payload');
    const expiresAt = this.#local.expiryOf(header.ttl);
    return new Letter(payload, expiresAt, header.number, header.from, group);
  }

  #control(message: FromHub): void {
    switch (message.t) {
      case 'welcome':
        this.#welcome(message);
        break;
      case 'synced':
        this.#synced(message.id);
        break;
      case 'ack':
        this.#host?.ack(message.n, message.refused, message.held);
        break;
      case 'gap':
        this.#host?.gap(message.from, message.to);
        break;
      case 'leave':
        if (this.#state === 'joined') this.#ended = message.n;
        for (const [group, channel] of message.m) {
          // A join that the hub has not heard of yet comes after this.
          const said = this.#unheard.get(memberKey(group, channel))?.said;
          if (said !== 'join') this.#leave(group, channel);
        }
        break;
      case 'flush': {
        const { settings, boxes, groups } = this.#local;
        const { prefix } = settings;
        if (message.prefix === prefix) {
          boxes.clear(prefix);
          for (const group of groups.clear(prefix)) this.#unsubscribe(groupTopic(group));
          this.#foreign.clear();
          this.levelChanged();
        }
        this.#tell({ t: 'flushed', id: message.id });
        break;
      }
      case 'flushed':
        this.#flushes.get(message.id)?.();
        this.#flushes.delete(message.id);
        break;
      default:
        message satisfies never;
    }
  }

  #welcome(message: Extract<FromHub, { t: 'welcome' }>): void {
    const restarted = this.#hub !== '' && this.#hub !== message.hub;
    if (this.#hub !== message.hub) {
      for (const route of this.#routes.keys()) this.#routes.set(route, 0);
    }
    this.#hub = message.hub;
    this.#sequence = message.seq;
    this.#ended = message.ended;
    this.#state = 'joined';
    const early = this.#early;
    this.#early = [];
    for (const deliver of early) deliver();
    this.#local.lost(message.missed, 'sent to groups, not all of them ours, while disconnected');
    this.#host?.welcome(message.hub, message.acked, message.refused, message.held);
    this.#synced(message.sync);
    // Who began to wait since the hello was sent, and who gave up.
    this.#wants.clear();
    for (const [channel, count] of this.#helloWants) this.#wants.set(channel, -count);
    for (const [channel, count] of this.#waiting()) {
      this.#wants.set(channel, (this.#wants.get(channel) ?? 0) + count);
    }
    this.#helloWants.clear();
    if (this.#syncs.length > 0) this.#syncDue = true;
    this.#speakNow();
    const { address } = this;
    this.#local.events.emit('connect', { address, hub: message.hub, restarted });
  }

  #waiting(): Map<string, number> {
    const waiting = this.#local.boxes.waiting();
    return new Map(
      waiting.filter(([channel]) => !this.#local.isOwn(channel) && this.#mine(channel)),
    );
  }

  #synced(id: number): void {
    while (this.#syncs.length > 0 && this.#syncs[0]!.id <= id) {
      const sync = this.#syncs.shift()!;
      sync.end();
      sync.resolve();
    }
    for (const [key, { sync }] of this.#unheard) {
      if (sync > id) break;
      this.#unheard.delete(key);
    }
  }
}

/** Names have no line ends. */
function memberKey(group: string, channel: string): string {
  return `${group}\n${channel}`;
}

/** What was said of a membership. */
interface Unheard {
  readonly group: string;
  readonly channel: string;
  readonly said: 'join' | 'leave';
  /** When this one is answered, the hub has heard of it. */
  readonly sync: number;
}

/** Who waits for the hub to have seen everything up to a point. */
interface Sync {
  readonly id: number;
  readonly strictly: boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  end: () => void;
}

const RESOLVED = Promise.resolve();
const EMPTY = Buffer.alloc(0);
